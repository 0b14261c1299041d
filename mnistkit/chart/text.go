package chart

import (
	_ "embed" // the fonts
	"fmt"
	"image/color"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"

	"gonblabs/mnistkit/show"
)

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

// in is the lettering in another colour.
func (l lettering) in(c color.Color) lettering { l.colour = c; return l }

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
