package engine

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// scaled is a custom layer with a weight of its own; halve has none.
var (
	scaled = Layer("test scaled", func(scope *model.Scope, x *graph.Node) *graph.Node {
		n := x.Shape().Dimensions[1]
		gain := scope.VariableWithShape("gain", shapes.Make(dtypes.Float32, 1, n))
		return graph.Mul(x, graph.OnePlus(gain.NodeValue(x)))
	})
	halve = Layer("test halve", func(_ *model.Scope, x *graph.Node) *graph.Node { return graph.MulScalar(x, 0.5) })
)

func customConfig() session.Recipe {
	c := small()
	c.Model = layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), halve, scaled, layer.Dense(8).ReLU(), scaled, layer.Dense(3)}
	return c
}

// TestCustomPlan: shapes and weights of graph functions are found.
func TestCustomPlan(t *testing.T) {
	steps, err := customConfig().Model.Plan([]int{6, 6, 1})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := layer.Count(steps), (layer.Counts{Total: 36 + 36*8 + 8 + 8 + 27, Trainable: 36 + 36*8 + 8 + 8 + 27}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if s := steps[5]; s.Name != "custom_2" || !cmp.Equal(s.Out, []int{8}) || len(s.Params) != 1 || s.Params[0].Name != "gain" {
		t.Errorf("%+v", s)
	}
}

// TestCustom: a model with graph functions trains, saves and loads, and stops
// and goes on, as any other.
func TestCustom(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		e, set := opened(t, b, customConfig()), blobs(20)
		put(t, e, "train", set)
		ep := session.Epoch{Number: 1, Order: firstIndices(20), LearningRate: rate}
		before := weightsOf(t, e)
		loss := evaluated(t, e, "train", nil)["loss"]
		for range 10 {
			train(t, e, ep)
		}
		after := weightsOf(t, e)
		for _, name := range []string{"custom_1/gain", "custom_2/gain", "dense/kernel"} {
			if len(after[name]) == 0 || cmp.Equal(before[name], after[name]) {
				t.Errorf("%s was %v and is %v", name, before[name], after[name])
			}
		}
		if now := evaluated(t, e, "train", nil)["loss"]; now > 0.7*loss {
			t.Errorf("the loss went from %g to %g", loss, now)
		}

		dir := filepath.Join(t.TempDir(), "state")
		if err := e.Save(dir); err != nil {
			t.Fatal(err)
		}
		other := opened(t, b, customConfig())
		put(t, other, "train", set)
		if err := other.Load(dir); err != nil {
			t.Fatal(err)
		}
		ep.Number = 2
		if diff := cmp.Diff(train(t, e, ep), train(t, other, ep)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(weightsOf(t, e), weightsOf(t, other)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestCustomSeed: the first weights of a graph function follow from the seed.
func TestCustomSeed(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		start := func(seed uint64) map[string][]float32 {
			c := customConfig()
			c.Seed = seed
			return weightsOf(t, opened(t, b, c))
		}
		if diff := cmp.Diff(start(3), start(3)); diff != "" {
			t.Errorf("the same seed: %s", diff)
		}
		if cmp.Equal(start(3)["custom_1/gain"], start(4)["custom_1/gain"]) {
			t.Error("another seed gives the same weights")
		}
	})
}

// TestCustomRedeclared: a model runs the function that it was planned with, also
// after another one of the same name was declared.
func TestCustomRedeclared(t *testing.T) {
	times := func(factor float64) layer.Layer {
		return Layer("test redeclared", func(_ *model.Scope, x *graph.Node) *graph.Node { return graph.MulScalar(x, factor) })
	}
	c := small()
	c.Model = layer.Stack{times(1), layer.Flatten(), layer.Dense(3)}
	first, second := opened(t, started[0], c), opened(t, started[0], c)
	put(t, first, "train", blobs(8))
	put(t, second, "train", blobs(8))
	want := evaluated(t, first, "train", nil)
	times(0)
	if diff := cmp.Diff(want, evaluated(t, second, "train", nil)); diff != "" {
		t.Error(diff)
	}
}

// TestCustomErrors: a panic in a graph function, and one that cannot be a
// layer, are errors of one sentence.
func TestCustomErrors(t *testing.T) {
	broken := func(name string, f func(x *graph.Node) *graph.Node) layer.Stack {
		return layer.Stack{Layer(name, func(_ *model.Scope, x *graph.Node) *graph.Node { return f(x) }), layer.Flatten(), layer.Dense(3)}
	}
	for _, c := range []struct {
		stack layer.Stack
		words []string
	}{
		{broken("test panics", func(*graph.Node) *graph.Node { panic(errors.New("out of\ncheese")) }), []string{`layer 1, Custom: cannot build layer "test panics" for inputs of shape [6 6 1]`, "out of"}},
		{broken("test shapes", func(x *graph.Node) *graph.Node { return graph.MatMul(x, graph.Const(x.Graph(), float32(1))) }), []string{`cannot build layer "test shapes"`}},
		{broken("test nil", func(x *graph.Node) *graph.Node { return nil }), []string{`cannot build layer "test nil"`}},
		{broken("test sums", func(x *graph.Node) *graph.Node { return graph.ReduceAllSum(x) }), []string{"the first axis, the batch, must stay"}},
		{layer.Stack{layer.CustomLayer{Name: "test absent"}}, []string{`the function of layer "test absent" is not in this program`}},
	} {
		config := small()
		config.Model = c.stack
		_, err := newEngine(started[0], config)
		oneSentence(t, err, c.words...)
	}

	// One that fails only in training is found when it trains.
	c := small()
	c.Model = layer.Stack{Layer("test trains not", func(scope *model.Scope, x *graph.Node) *graph.Node {
		if scope.IsTraining(x.Graph()) {
			panic("not today")
		}
		return x
	}), layer.Flatten(), layer.Dense(3)}
	e := opened(t, started[0], c)
	put(t, e, "train", blobs(4))
	_, err := e.Train(t.Context(), session.Epoch{Number: 1, Set: "train", Order: firstIndices(4)}, nil)
	oneSentence(t, err, "cannot train", "not today")
	evaluated(t, e, "train", nil)
}
