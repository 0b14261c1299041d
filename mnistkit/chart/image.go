package chart

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonblabs/mnistkit/data"
)

// imageSet turns the examples of a set into pictures.
type imageSet struct {
	set                     *data.Set
	height, width, channels int
	low, high               float64 // the values shown as black and white
}

// newImageSet checks that the inputs are images: [h w], [h w 1] or [h w 3].
func newImageSet(verb string, set *data.Set) (imageSet, error) {
	if set == nil || set.Len() == 0 {
		return imageSet{}, fmt.Errorf("chart.%s: the data set is empty; give one with at least one image", verb)
	}
	shape := set.Inputs.Shape
	a := imageSet{set: set, channels: 1, high: 255}
	if len(shape) == 3 {
		a.channels = shape[2]
	}
	if len(shape) != 2 && len(shape) != 3 || a.channels != 1 && a.channels != 3 {
		return imageSet{}, fmt.Errorf("chart.%s: the inputs of %q have shape %v, which is not an image; images are [height width], [height width 1] or [height width 3]", verb, set.Name, shape)
	}
	a.height, a.width = shape[0], shape[1]
	if set.Inputs.U8 == nil {
		a.low, a.high = valueRange(set.Inputs)
	}
	return a, nil
}

// layout fits the first images into at most rows×cols places: how many there are,
// and the rows and columns that they need.
func (a imageSet) layout(verb string, rows, cols int) (n, r, c int, err error) {
	if rows < 1 || cols < 1 {
		return 0, 0, 0, fmt.Errorf("chart.%s: %d rows of %d images cannot be drawn; give at least one of each", verb, rows, cols)
	}
	n = min(a.set.Len(), rows*cols)
	c = min(cols, n)
	return n, (n + c - 1) / c, c, nil
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

// picture is example i.
func (a imageSet) picture(i int) *image.RGBA {
	values := a.set.Inputs.At(i)
	shade := func(k int) uint8 {
		v := 255 * (values[k] - a.low) / (a.high - a.low)
		return uint8(min(max(v, 0), 255) + 0.5)
	}
	img := image.NewRGBA(image.Rect(0, 0, a.width, a.height))
	for k := range a.height * a.width {
		c := color.RGBA{A: 255}
		if a.channels == 3 {
			c.R, c.G, c.B = shade(3*k), shade(3*k+1), shade(3*k+2)
		} else {
			c.R = shade(k)
			c.G, c.B = c.R, c.R
		}
		img.SetRGBA(k%a.width, k/a.width, c)
	}
	return img
}

// size is how large to draw a picture whose longer side is to be about room
// CSS pixels: every pixel of it the same number of dots, if it is that small.
func (a imageSet) size(room float64) (width, height float64) {
	longer := float64(max(a.width, a.height))
	scale := math.Floor(2*room/longer) / 2
	if scale == 0 {
		scale = room / longer
	}
	return scale * float64(a.width), scale * float64(a.height)
}

// fileIndex is the index of example i in its file.
func (a imageSet) fileIndex(i int) int {
	if a.set.Index != nil {
		return int(a.set.Index[i])
	}
	return i
}
