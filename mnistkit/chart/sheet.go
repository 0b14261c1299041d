package chart

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"git.sr.ht/~sbinet/gg"
	scale "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
)

// density is how many dots make a CSS pixel.
const density = 2

// sheet is what a figure is drawn on, measured in CSS pixels from the top left.
type sheet struct {
	width, height float64
	pixels        *image.RGBA
	pen           *gg.Context // in dots
}

func newSheet(width, height float64) *sheet {
	width, height = math.Ceil(width), math.Ceil(height)
	pixels := image.NewRGBA(image.Rect(0, 0, density*int(width), density*int(height)))
	s := &sheet{width, height, pixels, gg.NewContextForRGBA(pixels)}
	s.pen.SetLineCapButt()
	s.fill(white, 0, 0, width, height)
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
	s.stroke(stroke{colour: c, thick: thick}, xy...)
}

// stroke is how a line looks.
type stroke struct {
	colour color.Color
	thick  float64
	dashes []float64 // a piece, a gap and so on; nil: no gaps
}

func (s *sheet) stroke(look stroke, xy ...float64) {
	s.path(xy)
	s.draw(look)
}

// draw strokes what was outlined.
func (s *sheet) draw(look stroke) {
	dashes := make([]float64, len(look.dashes))
	for i, d := range look.dashes {
		dashes[i] = density * d
	}
	s.pen.SetColor(look.colour)
	s.pen.SetLineWidth(density * look.thick)
	s.pen.SetDash(dashes...)
	s.pen.Stroke()
}

func (s *sheet) path(xy []float64) {
	for i := 0; i+1 < len(xy); i += 2 {
		s.pen.LineTo(density*xy[i], density*xy[i+1])
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
func (s *sheet) write(txt string, x, y, size float64, bold bool, c color.Color, align alignment) {
	x -= float64(align) * textWidth(txt, size, bold)
	y += 0.36 * size // the baseline: a capital is 0.72 of the size
	d := font.Drawer{Dst: s.pixels, Src: image.NewUniform(c), Face: face(size, bold),
		Dot: fixed.Point26_6{X: fixed.Int26_6(64 * density * x), Y: fixed.Int26_6(64 * density * y)}}
	d.DrawString(txt)
}

// writeUp puts a line of text that is read from below, x at the middle of its
// capitals. Aligned right it ends at y, which is then its upper end.
func (s *sheet) writeUp(txt string, x, y, size float64, bold bool, c color.Color, align alignment) {
	y += float64(align) * textWidth(txt, size, bold)
	s.pen.Push()
	defer s.pen.Pop()
	s.pen.Translate(density*(x+0.36*size), density*y)
	s.pen.Rotate(-math.Pi / 2)
	s.pen.SetColor(c)
	s.pen.SetFontFace(face(size, bold))
	s.pen.DrawString(txt, 0, 0)
}

// textWidth is how wide a line of text is, in CSS pixels.
func textWidth(txt string, size float64, bold bool) float64 {
	return float64(font.MeasureString(face(size, bold), txt)) / (64 * density)
}

// picture puts an image in a frame, every pixel of it sharp.
func (s *sheet) picture(img *image.RGBA, x, y, width, height float64) {
	scale.NearestNeighbor.Scale(s.pixels, dots(x, y, width, height), img, img.Bounds(), scale.Src, nil)
	s.frame(rule, 1, x, y, width, height)
}

// figure finishes the sheet.
func (s *sheet) figure(alt, caption string) (Figure, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, palettize(s.pixels)); err != nil {
		return Figure{}, err
	}
	return Figure{PNG: b.Bytes(), Width: int(s.width), Height: int(s.height), Alt: alt, Caption: caption}, nil
}
