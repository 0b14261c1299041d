package chart

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand"
	"strings"
	"testing"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/score"
)

// check decodes a figure and fails if it is not what every figure must be:
// of twice the density, with ink on white, described, and small.
func check(t *testing.T, f Figure, err error) image.Image {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(f.PNG))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 2*f.Width || b.Dy() != 2*f.Height || f.Width < 50 || f.Height < 20 {
		t.Errorf("%d×%d pixels for %d×%d, want twice the density", b.Dx(), b.Dy(), f.Width, f.Height)
	}
	if len(f.Alt) < 20 {
		t.Errorf("alt text %q says too little", f.Alt)
	}
	if len(f.PNG) > 150_000 {
		t.Errorf("%d bytes are too many for a notebook", len(f.PNG))
	}
	for _, corner := range []image.Point{{}, {img.Bounds().Dx() - 1, img.Bounds().Dy() - 1}} {
		if shade(img.At(corner.X, corner.Y)) != white {
			t.Errorf("corner %v is not white: the figure needs a border", corner)
		}
	}
	if n := pixels(img, ink); n < 20 {
		t.Errorf("%d pixels of ink: the figure is blank", n)
	}
	return img
}

func shade(c color.Color) color.NRGBA { return color.NRGBAModel.Convert(c).(color.NRGBA) }

// pixels counts those of a colour, or so near to it that an edge may be mixed in.
func pixels(img image.Image, c color.NRGBA) (n int) {
	near := func(a, b uint8) bool { return math.Abs(float64(a)-float64(b)) <= 6 }
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if s := shade(img.At(x, y)); near(s.R, c.R) && near(s.G, c.G) && near(s.B, c.B) {
				n++
			}
		}
	}
	return n
}

// has fails unless all texts are in s.
func has(t *testing.T, s string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(s, text) {
			t.Errorf("%q lacks %q", s, text)
		}
	}
}

// wants fails unless err says text.
func wants(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) || !strings.HasPrefix(err.Error(), "chart.") {
		t.Errorf("error %v, want a sentence with %q", err, text)
	}
}

// history are n epochs that get better until the third from the end.
func history(n int, names ...string) (h fit.History) {
	for i := 1; i <= n; i++ {
		e := fit.Epoch{Number: i, Metrics: map[string]float64{}}
		for _, name := range names {
			v := 1 / float64(min(i, max(1, 2*n-4-i)))
			if fit.ModeOf(name) == fit.Max {
				v = 1 - v/2
			}
			e.Metrics[name] = v
		}
		h = append(h, e)
	}
	return h
}

// images are n examples of random pixels in the classes 0…9.
func images(n int, shape ...int) *data.Set {
	r := rand.New(rand.NewSource(1))
	set := &data.Set{Name: "noise/test", Inputs: data.Array{Shape: shape}}
	for c := range 10 {
		set.Classes = append(set.Classes, string(rune('A'+c)))
	}
	set.Inputs.U8 = make([]uint8, n*set.Inputs.Size())
	for i := range set.Inputs.U8 {
		set.Inputs.U8[i] = uint8(r.Intn(256))
	}
	for i := range n {
		set.Labels.I32 = append(set.Labels.I32, int32(i%10))
	}
	return set
}

// answers gets every fourth example wrong: it says the next class.
func answers(model string, set *data.Set) score.Predictions {
	k := len(set.Classes)
	p := score.Predictions{Model: model, Data: set, Units: k, Values: make([]float32, k*set.Len())}
	for i := range set.Len() {
		says := int(set.Labels.I32[i])
		if i%4 == 0 {
			says = (says + 1) % k
		}
		row := p.Row(i)
		for c := range row {
			row[c] = 0.2 / float32(k-1)
		}
		row[says] = 0.8
	}
	return p
}
