package chart

import (
	"fmt"
	"slices"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/show"
)

// Samples draws the first rows×cols images of a set. Above each image are its class
// and its position in the file.
//
//	kit.Show(must.M1(chart.Samples(train, 4, 8)))
//
// Images have shape [h w], [h w 1] or [h w 3]; they need no labels. A smaller set gives fewer.
func Samples(set *data.Set, rows, cols int) (Figure, error) {
	g, err := newImageGrid("Samples", set, rows, cols, imageCell{side: 84, width: 84, above: 18, below: 2})
	if err != nil {
		return Figure{}, err
	}
	var labels []string
	for i := range g.n {
		x, y := g.at(i)
		label, number := set.Label(i), g.number(i)
		g.sheet.write(strong.shorten(label, g.cell-tinyQuiet.width(number)-4), x, y+8, strong, left)
		g.sheet.write(number, x+g.cell, y+8, tinyQuiet, right)
		labels = append(labels, label)
	}
	alt := fmt.Sprintf("%s from %s in %s of %d.", plural(g.n, "image"), set.Name, plural(g.rows, "row"), g.cols)
	caption := fmt.Sprintf("%s: %s of %s images", set.Name, show.Count(g.n), show.Count(set.Len()))
	if !set.Labelled() {
		return g.sheet.figure(alt+" They have no labels.", caption+", without labels; place in the set after #.")
	}
	var spoken []string
	for row := range slices.Chunk(labels, g.cols) {
		spoken = append(spoken, strings.Join(row, ", "))
	}
	alt += fmt.Sprintf(" Classes row by row: %s.", strings.Join(spoken, "; "))
	return g.sheet.figure(alt, caption+", class above each, place in the file after #.")
}
