package chart

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// sheet is what a figure is drawn on, measured in CSS pixels from the top left.
type sheet struct {
	draw.Canvas
	width, height float64
	pixels        *image.RGBA
}

func newSheet(width, height float64) *sheet {
	width, height = math.Ceil(width), math.Ceil(height)
	canvas := vgimg.NewWith(vgimg.UseDPI(2*96), vgimg.UseWH(vg.Length(width)*px, vg.Length(height)*px), vgimg.UseBackgroundColor(white))
	return &sheet{draw.New(canvas), width, height, canvas.Image().(*image.RGBA)}
}

func (s *sheet) point(x, y float64) vg.Point {
	return vg.Point{X: vg.Length(x) * px, Y: vg.Length(s.height-y) * px}
}

// area is a part of the sheet to draw a plot on.
func (s *sheet) area(x, y, width, height float64) draw.Canvas {
	c := s.Canvas
	c.Rectangle = vg.Rectangle{Min: s.point(x, y+height), Max: s.point(x+width, y)}
	return c
}

func (s *sheet) corners(x, y, width, height float64) []vg.Point {
	return []vg.Point{s.point(x, y), s.point(x+width, y), s.point(x+width, y+height), s.point(x, y+height)}
}

func (s *sheet) fill(c color.Color, x, y, width, height float64) {
	s.FillPolygon(c, s.corners(x, y, width, height))
}

func (s *sheet) frame(c color.Color, thick, x, y, width, height float64) {
	p := s.corners(x, y, width, height)
	s.StrokeLines(draw.LineStyle{Color: c, Width: vg.Length(thick) * px}, append(p, p[0], p[1]))
}

func (s *sheet) polygon(c color.Color, xy ...float64) {
	s.FillPolygon(c, s.points(xy))
}

func (s *sheet) line(c color.Color, thick float64, xy ...float64) {
	s.StrokeLines(draw.LineStyle{Color: c, Width: vg.Length(thick) * px}, s.points(xy))
}

func (s *sheet) points(xy []float64) []vg.Point {
	points := make([]vg.Point, len(xy)/2)
	for i := range points {
		points[i] = s.point(xy[2*i], xy[2*i+1])
	}
	return points
}

// Where a text lies against its point.
const (
	left   = text.XLeft
	center = text.XCenter
	right  = text.XRight
)

// write puts a line of text with the middle of its capitals at y.
func (s *sheet) write(txt string, x, y, size float64, bold bool, c color.Color, align text.XAlignment) {
	f := face(size, bold)
	glyphs := handler.Cache().Lookup(f, f.Size)
	at := s.point(x, y+0.36*size) // the baseline: a capital is 0.72 of the size
	at.X += vg.Length(align) * glyphs.Width(txt)
	s.SetColor(c)
	s.FillString(glyphs, at, txt)
}

// picture puts an image, every pixel of it sharp.
func (s *sheet) picture(img image.Image, x, y, width, height float64) {
	b := img.Bounds()
	to := image.Rect(int(2*x), int(2*y), int(2*(x+width)), int(2*(y+height)))
	for py := to.Min.Y; py < to.Max.Y; py++ {
		for pxl := to.Min.X; pxl < to.Max.X; pxl++ {
			from := image.Pt(b.Min.X+(pxl-to.Min.X)*b.Dx()/to.Dx(), b.Min.Y+(py-to.Min.Y)*b.Dy()/to.Dy())
			s.pixels.Set(pxl, py, img.At(from.X, from.Y))
		}
	}
}

// figure finishes the sheet.
func (s *sheet) figure(alt, caption string) (Figure, error) {
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, palettize(s.pixels)); err != nil {
		return Figure{}, err
	}
	return Figure{PNG: b.Bytes(), Width: int(s.width), Height: int(s.height), Alt: alt, Caption: caption}, nil
}

// textWidth is how wide a line of text is, in CSS pixels.
func textWidth(txt string, size float64, bold bool) float64 {
	return float64(textStyle(size, bold, ink, left, text.YCenter).Width(txt) / px)
}

// writeUp puts a line of text that is read from below, x at the middle of its
// capitals. Aligned right it ends at y, which is then its upper end.
func (s *sheet) writeUp(txt string, x, y, size float64, bold bool, c color.Color, align text.XAlignment) {
	f := face(size, bold)
	glyphs := handler.Cache().Lookup(f, f.Size)
	at := s.point(x+0.36*size, y)
	s.Push()
	s.Translate(at)
	s.Rotate(math.Pi / 2)
	s.SetColor(c)
	s.FillString(glyphs, vg.Point{X: vg.Length(align) * glyphs.Width(txt)}, txt)
	s.Pop()
}
