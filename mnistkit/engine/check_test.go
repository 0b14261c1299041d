package engine

import (
	"math"
	"testing"
)

func TestApart(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		got, want []float64
		is        float64
	}{
		{[]float64{1, 2}, []float64{1, 2}, 0},
		{[]float64{100, 1.5}, []float64{100, 1}, 0.005}, // a share of the largest
		{[]float64{1, -2}, []float64{1, 2}, 2},
		{[]float64{0, 3}, []float64{0, 4}, 0.25},
	} {
		if got := relativeDifference(c.got, c.want); math.Abs(got-c.is) > 1e-9 {
			t.Errorf("apart(%v, %v) is %g, want %g", c.got, c.want, got, c.is)
		}
	}
	if got := relativeDifference([]float64{nan, 1}, []float64{1, 1}); !math.IsNaN(got) {
		t.Errorf("a NaN gives %g", got)
	}
}

// TestCheck: the backend that tests run on passes, with room to spare.
func TestCheck(t *testing.T) {
	r, err := Check()
	if err != nil || !r.OK || r.MaxDifference > tolerance(r.Backend)/5 {
		t.Errorf("%+v, %v", r, err)
	}
}
