package chart

import (
	"image"
	"image/color"
	"slices"
)

// exactPixels is the number of pixels from which on a colour is kept exactly.
const exactPixels = 400

// palettize turns a picture into one of at most 256 colours, which is a third of the bytes. Colours of areas
// stay exact, and shades on edges are rounded. A photograph has too many colours and stays as it is.
func palettize(img *image.RGBA) image.Image {
	count := map[[4]uint8]int{}
	for pixel := range slices.Chunk(img.Pix, 4) { // the rows follow each other without a gap
		count[[4]uint8(pixel)]++
	}
	for step := 8; step <= 64 && len(count) <= 8000; step *= 2 {
		out, index := image.NewPaletted(img.Bounds(), nil), map[[4]uint8]int{}
		for i := 0; i < len(out.Pix) && len(out.Palette) <= 256; i++ {
			c := [4]uint8(img.Pix[4*i:])
			at, known := index[c]
			if !known {
				near := c
				for k, v := range c {
					if count[c] < exactPixels && len(count) > 64 {
						near[k] = uint8(min(255, (int(v)+step/2)/step*step))
					}
				}
				if at, known = index[near]; !known {
					at = len(out.Palette)
					out.Palette = append(out.Palette, color.RGBA{near[0], near[1], near[2], near[3]}) // premultiplied
				}
				index[c], index[near] = at, at
			}
			out.Pix[i] = uint8(at)
		}
		if len(out.Palette) <= 256 {
			return out
		}
	}
	return img
}
