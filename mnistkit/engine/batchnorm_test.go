package engine

import (
	"path/filepath"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// ownDense and ownResidual are layers as a reader writes them.
var (
	ownDense = Layer("test dense", func(scope *model.Scope, x *graph.Node) *graph.Node {
		kernel := Weight(scope, x, "kernel", "he_normal", x.Shape().Dimensions[1], 8)
		bias := Weight(scope, x, "bias", "zeros", 1, 8)
		return graph.Tanh(graph.Add(graph.MatMul(x, kernel), bias))
	})
	ownResidual = Layer("test residual", func(scope *model.Scope, x *graph.Node) *graph.Node {
		c := x.Shape().Dimensions[3]
		y := graph.Convolve(x, Weight(scope, x, "kernel", "glorot_uniform", 3, 3, c, c)).PadSame().Done()
		return graph.Add(x, graph.Tanh(BatchNorm(scope.In("norm"), y)))
	})
	ownNorm = Layer("test norm", func(scope *model.Scope, x *graph.Node) *graph.Node { return BatchNorm(scope, x) })
)

// TestOwnLayers: a dense layer and a residual block with BatchNorm train, and go on
// on any backend from what was saved on any.
func TestOwnLayers(t *testing.T) {
	c := small()
	c.Model = layer.Stack{layer.Rescale(1.0 / 255), layer.Conv2D(2, 3).Same(), ownResidual, layer.Flatten(), ownDense, layer.Dense(3)}
	steps, err := c.Model.Plan(c.Input)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := layer.Count(steps), (layer.Counts{Total: 20 + 36 + 8 + 584 + 27, Trainable: 20 + 36 + 4 + 584 + 27, NonTrainable: 4}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	set := blobs(24)
	ep := session.Epoch{Number: 1, Order: firstIndices(24), LearningRate: rate}
	var first map[string][]float32
	onBackends(t, func(t *testing.T, b compute.Backend) {
		e := opened(t, b, c)
		put(t, e, "train", set)
		start := weightsOf(t, e)
		if first == nil {
			first = start
		}
		if diff := cmp.Diff(first, start); diff != "" {
			t.Errorf("the first weights differ between backends: %s", diff)
		}
		before := evaluated(t, e, "train", nil)["loss"]
		for ep.Number = 1; ep.Number <= 8; ep.Number++ {
			train(t, e, ep)
		}
		after := evaluated(t, e, "train", nil)["loss"]
		if after > 0.7*before {
			t.Errorf("the loss went from %g to %g", before, after)
		}
		if w := weightsOf(t, e); cmp.Equal(w["custom/norm/moving_mean"], start["custom/norm/moving_mean"]) {
			t.Errorf("the moving mean is still %v", w["custom/norm/moving_mean"])
		}
		dir := filepath.Join(t.TempDir(), "state")
		if err := e.Save(dir); err != nil {
			t.Fatal(err)
		}
		for _, b := range started {
			other := opened(t, b, c)
			put(t, other, "train", set)
			if err := other.Load(dir); err != nil {
				t.Fatal(err)
			}
			nearOne(t, "the loss of the loaded model on "+backendName(b), evaluated(t, other, "train", nil)["loss"], after, 1e-4)
		}
	})
}

// TestOwnNorm: BatchNorm in a layer of one's own is layer.BatchNorm.
func TestOwnNorm(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		loss := func(norm layer.Layer) (values []float32) {
			c := small()
			c.Model = layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(8), norm, layer.Dense(3)}
			e := opened(t, b, c)
			put(t, e, "train", blobs(24))
			for n := range 4 {
				train(t, e, session.Epoch{Number: n + 1, Order: firstIndices(24), LearningRate: rate})
				values = append(values, float32(evaluated(t, e, "train", nil)["loss"]))
			}
			return values
		}
		near(t, "losses", loss(ownNorm), loss(layer.BatchNorm()), 1e-5)
	})
}

// TestOwnLayerErrors: weights that cannot be are sentences.
func TestOwnLayerErrors(t *testing.T) {
	for name, c := range map[string]struct {
		f     func(scope *model.Scope, x *graph.Node)
		words string
	}{
		"test init":  {func(s *model.Scope, x *graph.Node) { Weight(s, x, "w", "he", 3) }, `weight "w": initialiser "he" is unknown; known are [glorot_uniform`},
		"test empty": {func(s *model.Scope, x *graph.Node) { Weight(s, x, "w", "zeros") }, `weight "w" has the shape []; give it at least one axis`},
		"test twice": {func(s *model.Scope, x *graph.Node) { Weight(s, x, "w", "zeros", 2); Weight(s, x, "w", "zeros", 3) }, `weight "w" has the shape [2] and is wanted as [3]; give each weight a name of its own`},
	} {
		l := Layer(name, func(s *model.Scope, x *graph.Node) *graph.Node { c.f(s, x); return x })
		_, err := layer.Stack{l}.Plan([]int{3})
		oneSentence(t, err, c.words)
	}
}
