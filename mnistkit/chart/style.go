package chart

import (
	"cmp"
	_ "embed" // the fonts
	"fmt"
	"image/color"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"

	"gonblabs/mnistkit/show"
)

// Okabe and Ito's colours, told apart also by the colour-blind; two are darker than
// theirs, so that each has a contrast of 3 with white.
var (
	blue   = color.NRGBA{0x00, 0x72, 0xb2, 0xff}
	red    = color.NRGBA{0xd5, 0x5e, 0x00, 0xff}
	green  = color.NRGBA{0x00, 0x9e, 0x73, 0xff}
	purple = color.NRGBA{0xcc, 0x79, 0xa7, 0xff}
	orange = color.NRGBA{0xb0, 0x7d, 0x00, 0xff}
	sky    = color.NRGBA{0x3f, 0x97, 0xcf, 0xff}

	ink   = color.NRGBA{0x22, 0x22, 0x22, 0xff} // text
	faint = color.NRGBA{0x6b, 0x6b, 0x6b, 0xff} // lesser text
	rule  = color.NRGBA{0x88, 0x88, 0x88, 0x40} // grid lines, on light and on dark pages
	white = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	grey  = color.NRGBA{0x88, 0x88, 0x88, 0xff} // stands out on light and on dark pages
)

// cycle are the colours of several runs, in order.
var cycle = []color.NRGBA{blue, red, green, purple, orange, sky, ink}

// blend goes from a to b as share goes from 0 to 1.
func blend(a, b color.NRGBA, share float64) color.NRGBA {
	mix := func(x, y uint8) uint8 { return uint8(float64(x) + share*(float64(y)-float64(x)) + 0.5) }
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

// ramp are the colours of values that grow, from violet to salmon.
func ramp(share float64) color.NRGBA {
	low, middle, high := color.NRGBA{0x2a, 0x1a, 0x8a, 0xff}, color.NRGBA{0xb1, 0x2a, 0x90, 0xff}, color.NRGBA{0xe1, 0x64, 0x62, 0xff}
	if share < 0.5 {
		return blend(low, middle, 2*share)
	}
	return blend(middle, high, 2*share-1)
}

// css is a colour that lets its background shine through where opacity is below 1.
func css(c color.Color, opacity float64) string {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return fmt.Sprintf("rgba(%d,%d,%d,%.2f)", n.R, n.G, n.B, opacity)
}

// look is how points are drawn: joined by a line, marked, or both.
type look struct {
	line stroke // zero: none
	mark mark   // zero: none
}

func (l look) colour() color.Color { return cmp.Or(l.line.colour, l.mark.colour) }

// sign is the look as a letter.
func (l look) sign() string {
	switch {
	case l.mark.radius > 0:
		return l.mark.form.sign
	case l.line.dashes != nil:
		return "╌╌"
	}
	return "━━"
}

type stroke struct {
	colour color.Color
	thick  float64
	dashes []float64 // a piece, a gap and so on; nil: no gaps
}

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
	sign   string // a letter that looks like it
}

// forms tell the classes apart without colour. None is a ring, which marks the epoch whose weights are kept.
var forms = []form{
	{true, nil, "●"},
	{true, [][]float64{{-0.85, -0.85, 0.85, -0.85, 0.85, 0.85, -0.85, 0.85}}, "■"},
	{true, [][]float64{{0, -1.25, -1.0825, 0.625, 1.0825, 0.625}}, "▲"},
	{false, [][]float64{{-0.7071, -0.7071, 0.7071, 0.7071}, {-0.7071, 0.7071, 0.7071, -0.7071}}, "✕"},
	{true, [][]float64{{0, -1.3, 1.1, 0, 0, 1.3, -1.1, 0}}, "◆"},
	{false, [][]float64{{-0.85, -0.85, 0.85, -0.85, 0.85, 0.85, -0.85, 0.85, -0.85, -0.85, 0.85, -0.85}}, "□"},
	{false, [][]float64{{-1, 0, 1, 0}, {0, -1, 0, 1}}, "+"},
}

// classLook is how the points of a class look.
func classLook(class int, radius float64) look {
	return look{mark: mark{cycle[class%len(cycle)], radius, forms[(class+class/len(cycle))%len(forms)]}}
}

// legendEntry is a sample of a look and its name.
type legendEntry struct {
	name string
	look
}

// lettering is how a text looks; its size is in CSS pixels.
type lettering struct {
	size   float64
	bold   bool
	colour color.Color
}

// The smallest letters stay above 9 CSS pixels in a panel that a phone narrows.
var (
	heading    = lettering{13, true, ink}
	plain      = lettering{12, false, ink}
	strong     = lettering{12, true, ink}
	quiet      = lettering{11, false, faint}
	labelType  = lettering{11, true, ink}
	small      = lettering{10.5, false, ink}
	smallQuiet = lettering{10.5, false, faint}
)

// Inter, which pages use too: Latin, Greek and Cyrillic letters, and digits of one width.
var (
	//go:embed font/Inter-Regular.ttf
	regular []byte
	//go:embed font/Inter-SemiBold.ttf
	semibold []byte
)

// fonts are plain and bold.
var fonts = map[bool]*opentype.Font{false: must(opentype.Parse(regular)), true: must(opentype.Parse(semibold))}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // the fonts are part of the program
	}
	return v
}

// face is the type in its size. It is for one goroutine.
func (l lettering) face() font.Face {
	return must(opentype.NewFace(fonts[l.bold], &opentype.FaceOptions{Size: density * l.size, DPI: 72}))
}

// drawable says whether the font has all letters of a text. It has none that combine or run from right to left:
// pages write these.
func drawable(txt string) bool {
	return !strings.ContainsFunc(txt, func(letter rune) bool {
		glyph, err := fonts[false].GlyphIndex(nil, letter)
		return err != nil || glyph == 0
	})
}

// width is how wide a line of text is drawn, in CSS pixels.
func (l lettering) width(txt string) float64 {
	if !drawable(txt) {
		txt = numbered(10)
	}
	return float64(font.MeasureString(l.face(), txt)) / (64 * density)
}

// numbered stands for text i of those that are written below a picture.
func numbered(i int) string { return fmt.Sprintf("(%d)", i+1) }

// shorten cuts a text to the room it has, in CSS pixels.
func (l lettering) shorten(txt string, room float64) string {
	runes := []rune(txt)
	for n := min(len(runes)-1, max(1, int(room))); n > 0 && l.width(txt) > room; n-- {
		txt = string(runes[:n]) + "…"
	}
	return txt
}

// plural is "1 row" or "2 rows".
func plural(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "s"):
		noun += "e"
	}
	return fmt.Sprintf("%s %ss", show.Count(n), noun)
}

// textIf is a text where something holds, else "".
func textIf(holds bool, format string, values ...any) string {
	if !holds {
		return ""
	}
	return fmt.Sprintf(format, values...)
}
