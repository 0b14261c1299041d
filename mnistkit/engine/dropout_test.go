package engine

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/google/go-cmp/cmp"
)

// dropped are ones after a dropout layer, the nth of its model.
func dropped(t *testing.T, b compute.Backend, key, salt uint32, rate float64, training bool) []float32 {
	t.Helper()
	out, err := graph.CallOnceN(b, func(in []*graph.Node) []*graph.Node {
		p := &pass{training: training, key: in[1], salt: salt}
		return []*graph.Node{p.dropout(in[0], rate), in[1]} // an input must be used
	}, tensors.FromFlatDataAndDimensions(slices.Repeat([]float32{1}, 32*13*13), 32, 13, 13), tensors.FromScalar(key))
	if err != nil {
		t.Fatal(err)
	}
	return flat(t, out[0])
}

// TestDropout: the share that is zero, the scale of the rest, and that every
// key and place in the model draws its own.
func TestDropout(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		for _, rate := range []float64{0.1, 0.3, 0.5, 0.9} {
			values := dropped(t, b, 77, 0, rate, true)
			zeros := 0
			for _, v := range values {
				if v == 0 {
					zeros++
				} else if math.Abs(float64(v)*(1-rate)-1) > 1e-6 {
					t.Fatalf("rate %g: a value of 1 becomes %g", rate, v)
				}
			}
			n := float64(len(values))
			if share := float64(zeros) / n; math.Abs(share-rate) > 4*math.Sqrt(rate*(1-rate)/n) {
				t.Errorf("rate %g: a share of %g is zero", rate, share)
			}
		}
		for _, same := range [][]float32{dropped(t, b, 77, 0, 0, true), dropped(t, b, 77, 0, 0.5, false)} {
			if slices.Min(same) != 1 || slices.Max(same) != 1 {
				t.Error("at rate 0, or outside of training, values change")
			}
		}
		first := dropped(t, b, 77, 0, 0.5, true)
		if !slices.Equal(first, dropped(t, b, 77, 0, 0.5, true)) {
			t.Error("the same key gives another mask")
		}
		for what, other := range map[string][]float32{
			"the next key": dropped(t, b, 78, 0, 0.5, true), "the next layer": dropped(t, b, 77, 1, 0.5, true), "the next row": slices.Concat(first[169:], first[:169]),
		} {
			both := 0
			for i := range first {
				if first[i] == 0 && other[i] == 0 {
					both++
				}
			}
			n := float64(len(first))
			if share := float64(both) / n; math.Abs(share-0.25) > 4*math.Sqrt(0.25*0.75/n) {
				t.Errorf("%s: a share of %g is zero in both, want 0.25", what, share)
			}
		}
	})
}

// TestDropoutGolden: masks are equal on every backend and stay as they are,
// since a run that is gone on with draws the rest of them.
func TestDropoutGolden(t *testing.T) {
	want := "..x.xxxx.x..xxxx.xx..x.........x.xx..x..x...x.xxx....xxxxxxxxxx."
	onBackends(t, func(t *testing.T, b compute.Backend) {
		values := dropped(t, b, epochKey(1, 1), 2, 0.5, true)
		mask := ""
		for _, v := range values[:64] {
			if v == 0 {
				mask += "."
			} else {
				mask += "x"
			}
		}
		if diff := cmp.Diff(want, mask); diff != "" {
			t.Error(diff)
		}
		if !slices.Equal(values, dropped(t, started[0], epochKey(1, 1), 2, 0.5, true)) {
			t.Error("the mask is not that of the pure-Go backend")
		}
	})
	if epochKey(1, 1) == epochKey(1, 2) || epochKey(1, 1) == epochKey(2, 1) {
		t.Error("epochs or seeds share a key")
	}
}
