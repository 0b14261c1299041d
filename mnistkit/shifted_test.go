package mnistkit_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/score"
)

// The answers of Shifted are the mean of those for images that were moved pixel by pixel, and
// are kept beside the run's own.
func TestShifted(t *testing.T) {
	r := small(t)
	fitted(t, r, 1)
	all, err := r.Data.Test()
	if err != nil {
		t.Fatal(err)
	}
	test := all.Slice(0, 60)
	colours := &kit.Set{Name: "colours", Labels: test.Labels, Classes: test.Classes} // two channels, of floats
	colours.Inputs.Shape = []int{14, 28, 2}
	for _, v := range test.Inputs.U8 {
		colours.Inputs.F32 = append(colours.Inputs.F32, float32(v))
	}
	other := r.With("test/colours", func(r *kit.Run) { r.Data = kit.Sets{TrainSet: colours, TestSet: colours} })
	fitted(t, other, 1)
	for _, c := range []struct {
		run    kit.Run
		set    *kit.Set
		pixels int
	}{{r, test, 1}, {other, colours, 2}} {
		var views []score.Predictions
		for down := -c.pixels; down <= c.pixels; down++ {
			for right := -c.pixels; right <= c.pixels; right++ {
				p, err := c.run.Predict(byHand(c.set, down, right))
				if err != nil {
					t.Fatal(err)
				}
				p.Data = c.set
				views = append(views, p)
			}
		}
		want, err := kit.Ensemble("views", views...)
		if err != nil {
			t.Fatal(err)
		}
		for _, when := range []string{"computed", "stored"} {
			got, err := c.run.Shifted(c.pixels).Predict(c.set)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range got.Values {
				if math.Abs(float64(v-want.Values[i])) > 1e-6 {
					t.Fatalf("%s, %s: value %d is %g, want %g", c.set.Name, when, i, v, want.Values[i])
				}
			}
		}
		if own, err := c.run.Predict(c.set); err != nil || slices.Equal(own.Values, want.Values) {
			t.Errorf("%s: Predict gives the answers of Shifted (%v)", c.set.Name, err)
		}
	}
	if _, err := r.Shifted(1).Evaluate(r.Data.Test()); err == nil || !strings.Contains(err.Error(), "small.Evaluate: Shifted(1) is for Predict alone") {
		t.Errorf("Evaluate: %v", err)
	}
	if _, err := r.Shifted(1).Server(); err == nil || !strings.Contains(err.Error(), "Shifted(1) is for Predict alone") {
		t.Errorf("Server: %v", err)
	}
	iris := kit.Run{Name: "test/iris", Data: kit.Iris(), Model: layer.Stack{layer.Dense(3)}}
	fitted(t, iris, 1)
	if _, err := iris.Shifted(1).Predict(iris.Data.Test()); err == nil || !strings.Contains(err.Error(), "have the shape [4]; leave it out") {
		t.Errorf("a table: %v", err)
	}
}

// byHand moves images pixel by pixel.
func byHand(s *kit.Set, down, right int) *kit.Set {
	moved, shape := *s, s.Inputs.Shape
	moved.Name, moved.Inputs = "moved", data.Array{Shape: shape}
	for i := range s.Len() {
		image := s.Inputs.At(i)
		for y := range shape[0] {
			for x := range shape[1] {
				for c := range shape[2] {
					v, fromY, fromX := 0.0, y-down, x-right
					if fromY >= 0 && fromY < shape[0] && fromX >= 0 && fromX < shape[1] {
						v = image[(fromY*shape[1]+fromX)*shape[2]+c]
					}
					if s.Inputs.U8 != nil {
						moved.Inputs.U8 = append(moved.Inputs.U8, uint8(v))
					} else {
						moved.Inputs.F32 = append(moved.Inputs.F32, float32(v))
					}
				}
			}
		}
	}
	return &moved
}
