package engine

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/data"
)

// TestPut: a set that comes in parts is the set that comes at once.
func TestPut(t *testing.T) {
	set := blobs(50)
	for i := range set.Len() {
		set.Weights = append(set.Weights, 0.5+float32(i%3))
	}
	onBackends(t, func(t *testing.T, b compute.Backend) {
		e := opened(t, b, small())
		put(t, e, "whole", set)
		for _, cut := range [][2]int{{0, 1}, {1, 30}, {30, 50}} {
			if err := e.Put("parts", set.Slice(cut[0], cut[1]), 50-cut[1]); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(evaluated(t, e, "whole", nil), evaluated(t, e, "parts", nil)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestPutRefuses: a fault in a later part is told of the whole set, and
// what came before is forgotten.
func TestPutRefuses(t *testing.T) {
	broken := func(change func(*data.Set)) *data.Set {
		part := blobs(20)
		change(part)
		return part
	}
	for _, c := range []struct {
		name  string
		part  *data.Set
		left  int
		words []string
	}{
		{"a class too many", broken(func(s *data.Set) { s.Labels.I32[3] = 7 }), 0, []string{"up to 7", "Dense(8)"}},
		{"a negative class", broken(func(s *data.Set) { s.Labels.I32[3] = -1 }), 0, []string{"label 33", "is -1"}},
		{"more than announced", blobs(20), 1, []string{"50 examples"}},
		{"without its weights", broken(func(s *data.Set) { s.Weights = nil }), 0, []string{"80 bytes"}},
		{"of floats", broken(func(s *data.Set) {
			s.Inputs = data.Array{Shape: s.Inputs.Shape, F32: make([]float32, len(s.Inputs.U8))}
		}), 0, []string{"Float32 values", "Uint8"}},
		{"of labels of four bytes, too", broken(func(s *data.Set) {
			s.Labels = data.Array{Shape: s.Labels.Shape, F32: make([]float32, 20)}
		}), 0, []string{"class numbers"}},
	} {
		onBackends(t, func(t *testing.T, b compute.Backend) {
			e := opened(t, b, small())
			first := blobs(30)
			first.Weights = make([]float32, 30)
			if c.part.Weights == nil && c.name != "without its weights" {
				c.part.Weights = make([]float32, 20)
			}
			if err := e.Put("train", first, 20); err != nil {
				t.Fatal(err)
			}
			oneSentence(t, e.Put("train", c.part, c.left), c.words...)
			if _, err := e.labelledSet("train"); err == nil {
				t.Errorf("%s: half a set can be trained", c.name)
			}
			put(t, e, "train", blobs(50))
		})
	}
}
