package exchange

import (
	"bytes"
	"testing"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// TestScaled: only the Rescale layers before all others are left out, and a model may have no others.
func TestScaled(t *testing.T) {
	rescale := layer.Rescale(2)
	for _, c := range []struct {
		model layer.Stack
		left  int // products that are written: nodes of the operator Mul
	}{
		{layer.Stack{rescale, rescale}, 0},
		{layer.Stack{rescale, layer.Flatten(), rescale}, 1},
		{layer.Stack{layer.Parallel(layer.Stack{rescale, layer.Flatten()}, layer.Stack{layer.Flatten()})}, 1},
	} {
		file, err := ONNX("scaled", session.Recipe{Model: c.model, Input: []int{4}}, nil, Options{Scaled: true})
		if got := bytes.Count(file, []byte("\"\x03Mul")); err != nil || got != c.left {
			t.Errorf("%v: %d products, want %d (%v)", c.model, got, c.left, err)
		}
	}
}
