package chart

import (
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
	has(t, f.Numbers.Text(), `line "rule"        from 1 to 4  from 1 to 4.5`)
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
	has(t, f.Numbers.Text(), "bars 1  from 1 to 3  from 0.1 to 0.7")
	one, two := pixels(img, blue), pixels(img, red) // 0.2+0.7+0.1 and 1
	if one < 20_000 || math.Abs(float64(one-two)) > 0.02*float64(one) {
		t.Errorf("%d blue pixels and %d red ones; the bars have the same area", one, two)
	}
	f, err = Plot{Bars: []Series{{X: []int{10, 20}, Y: []int{-3, 3}}}}.Figure()
	check(t, f, err)
	has(t, f.Alt, "y goes from -3 to 3")
}

func TestPlotErrors(t *testing.T) {
	for want, p := range map[string]Plot{
		"nothing to draw": {},
		`points "a": X has 2 values and Y has 3; give as many`: {Points: []Series{{Name: "a", X: []float64{1, 2}, Y: []float64{1, 2, 3}}}},
		`bars 1: X has 1 values and Y has 2`:                   {Bars: []Series{{X: []string{"a"}, Y: []int{1, 2}}}},
		"line 2: Y[1] is NaN":                                  {Lines: []Series{{Y: []int{1}}, {Y: []float64{1, math.NaN()}}}},
		"X[0] is +Inf":                                         {Lines: []Series{{X: []float64{math.Inf(1)}, Y: []int{1}}}},
		"Y is empty":                                           {Lines: []Series{{Y: []int{}}}},
		"Y is of type <nil>":                                   {Lines: []Series{{}}},
		"Y is of type []string":                                {Lines: []Series{{Y: []string{"a"}}}},
	} {
		if _, err := p.Figure(); err == nil || !strings.HasPrefix(err.Error(), "kit.Plot: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
