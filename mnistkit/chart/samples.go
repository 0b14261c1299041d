package chart

import (
	"fmt"

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
	a, err := newImageSet("Samples", set, 84)
	if err != nil {
		return Figure{}, err
	}
	f, n, err := imageGrid(a, "Samples", rows, cols, func(i int) (picture, error) {
		return a.draw(i, 0).photo(set.Label(i), a.number(i))
	})
	f.Alt = fmt.Sprintf("%s from %s%s.", plural(n, "image"), set.Name, textIf(!set.Labelled(), ", without labels"))
	f.Caption = fmt.Sprintf("%s: %s of %s images, class above each, place in the file after #.", set.Name, show.Count(n), show.Count(set.Len()))
	if !set.Labelled() {
		f.Caption = fmt.Sprintf("%s: %s of %s images, without labels; place in the set after #.", set.Name, show.Count(n), show.Count(set.Len()))
	}
	return f, err
}
