package chart

import (
	"image/color"
	"math"
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
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

// Sizes of text in CSS pixels.
const (
	titleSize = 14
	textSize  = 12
	smallSize = 10.5
)

// The kit's type is Liberation Sans; a font is read when it is first needed.
var (
	regular = sync.OnceValue(func() *opentype.Font { return parsed(liberationsansregular.TTF) })
	bold    = sync.OnceValue(func() *opentype.Font { return parsed(liberationsansbold.TTF) })
)

func parsed(ttf []byte) *opentype.Font {
	f, err := opentype.Parse(ttf)
	if err != nil {
		panic(err) // the font is part of the program
	}
	return f
}

// face is the type in a size. It is for one goroutine.
func face(size float64, strong bool) font.Face {
	f := regular
	if strong {
		f = bold
	}
	face, err := opentype.NewFace(f(), &opentype.FaceOptions{Size: density * size, DPI: 72})
	if err != nil {
		panic(err) // it never is one
	}
	return face
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
