package chart

import (
	"image/color"
	"math"
)

// Okabe and Ito's colours, told apart also by the colour-blind.
var (
	blue   = color.NRGBA{0x00, 0x72, 0xb2, 0xff}
	red    = color.NRGBA{0xd5, 0x5e, 0x00, 0xff}
	green  = color.NRGBA{0x00, 0x9e, 0x73, 0xff}
	purple = color.NRGBA{0xcc, 0x79, 0xa7, 0xff}
	orange = color.NRGBA{0xe6, 0x9f, 0x00, 0xff}
	sky    = color.NRGBA{0x56, 0xb4, 0xe9, 0xff}

	ink   = color.NRGBA{0x22, 0x22, 0x22, 0xff} // text
	faint = color.NRGBA{0x6b, 0x6b, 0x6b, 0xff} // lesser text
	rule  = color.NRGBA{0xe3, 0xe3, 0xe3, 0xff} // grid lines
	white = color.NRGBA{0xff, 0xff, 0xff, 0xff}
)

// cycle are the colours of several runs, in order.
var cycle = []color.NRGBA{blue, red, green, purple, orange, sky, ink}

// blend goes from a to b as share goes from 0 to 1.
func blend(a, b color.NRGBA, share float64) color.NRGBA {
	mix := func(x, y uint8) uint8 { return uint8(float64(x) + share*(float64(y)-float64(x)) + 0.5) }
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

// readable is ink or white, whichever is read better on the background.
func readable(background color.NRGBA) color.NRGBA {
	linear := func(v uint8) float64 { return math.Pow(float64(v)/255, 2.2) }
	light := 0.2126*linear(background.R) + 0.7152*linear(background.G) + 0.0722*linear(background.B)
	if light > 0.25 {
		return ink
	}
	return white
}

// look is how points are drawn: joined by a line, marked, or both.
type look struct {
	line stroke // zero: none
	mark mark   // zero: none
}

// stroke is how a line looks.
type stroke struct {
	colour color.Color
	thick  float64
	dashes []float64 // a piece, a gap and so on; nil: no gaps
}

// mark is how a point looks.
type mark struct {
	colour color.Color
	radius float64
	form   form
}

// dashes tell the second line and the next ones apart without colour.
var dashes = [][]float64{{5, 3}, {1.5, 2.5}, {8, 3, 2, 3}}

// lineLook tells line i of several apart by its colour and its dashes.
func lineLook(i int, thick float64) look {
	line := stroke{colour: cycle[i%len(cycle)], thick: thick}
	if i > 0 {
		line.dashes = dashes[(i-1)%len(dashes)]
	}
	return look{line: line}
}

// reference is the line that others are compared with.
func reference(c color.Color) look { return look{line: stroke{c, 1.4, dashes[0]}} }

// form is what marks a point: the corners of lines that are filled or only
// drawn, for a radius of 1. Without lines it is a circle.
type form struct {
	filled bool
	lines  [][]float64
}

// forms tell the runs apart without colour.
var forms = []form{
	{filled: true}, // a disc
	{true, [][]float64{{-0.85, -0.85, 0.85, -0.85, 0.85, 0.85, -0.85, 0.85}}},                    // a block
	{true, [][]float64{{0, -1.25, -1.0825, 0.625, 1.0825, 0.625}}},                               // a pyramid
	{false, [][]float64{{-0.7071, -0.7071, 0.7071, 0.7071}, {-0.7071, 0.7071, 0.7071, -0.7071}}}, // a cross
	{}, // a ring
	{false, [][]float64{{-0.85, -0.85, 0.85, -0.85, 0.85, 0.85, -0.85, 0.85, -0.85, -0.85, 0.85, -0.85}}}, // a square
	{false, [][]float64{{-1, 0, 1, 0}, {0, -1, 0, 1}}},                                                    // a plus
}

// classLook is how the points of a class look.
func classLook(class int, radius float64) look {
	return look{mark: mark{cycle[class%len(cycle)], radius, forms[(class+class/len(cycle))%len(forms)]}}
}

// bestLook rings the best epoch.
func bestLook(c color.Color) look { return look{mark: mark{c, 6.5, form{}}} }
