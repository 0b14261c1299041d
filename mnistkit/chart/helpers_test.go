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

// phone is the width of a page's text on a phone, in CSS pixels.
const phone = 358.0

// check fails if a figure is not what every figure must be: described in a sentence or
// two, small, with pictures of twice the density on nothing, and with letters that can
// be read on a phone. It returns the first picture, or nil.
func check(t *testing.T, f Figure, err error) (first image.Image) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Alt) < 15 || len(f.Alt) > 250 || !strings.HasSuffix(f.Alt, ".") {
		t.Errorf("alt text %q is no sentence or two", f.Alt)
	}
	size := 0
	for _, p := range f.pictures() {
		img := decoded(t, p)
		if first == nil {
			first = img
		}
		size += len(p.png)
		if b := img.Bounds(); b.Dx() != 2*p.width || b.Dy() != 2*p.height {
			t.Errorf("%d×%d pixels for %d×%d, want twice the density", b.Dx(), b.Dy(), p.width, p.height)
		}
		if shown := p.letters * min(1, phone/float64(p.width)); p.letters > 0 && shown < 9 {
			t.Errorf("letters of a picture %d wide are %.1f pixels high on a phone", p.width, shown)
		}
		if p.photo {
			continue
		}
		for _, corner := range []image.Point{{}, {img.Bounds().Dx() - 1, img.Bounds().Dy() - 1}} {
			if _, _, _, a := img.At(corner.X, corner.Y).RGBA(); p.letters > 0 && a != 0 {
				t.Errorf("corner %v is not transparent", corner)
			}
		}
	}
	if size > 200_000 {
		t.Errorf("%d bytes are too many for a notebook", size)
	}
	return first
}

// pictures are those of a figure, also the ones in rows and grids.
func (f Figure) pictures() (list []picture) {
	for _, p := range f.panels {
		switch p := p.(type) {
		case picture:
			list = append(list, p)
		case row:
			list = append(list, Figure{panels: p}.pictures()...)
		case words:
			for _, cells := range p.rows {
				for _, c := range cells {
					if c.picture != nil {
						list = append(list, *c.picture)
					}
				}
			}
		}
	}
	return list
}

func decoded(t *testing.T, p picture) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(p.png))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func shade(c color.Color) color.NRGBA { return color.NRGBAModel.Convert(c).(color.NRGBA) }

// pixels counts those of a colour, or so near to it that an edge may be mixed in.
func pixels(img image.Image, c color.NRGBA) (n int) {
	near := func(a, b uint8) bool { return math.Abs(float64(a)-float64(b)) <= 6 }
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if s := shade(img.At(x, y)); s.A > 200 && near(s.R, c.R) && near(s.G, c.G) && near(s.B, c.B) {
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
