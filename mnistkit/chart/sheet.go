package chart

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"slices"

	"git.sr.ht/~sbinet/gg"

	"gonblabs/mnistkit/show"
)

// density is how many dots make a CSS pixel.
const density = 2

const margin = 4.0

// sheet is what a picture is drawn on, measured in CSS pixels from the top left. It is
// transparent.
type sheet struct {
	width, height float64
	pixels        *image.RGBA
	pen           *gg.Context // in dots
	letters       float64     // the height of the smallest type, in CSS pixels; 0: none
	below         []string    // texts that the font cannot write, which are numbers on the sheet
}

func newSheet(width, height float64) *sheet {
	width, height = math.Ceil(width), math.Ceil(height)
	pixels := image.NewRGBA(image.Rect(0, 0, density*int(width), density*int(height)))
	s := &sheet{width: width, height: height, pixels: pixels, pen: gg.NewContextForRGBA(pixels)}
	s.pen.SetLineCapButt()
	return s
}

// dots is an area's nearest whole dots.
func dots(x, y, width, height float64) image.Rectangle {
	at := func(v float64) int { return int(math.Round(density * v)) }
	return image.Rect(at(x), at(y), at(x+width), at(y+height))
}

func (s *sheet) fill(c color.Color, x, y, width, height float64) {
	draw.Draw(s.pixels, dots(x, y, width, height), image.NewUniform(c), image.Point{}, draw.Src)
}

func (s *sheet) frame(c color.Color, thick, x, y, width, height float64) {
	s.line(c, thick, x, y, x+width, y, x+width, y+height, x, y+height, x, y, x+width, y)
}

func (s *sheet) polygon(c color.Color, xy ...float64) {
	s.path(xy)
	s.pen.SetColor(c)
	s.pen.Fill()
}

func (s *sheet) line(c color.Color, thick float64, xy ...float64) {
	s.draw(look{line: stroke{colour: c, thick: thick}}, xy...)
}

// draw joins points by a line, marks them, or both. One that is not finite is left
// out and leaves a gap.
func (s *sheet) draw(l look, xy ...float64) {
	const pieces = 100 // of a line at once: of all, the time would grow as the square of their number
	for i := 0; l.line.thick > 0 && i+2 < len(xy); i += 2 * pieces {
		s.path(xy[i:min(len(xy), i+2*pieces+4)]) // a piece into the next stroke: no joint shows
		s.stroke(l.line)
	}
	for i := 0; l.mark.radius > 0 && i+1 < len(xy); i += 2 {
		if finite(xy[i], xy[i+1]) {
			s.mark(l.mark, xy[i], xy[i+1])
		}
	}
}

// path outlines a line through points, x and y in turn.
func (s *sheet) path(xy []float64) {
	for i := 0; i+1 < len(xy); i += 2 {
		if finite(xy[i], xy[i+1]) {
			s.pen.LineTo(density*xy[i], density*xy[i+1])
		} else {
			s.pen.NewSubPath()
		}
	}
	s.pen.NewSubPath()
}

// stroke draws what was outlined.
func (s *sheet) stroke(line stroke) {
	dashes := make([]float64, len(line.dashes))
	for i, d := range line.dashes {
		dashes[i] = density * d
	}
	s.pen.SetColor(line.colour)
	s.pen.SetLineWidth(density * line.thick)
	s.pen.SetDash(dashes...)
	s.pen.Stroke()
}

func (s *sheet) mark(m mark, x, y float64) {
	if m.form.lines == nil { // a disc or a ring
		s.pen.DrawCircle(density*x, density*y, density*m.radius)
	}
	for _, line := range m.form.lines {
		xy := make([]float64, len(line))
		for i, v := range line {
			xy[i] = []float64{x, y}[i%2] + m.radius*v
		}
		s.path(xy)
	}
	if m.form.filled {
		s.polygon(m.colour)
	} else {
		s.stroke(stroke{colour: m.colour, thick: max(0.7, m.radius/4)})
	}
}

// alignment is where a text lies against its point: the share of it before that.
type alignment float64

const (
	left   alignment = 0
	center alignment = 0.5
	right  alignment = 1
)

// write puts a line of text with the middle of its capitals at y.
func (s *sheet) write(txt string, x, y float64, look lettering, align alignment) {
	if txt == "" {
		return
	}
	if !drawable(txt) {
		if !slices.Contains(s.below, txt) {
			s.below = append(s.below, txt)
		}
		txt = numbered(slices.Index(s.below, txt))
	}
	if s.letters == 0 || look.size < s.letters {
		s.letters = look.size
	}
	s.pen.SetColor(look.colour)
	s.pen.SetFontFace(look.face())
	x -= float64(align) * look.width(txt)
	s.pen.DrawString(txt, density*x, density*(y+0.36*look.size)) // a capital is 0.72 of the size
}

// writeUp puts a line of text that is read from below around y, x at the middle of its
// capitals.
func (s *sheet) writeUp(txt string, x, y float64, look lettering) {
	s.pen.Push()
	defer s.pen.Pop()
	x, y = math.Round(density*x)/density, math.Round(density*y)/density // between dots it would be blurred
	s.pen.RotateAbout(-math.Pi/2, density*x, density*y)
	s.write(txt, x, y, look, center)
}

func (s *sheet) picture() picture {
	var b bytes.Buffer
	_ = png.Encode(&b, palettize(s.pixels)) // a buffer takes everything, and no sheet is empty
	return picture{png: b.Bytes(), width: int(s.width), height: int(s.height), letters: s.letters, below: s.below}
}

// figure is the sheet alone as a figure, with what it shows in numbers, and a legend.
func (s *sheet) figure(alt, caption string, numbers show.Table, legend ...legendEntry) Figure {
	return Figure{Alt: alt, Caption: caption, Numbers: numbers, panels: []panel{s.picture()}, legend: legend}
}

// palettize turns a picture into one of at most 256 colours, which is a third of the bytes. Colours of areas
// stay exact, and shades on edges are rounded. A photograph has too many colours and stays as it is.
func palettize(img *image.RGBA) image.Image {
	const area = 400 // pixels of a colour, which then stays exact
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
					if count[c] < area && len(count) > 64 {
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
