package chart

import (
	"bytes"
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
	bands(img, func(y, rows int) {
		runs(rowOf(img, y), func(c color.RGBA, _, n int) { count[c] += n * rows })
	})
	if len(count) > 8000 {
		return img
	}
	for reach := 4; reach < 20; reach++ { // fewer shades than 256 are fewer bytes still
		palette, index := cover(count, 3*reach*reach)
		if len(palette) > 256 {
			continue
		}
		out := image.NewPaletted(img.Bounds(), palette)
		bands(img, func(y, rows int) {
			first := out.Pix[y*out.Stride : (y+1)*out.Stride]
			runs(rowOf(img, y), func(c color.RGBA, at, n int) {
				colour := index[c]
				for i := at; i < at+n; i++ {
					first[i] = colour
				}
			})
			for i := y + 1; i < y+rows; i++ {
				copy(out.Pix[i*out.Stride:], first)
			}
		})
		return out
	}
	return img
}

// rowOf is the row y of a sheet, which starts at the origin.
func rowOf(img *image.RGBA, y int) []byte {
	return img.Pix[y*img.Stride : y*img.Stride+4*img.Rect.Dx()]
}

// bands visits the stretches of equal rows: a pixel of a picture is several
// dots high.
func bands(img *image.RGBA, visit func(y, rows int)) {
	from, height := 0, img.Rect.Dy()
	for y := 1; y <= height; y++ {
		if y == height || !bytes.Equal(rowOf(img, y), rowOf(img, from)) {
			visit(from, y-from)
			from = y
		}
	}
}

// runs visits the stretches of equal pixels of a row.
func runs(row []byte, visit func(c color.RGBA, at, n int)) {
	pixel := func(i int) uint32 { return binary.BigEndian.Uint32(row[4*i:]) }
	from, total := 0, len(row)/4
	for i := 1; i <= total; i++ {
		if p := pixel(from); i == total || pixel(i) != p {
			visit(color.RGBA{uint8(p >> 24), uint8(p >> 16), uint8(p >> 8), uint8(p)}, from, i-from)
			from = i
		}
	}
}

// exactPixels is the number of pixels from which on a colour is kept exactly.
const exactPixels = 400

// cover picks colours, frequent ones first, so that every colour has one at
// most reach away (squared, summed over the channels). It gives up after the
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
		if count[c] >= exactPixels && len(palette) < 128 {
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
