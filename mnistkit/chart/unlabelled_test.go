package chart

import (
	"strings"
	"testing"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/score"
)

// Pictures of which nobody has said what they show.
func TestUnlabelledFigures(t *testing.T) {
	set := images(3, 28, 28, 1)
	set.Labels, set.Classes = data.Array{}, nil
	f, err := Samples(set, 2, 2)
	check(t, f, err)
	has(t, f.Alt, "3 images", "without labels.")
	has(t, f.Caption, "without labels")

	p := score.Predictions{Model: "net", Data: set, Units: 2, Values: []float32{0.9, 0.1, 0.25, 0.75, 0.5, 0.5}}
	f, err = Predictions(p, 1, 3)
	img := check(t, f, err)
	has(t, f.Text(), "  0  90.0 %  #0\n  1  75.0 %  #1\n")
	has(t, f.Caption, "which have no labels")
	if strings.Contains(f.Alt+f.Caption, "right") || strings.Contains(f.Alt, "wrong") || pixels(img, red) > 0 {
		t.Errorf("the figure judges answers whose truth is unknown: %q", f.Alt)
	}
	if pixels(img, blue) == 0 {
		t.Error("no answer is marked")
	}

	p.Values[3] = 1.5
	_, err = Predictions(p, 1, 3)
	wants(t, err, "answers 1.5 for example 1")
}
