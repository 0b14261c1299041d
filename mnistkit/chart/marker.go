package chart

import (
	"image/color"
	"math"
)

// marker is a form to mark a point with, of about the radius r.
type marker func(s *sheet, c color.Color, x, y, r float64)

// markers tell the runs apart without colour.
var markers = []marker{disc, block, pyramid, cross, ring, square, plus}

// outline is how the forms that are not filled are drawn.
const outline = 0.7

func disc(s *sheet, c color.Color, x, y, r float64) {
	s.pen.DrawCircle(density*x, density*y, density*r)
	s.pen.SetColor(c)
	s.pen.Fill()
}

func ring(s *sheet, c color.Color, x, y, r float64) {
	s.pen.DrawCircle(density*x, density*y, density*r)
	s.draw(stroke{colour: c, thick: outline})
}

func block(s *sheet, c color.Color, x, y, r float64) {
	r *= 0.85
	s.polygon(c, x-r, y-r, x+r, y-r, x+r, y+r, x-r, y+r)
}

func square(s *sheet, c color.Color, x, y, r float64) {
	r *= 0.85
	s.frame(c, outline, x-r, y-r, 2*r, 2*r)
}

func pyramid(s *sheet, c color.Color, x, y, r float64) {
	r *= 1.25
	s.polygon(c, x, y-r, x-r*math.Sqrt(3)/2, y+r/2, x+r*math.Sqrt(3)/2, y+r/2)
}

func cross(s *sheet, c color.Color, x, y, r float64) {
	r *= math.Sqrt2 / 2
	s.line(c, outline, x-r, y-r, x+r, y+r)
	s.line(c, outline, x-r, y+r, x+r, y-r)
}

func plus(s *sheet, c color.Color, x, y, r float64) {
	s.line(c, outline, x-r, y, x+r, y)
	s.line(c, outline, x, y-r, x, y+r)
}
