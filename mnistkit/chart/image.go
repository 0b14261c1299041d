package chart

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"golang.org/x/image/draw"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/show"
)

// imageSet turns the examples of a set into pictures.
type imageSet struct {
	set           *data.Set
	pixels        image.Point // of an image, across and down
	channels      int
	low, high     float64 // the values shown as black and white
	width, height float64 // of a picture on the sheet
}

// newImageSet checks that the inputs are images: [h w], [h w 1] or [h w 3]. The
// longer side of a picture is about side CSS pixels: every pixel of it the same
// number of dots, if it is that small.
func newImageSet(verb string, set *data.Set, side float64) (imageSet, error) {
	if set == nil || set.Len() == 0 {
		return imageSet{}, fmt.Errorf("chart.%s: the data set is empty; give one with at least one image", verb)
	}
	if err := set.Check(); err != nil {
		return imageSet{}, fmt.Errorf("chart.%s: %w", verb, err)
	}
	shape := set.Inputs.Shape
	a := imageSet{set: set, channels: 1, high: 255}
	if len(shape) == 3 {
		a.channels = shape[2]
	}
	if len(shape) != 2 && len(shape) != 3 || a.channels != 1 && a.channels != 3 {
		return imageSet{}, fmt.Errorf("chart.%s: the inputs of %q have shape %v, which is not an image; images are [height width], [height width 1] or [height width 3]", verb, set.Name, shape)
	}
	a.pixels = image.Pt(shape[1], shape[0])
	if set.Inputs.U8 == nil {
		a.low, a.high = valueRange(set.Inputs)
	}
	scale := side / float64(max(a.pixels.X, a.pixels.Y))
	if scale >= 0.5 {
		scale = math.Floor(2*scale) / 2
	}
	a.width, a.height = scale*float64(a.pixels.X), scale*float64(a.pixels.Y)
	return a, nil
}

// valueRange guesses what black and white are in images of numbers: 0 and 1, 0
// and 255, or the smallest and the largest value among the first examples.
func valueRange(inputs data.Array) (low, high float64) {
	var values []float64
	for i := range min(inputs.Len(), 200) {
		values = append(values, inputs.At(i)...)
	}
	a := axisOf(values...)
	switch {
	case a.low >= 0 && a.high <= 1:
		return 0, 1
	case a.low >= 0 && a.high <= 255:
		return 0, 255
	}
	return a.low, max(a.high, a.low+1e-9)
}

// draw is example i with every pixel of it sharp, and with room below it.
func (a imageSet) draw(i int, below float64) *sheet {
	values := a.set.Inputs.At(i)
	shade := func(k int) uint8 {
		v := 255 * (values[k] - a.low) / (a.high - a.low)
		return uint8(min(max(v, 0), 255) + 0.5)
	}
	img := image.NewRGBA(image.Rectangle{Max: a.pixels})
	for k := range a.pixels.X * a.pixels.Y {
		first, last := k*a.channels, (k+1)*a.channels-1 // the same if it is grey
		img.SetRGBA(k%a.pixels.X, k/a.pixels.X, color.RGBA{shade(first), shade((first + last) / 2), shade(last), 255})
	}
	s := newSheet(a.width, a.height+below)
	draw.NearestNeighbor.Scale(s.pixels, dots(0, 0, a.width, a.height), img, img.Bounds(), draw.Src, nil)
	s.frame(grey, 1, 0, 0, a.width, a.height) // a white image on a white page has an edge
	return s
}

// photo is the picture of an image, with lines of words above it.
func (s *sheet) photo(above ...string) picture {
	p := s.picture()
	p.photo, p.above = true, slices.DeleteFunc(above, func(line string) bool { return line == "" })
	return p
}

// number is "#7", the place of example i in its file.
func (a imageSet) number(i int) string {
	if a.set.Index != nil {
		i = int(a.set.Index[i])
	}
	return fmt.Sprintf("#%d", i)
}

// imageGrid is a figure with the first images of a set in rows. panel draws one of them.
func imageGrid(a imageSet, verb string, rows, cols int, panel func(i int) picture) (f Figure, n int, err error) {
	if rows < 1 || cols < 1 {
		return f, 0, fmt.Errorf("chart.%s: %d rows of %d images cannot be drawn; give at least one of each", verb, rows, cols)
	}
	n = min(a.set.Len(), rows*cols)
	for i := range n {
		f.panels = append(f.panels, panel(i))
	}
	f.width = cols * (int(a.width) + 5)
	return f, n, nil
}

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
	f, n, err := imageGrid(a, "Samples", rows, cols, func(i int) picture {
		return a.draw(i, 0).photo(set.Label(i), a.number(i))
	})
	f.Alt = fmt.Sprintf("%s from %s%s.", plural(n, "image"), set.Name, textIf(!set.Labelled(), ", without labels"))
	f.Caption = fmt.Sprintf("%s: %s of %s images, class above each, place in the file after #.", set.Name, show.Count(n), show.Count(set.Len()))
	if !set.Labelled() {
		f.Caption = fmt.Sprintf("%s: %s of %s images, without labels; place in the set after #.", set.Name, show.Count(n), show.Count(set.Len()))
	}
	return f, err
}

// Photo shows a picture as it is, scaled down if it is large.
//
//	kit.Show(kit.Photo("seven.png"))
func Photo(name string, img image.Image) (Figure, error) {
	b := img.Bounds()
	if b.Empty() {
		return Figure{}, fmt.Errorf("chart.Photo: the picture %q has no pixels", name)
	}
	const longest = 280 // side, in CSS pixels
	scale := min(1, longest/float64(max(b.Dx(), b.Dy())))
	s := newSheet(max(1, scale*float64(b.Dx())), max(1, scale*float64(b.Dy())))
	draw.CatmullRom.Scale(s.pixels, s.pixels.Bounds(), img, b, draw.Over, nil)
	name = textIf(name != "", "%s, ", name)
	size := fmt.Sprintf("%s × %s pixels", show.Count(b.Dx()), show.Count(b.Dy()))
	return Figure{Alt: "Picture: " + name + size + ".", Caption: name + size, panels: []panel{s.photo()}}, nil
}
