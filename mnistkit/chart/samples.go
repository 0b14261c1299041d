package chart

import (
	"fmt"
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
	a, err := newImageSet("Samples", set)
	if err != nil {
		return Figure{}, err
	}
	n, rows, cols, err := a.layout("Samples", rows, cols)
	if err != nil {
		return Figure{}, err
	}
	width, height := a.size(84)
	cell, line := max(width, 84)+18, height+30
	s := newSheet(float64(cols)*cell+2*margin-10, float64(rows)*line+2*margin-8)
	labels := make([]string, n)
	for i := range n {
		x, y := margin+float64(i%cols)*cell, margin+float64(i/cols)*line
		labels[i] = a.set.Label(i)
		place := fmt.Sprintf("#%d", a.fileIndex(i))
		room := cell - 18 - tinyQuiet.width(place) - 4
		s.write(strong.shorten(labels[i], room), x, y+8, strong, left)
		s.write(place, x+cell-18, y+8, tinyQuiet, right)
		s.picture(a.picture(i), x, y+18, width, height)
	}
	var spoken []string
	for r := range rows {
		spoken = append(spoken, strings.Join(labels[r*cols:min(n, (r+1)*cols)], ", "))
	}
	alt := fmt.Sprintf("%s from %s in %s of %d.", plural(n, "image"), set.Name, plural(rows, "row"), cols)
	caption := fmt.Sprintf("%s: %s of %s images", set.Name, show.Count(n), show.Count(set.Len()))
	if !set.Labelled() {
		return s.figure(alt+" They have no labels.", caption+", without labels; place in the set after #.")
	}
	alt += fmt.Sprintf(" Classes row by row: %s.", strings.Join(spoken, "; "))
	return s.figure(alt, caption+", class above each, place in the file after #.")
}
