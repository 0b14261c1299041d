package mnistkit_test

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/engine"
	"gonblabs/mnistkit/layer"
)

// TestCallsOfGraphFunctions: a verb plans its model once, which takes a graph of
// training and one of evaluation, and builds those that it computes.
func TestCallsOfGraphFunctions(t *testing.T) {
	calls := 0
	counted := engine.Layer("test counted", func(scope *model.Scope, x *graph.Node) *graph.Node {
		calls++
		return graph.Mul(x, engine.Weight(scope, x, "gain", "ones", 1, x.Shape().Dimensions[1]))
	})
	r := small(t)
	r.BatchSize = 50 // of 850
	r.Model = layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), counted, layer.Dense(10)}
	for _, verb := range []struct {
		name string
		most int
		do   func() error
	}{
		{"Fit(1)", 4, func() error { _, err := r.Fit(1); return err }},
		{"a replay", 2, func() error { _, err := r.Fit(1); return err }},
		{"Evaluate", 3, func() error { _, err := r.Evaluate(r.Data.Test()); return err }},
		{"Predict", 3, func() error { _, err := r.Predict(r.Data.Test()); return err }},
		{"Summary", 2, func() error { _, err := r.Summary(); return err }},
		// A graph has one size of batch, so a smaller last batch is one more.
		{"Fit(1) with a smaller last batch", 5, func() error {
			r := r.With("test/uneven", nil)
			r.BatchSize = 32
			_, err := r.Fit(1)
			return err
		}},
	} {
		calls = 0
		if err := verb.do(); err != nil {
			t.Fatal(err)
		}
		if calls > verb.most || calls < 2 {
			t.Errorf("%s calls the function %d times, want at most %d", verb.name, calls, verb.most)
		}
	}
}
