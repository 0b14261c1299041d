package chart

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestPlotOfYourOwn(t *testing.T) {
	f, err := Plot{
		Title: "Noise and a line", X: "x", Y: "height",
		Points: []Series{{Name: "measured", X: []float32{1, 2, 3, 4}, Y: []float32{1, 3, 2, 5}}},
		Lines:  []Series{{Name: "rule", X: []int{1, 4}, Y: []float64{1, 4.5}}},
	}.Figure()
	img := check(t, f, err)
	has(t, f.Alt, `Noise and a line: line "rule", 2 values; points "measured", 4 values. height goes from 1 to 5.`)
	has(t, f.HTML(), ">height<", "</span> measured", "<figcaption", "Noise and a line")
	has(t, f.Numbers.Text(), `line "rule"        4     4.5`, `points "measured"  3       2`)
	if a, b := pixels(img, blue), pixels(img, red); a < 600 || b < 300 {
		t.Errorf("%d blue pixels of a line, %d red ones of points", a, b)
	}
}

func TestPlotOfBars(t *testing.T) {
	names := []string{"shirt", "coat", "bag"}
	f, err := Plot{Y: "share", Alt: "Most are coats.", Bars: []Series{{X: names, Y: []float64{0.2, 0.7, 0.1}}, {X: names, Y: []uint8{1, 0, 0}}}}.Figure()
	img := check(t, f, err)
	if f.Alt != "Most are coats." {
		t.Errorf("the alt text is %q", f.Alt)
	}
	has(t, f.Numbers.Text(), "bars 1  coat     0.7")
	one, two := pixels(img, blue), pixels(img, red) // 0.2+0.7+0.1 and 1
	if one < 20_000 || math.Abs(float64(one-two)) > 0.02*float64(one) {
		t.Errorf("%d blue pixels and %d red ones; the bars have the same area", one, two)
	}
	f, err = Plot{Bars: []Series{{X: []int{10, 20}, Y: []int{-3, 3}}}}.Figure()
	check(t, f, err)
	has(t, f.Alt, "y goes from -3 to 3")
	f, err = Plot{Bars: []Series{{X: []int{1, 2}, Y: []int{1, 1}}}, Lines: []Series{{X: []int{0, 100}, Y: []int{0, 1}}}}.Figure()
	if n := pixels(check(t, f, err), red); n < 1000 || n > 20_000 { // of 2 × 0.8 in 100
		t.Errorf("%d red pixels of two bars; a long line makes them wider", n)
	}
}

// Very many lines, values and names stay readable.
func TestPlotOfMany(t *testing.T) {
	var p Plot
	names, counts := make([]string, 60), make([]int, 60)
	for i := range names {
		names[i], counts[i] = fmt.Sprint("class ", i), i
	}
	for _, name := range names[:5] {
		p.Lines = append(p.Lines, Series{Name: name, Y: counts})
	}
	f, err := p.Figure()
	check(t, f, err)
	has(t, f.Alt, `line "class 2", 60 values; and 2 more. y goes from 0 to 59.`)
	has(t, f.Numbers.Text(), `line "class 4"  from 1 to 60  from 0 to 59`)
	f, err = Plot{Bars: []Series{{X: names, Y: counts}}}.Figure()
	check(t, f, err)
}

func TestPlotErrors(t *testing.T) {
	for want, p := range map[string]Plot{
		"nothing to draw": {},
		`points "a": X has 2 values and Y has 3; give as many`: {Points: []Series{{Name: "a", X: []float64{1, 2}, Y: []float64{1, 2, 3}}}},
		`bars 1: X has 1 values and Y has 2`:                   {Bars: []Series{{X: []string{"a"}, Y: []int{1, 2}}}},
		"line 2: Y[1] is NaN":                                  {Lines: []Series{{Y: []int{1}}, {Y: []float64{1, math.NaN()}}}},
		"Y[0] is 1e+308":                                       {Lines: []Series{{Y: []float64{1e308, -1e308}}}},
		"X[0] is +Inf":                                         {Lines: []Series{{X: []float64{math.Inf(1)}, Y: []int{1}}}},
		`bars 2: X[0] is "coat" where another series has "bag"; give all the same names`: {Lines: []Series{{Y: []int{1}}},
			Bars: []Series{{X: []string{"bag", "coat"}, Y: []int{1, 2}}, {X: []string{"coat"}, Y: []int{3}}}},
		"Y is empty":            {Lines: []Series{{Y: []int{}}}},
		"Y is of type <nil>":    {Lines: []Series{{}}},
		"Y is of type []string": {Lines: []Series{{Y: []string{"a"}}}},
	} {
		if _, err := p.Figure(); err == nil || !strings.HasPrefix(err.Error(), "kit.Plot: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
