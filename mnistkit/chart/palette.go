package chart

import (
	"encoding/binary"
	"image"
	"image/color"
	"slices"
)

// palettize turns a picture into one of at most 256 colours, which is a third
// of the bytes. Colours of areas stay exact; a shade on an edge may stand for
// its neighbours. A photograph has too many colours and stays as it is.
func palettize(img *image.RGBA) image.Image {
	count := map[color.RGBA]int{}
	runs(img, func(c color.RGBA, _, n int) { count[c] += n })
	if len(count) > 8000 {
		return img
	}
	for reach := 4; reach < 20; reach++ { // fewer shades than 256 are fewer bytes still
		palette, index := cover(count, 3*reach*reach)
		if len(palette) > 256 {
			continue
		}
		out := image.NewPaletted(img.Bounds(), palette)
		runs(img, func(c color.RGBA, at, n int) {
			colour := index[c]
			for i := at; i < at+n; i++ {
				out.Pix[i] = colour
			}
		})
		return out
	}
	return img
}

// runs visits the stretches of equal pixels in the order of the rows. A sheet
// starts at the origin and has no gap between its rows.
func runs(img *image.RGBA, visit func(c color.RGBA, at, n int)) {
	pixel := func(i int) uint32 { return binary.BigEndian.Uint32(img.Pix[4*i:]) }
	from, total := 0, len(img.Pix)/4
	for i := 1; i <= total; i++ {
		if p := pixel(from); i == total || pixel(i) != p {
			visit(color.RGBA{uint8(p >> 24), uint8(p >> 16), uint8(p >> 8), uint8(p)}, from, i-from)
			from = i
		}
	}
}

// area is the number of pixels from which on a colour is kept exactly.
const area = 400

// cover picks colours, frequent ones first, so that every colour has one at
// most reach away (squared, summed over the channels). It gives up behind the
// 256th.
func cover(count map[color.RGBA]int, reach int) (palette color.Palette, index map[color.RGBA]uint8) {
	colours := make([]color.RGBA, 0, len(count))
	for c := range count {
		colours = append(colours, c)
	}
	key := func(c color.RGBA) int { return int(c.R)<<16 | int(c.G)<<8 | int(c.B) }
	slices.SortFunc(colours, func(a, b color.RGBA) int {
		if n := count[b] - count[a]; n != 0 {
			return n
		}
		return key(a) - key(b)
	})
	index = map[color.RGBA]uint8{}
	for _, c := range colours {
		limit := reach
		if count[c] >= area && len(palette) < 128 {
			limit = 0
		}
		near := slices.IndexFunc(palette, func(p color.Color) bool { return distance(p.(color.RGBA), c) <= limit })
		if near < 0 {
			near = len(palette)
			palette = append(palette, c)
			if near == 256 {
				return palette, nil
			}
		}
		index[c] = uint8(near)
	}
	return palette, index
}

func distance(a, b color.RGBA) int {
	dr, dg, db := int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B)
	return dr*dr + dg*dg + db*db
}
