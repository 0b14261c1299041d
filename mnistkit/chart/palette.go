package chart

import (
	"cmp"
	"encoding/binary"
	"image"
	"image/color"
	"maps"
	"slices"
)

// palettize turns a picture into one of at most 256 colours, which is a third
// of the bytes. Colours of areas stay exact; a shade on an edge may stand for
// its neighbours. A photograph has too many colours and stays as it is.
func palettize(img *image.RGBA) image.Image {
	pixel := func(i int) uint32 { return binary.BigEndian.Uint32(img.Pix[4*i:]) } // the rows follow each other without a gap
	count := map[uint32]int{}
	for i := range len(img.Pix) / 4 {
		count[pixel(i)]++
	}
	if len(count) > 8000 {
		return img
	}
	frequent := slices.SortedFunc(maps.Keys(count), func(a, b uint32) int { return cmp.Or(count[b]-count[a], cmp.Compare(a, b)) })
	for reach := 4; reach < 20; reach++ { // fewer shades than 256 are fewer bytes still
		palette, index := cover(frequent, count, 3*reach*reach)
		if len(palette) > 256 {
			continue
		}
		out := image.NewPaletted(img.Bounds(), palette)
		for i := range out.Pix {
			out.Pix[i] = index[pixel(i)]
		}
		return out
	}
	return img
}

// exactPixels is the number of pixels from which on a colour is kept exactly.
const exactPixels = 400

// cover picks colours, frequent ones first, so that every colour has one at
// most reach away (squared, summed over the channels). It gives up after the
// 256th.
func cover(colours []uint32, count map[uint32]int, reach int) (palette color.Palette, index map[uint32]uint8) {
	index = map[uint32]uint8{}
	for _, c := range colours {
		limit := reach
		if count[c] >= exactPixels && len(palette) < 128 {
			limit = 0
		}
		colour := color.RGBA{uint8(c >> 24), uint8(c >> 16), uint8(c >> 8), uint8(c)} // premultiplied
		near := slices.IndexFunc(palette, func(p color.Color) bool { return distance(p.(color.RGBA), colour) <= limit })
		if near < 0 {
			near = len(palette)
			palette = append(palette, colour)
			if near == 256 {
				return palette, nil
			}
		}
		index[c] = uint8(near)
	}
	return palette, index
}

func distance(a, b color.RGBA) int {
	dr, dg, db, da := int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B), int(a.A)-int(b.A)
	return dr*dr + dg*dg + db*db + da*da
}
