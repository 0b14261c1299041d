package chart

import (
	"image/color"
	"math"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
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

// markers tell the runs apart without colour.
var markers = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.CrossGlyph{},
	draw.RingGlyph{}, draw.SquareGlyph{}, draw.PlusGlyph{},
}

// px is a CSS pixel: a 96th of an inch.
const px = vg.Inch / 96

// Sizes of text in CSS pixels.
const (
	titleSize = 14
	textSize  = 12
	smallSize = 10.5
)

var handler = plot.DefaultTextHandler

// face is the kit's type: Liberation Sans, which gonum/plot brings along.
func face(size float64, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Length(size) * px}
	if bold {
		f.Weight = stdfont.WeightBold
	}
	return f
}

func textStyle(size float64, bold bool, c color.Color, x text.XAlignment, y text.YAlignment) text.Style {
	return text.Style{Color: c, Font: face(size, bold), XAlign: x, YAlign: y, Handler: handler}
}

// newPlot is a plot in the kit's style: light grid lines and no frame.
func newPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = white
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = face(textSize, false)
		axis.Label.TextStyle.Color = ink
		axis.Label.Padding = 3 * px
		axis.Tick.Label.Font = face(smallSize, false)
		axis.Tick.Label.Color = ink
		axis.LineStyle = draw.LineStyle{Color: faint, Width: px}
		axis.Tick.LineStyle = axis.LineStyle
		axis.Tick.Length = 4 * px
		axis.Padding = 0
	}
	grid := plotter.NewGrid()
	grid.Vertical = draw.LineStyle{}
	grid.Horizontal = draw.LineStyle{Color: rule, Width: px}
	p.Add(grid)
	return p
}

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
