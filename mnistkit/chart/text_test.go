package chart

import (
	"bytes"
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"

	"gonblabs/mnistkit/layer"
)

// Texts whose letters the figures' font lacks: as names of columns, classes, runs, metrics and layers.
var foreign = []string{"身長", "الطول", "אורך", "ऊँचाई", "키 (cm)", "🦊", "e\u0301te\u0301", "two\nlines", "ώρα", "x\u200dy"}

// What the font lacks is a number in the picture, and a text below it: never squares, nor nothing.
func TestForeignLetters(t *testing.T) {
	line := func(x, y, name string) (Figure, error) {
		return Plot{X: x, Y: y, Lines: []Series{{Name: name, X: []string{x, "b", y}, Y: []int{1, 2, 4}}}}.Figure()
	}
	curves := func(a, b, metric string) (Figure, error) {
		return Curves("", nil, Named{Name: a, History: history(12, metric)}, Named{Name: b, History: history(6, metric)})
	}
	for i, name := range foreign {
		other := foreign[(i+1)%len(foreign)]
		for what, draw := range map[string]func(a, b string) (Figure, error){
			"a plot": func(a, b string) (Figure, error) { return line(a, b, a) },
			"curves": func(a, b string) (Figure, error) { return curves(a, b, "loss") },
			"scatter": func(a, b string) (Figure, error) {
				return ScatterPlot(Values{a, []float64{1, 2}}, Values{b, []float64{3, 4}}, nil, nil)
			},
		} {
			first, second := "(1)", "(2)" // in the order in which they are written
			if what != "curves" {
				first, second = second, first // the y axis is first
			}
			want, err := draw(first, second)
			check(t, want, err)
			got, err := draw(name, other)
			check(t, got, err)
			for k, p := range got.pictures() {
				if !slices.Equal(p.below, []string{name, other}) && !slices.Equal(p.below, []string{other, name}) {
					t.Errorf("%s of %q and %q: below the picture is %q", what, name, other, p.below)
				}
				if what != "curves" && !bytes.Equal(p.png, want.pictures()[k].png) {
					t.Errorf("%s of %q is not drawn as one of (1)", what, name)
				}
			}
			page := got.HTML()
			for i, txt := range got.pictures()[0].below {
				has(t, page, fmt.Sprintf("(%d) <bdi>%s</bdi>", i+1, html.EscapeString(txt)))
			}
		}
	}
	steps := must(layer.Stack{layer.Dense(2)}.Plan([]int{2}))
	f, err := Model("模型", steps)
	check(t, f, err)
	if has(t, f.HTML(), "模型"); f.pictures()[0].below != nil {
		t.Errorf("%q are no letters of the picture", f.pictures()[0].below)
	}
}

// All that the kit itself writes into pictures is in the font.
func TestOwnLetters(t *testing.T) {
	for _, txt := range []string{"28×28×6", "lenet-rate=0.01…", "loss (logarithmic)", "Dense(10).ReLU()", "Ωμέγα", "Привет", "naïve Straße Łódź", "−0.5 ≤ x² √2 ∞ →", ""} {
		if !drawable(txt) {
			t.Errorf("%q cannot be drawn", txt)
		}
	}
	for _, txt := range foreign {
		if drawable(txt) {
			t.Errorf("%q is drawn, with squares", txt)
		}
	}
	if w := plain.width("身長がとても長い名前です"); w > 40 || plain.shorten("身長がとても長い名前です", 40) != "身長がとても長い名前です" {
		t.Errorf("a number takes %.0f pixels", w)
	}
	if short := plain.shorten("name", -5); short != "n…" {
		t.Errorf("without room a name becomes %q", short)
	}
	if short := plain.shorten(strings.Repeat("name of a column ", 100_000), 60); len(short) > 30 || !strings.HasSuffix(short, "…") { // within a moment
		t.Errorf("a very long name becomes %q", short)
	}
	if strings.Contains(must(Plot{Bars: []Series{{Y: []int{1}}}}.Figure()).HTML(), "<bdi>") {
		t.Error("there is nothing to name")
	}
}
