package chart

import (
	"fmt"
	"image"

	"golang.org/x/image/draw"

	"gonblabs/mnistkit/show"
)

// photoSide is the longest side of a photo, in CSS pixels.
const photoSide = 280

// Photo shows a picture as it is, scaled down if it is large.
//
//	kit.Show(kit.Photo("seven.png"))
func Photo(name string, img image.Image) (Figure, error) {
	b := img.Bounds()
	if b.Empty() {
		return Figure{}, fmt.Errorf("chart.Photo: the picture %q has no pixels", name)
	}
	scale := min(1, photoSide/float64(max(b.Dx(), b.Dy())))
	s := newSheet(max(1, scale*float64(b.Dx())), max(1, scale*float64(b.Dy())))
	draw.CatmullRom.Scale(s.pixels, s.pixels.Bounds(), img, b, draw.Over, nil)
	name = textIf(name != "", "%s, ", name)
	size := fmt.Sprintf("%s × %s pixels", show.Count(b.Dx()), show.Count(b.Dy()))
	p, err := s.photo()
	return Figure{Alt: "Picture: " + name + size + ".", Caption: name + size, panels: []panel{p}}, err
}
