package engine

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/regularizer"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// edits are what a graph function may be made of, each part with two forms: as
// it was, and edited so that training or answers come out otherwise.
var edits = map[string]func(edited bool) LayerFunc{
	"one value of a large constant": func(edited bool) LayerFunc {
		return func(_ *model.Scope, x *graph.Node) *graph.Node {
			table := make([]float32, 36)
			if edited {
				table[35] = 1e-3
			}
			return graph.Add(x, graph.Reshape(graph.Const(x.Graph(), table), 1, 36))
		}
	},
	"the size of the batch": func(edited bool) LayerFunc {
		return func(_ *model.Scope, x *graph.Node) *graph.Node {
			return graph.DivScalar(x, pick(edited, float64(x.Shape().Dimensions[0]), 2))
		}
	},
	"a constant in a closure": func(edited bool) LayerFunc {
		return func(_ *model.Scope, x *graph.Node) *graph.Node {
			limit := pick(edited, int32(3), 4)
			end := graph.NewClosure(x.Graph(), func(g *graph.Graph) []*graph.Node {
				n := graph.Parameter(g, "n", shapes.Make(dtypes.Int32))
				graph.Parameter(g, "y", x.Shape())
				return []*graph.Node{graph.LessThan(n, graph.Const(g, limit))}
			})
			round := graph.NewClosure(x.Graph(), func(g *graph.Graph) []*graph.Node {
				n, y := graph.Parameter(g, "n", shapes.Make(dtypes.Int32)), graph.Parameter(g, "y", x.Shape())
				return []*graph.Node{graph.Add(n, graph.Const(g, int32(1))), graph.Add(y, y)}
			})
			return graph.While(end, round, graph.Const(x.Graph(), int32(0)), x)[1]
		}
	},
	"how a Weight is drawn": func(edited bool) LayerFunc {
		return func(scope *model.Scope, x *graph.Node) *graph.Node {
			return graph.MatMul(x, Weight(scope, x, "kernel", pick(edited, "he_normal", "zeros"), 36, 36))
		}
	},
	"how GoMLX draws a variable": func(edited bool) LayerFunc {
		return func(scope *model.Scope, x *graph.Node) *graph.Node {
			deviation := pick(edited, 0.1, 0.2)
			scope = scope.WithInitializer(initializer.RandomNormalFn(scope, deviation))
			return graph.MatMul(x, scope.VariableWithShape("kernel", shapes.Make(dtypes.Float32, 36, 36)).NodeValue(x))
		}
	},
	"a variable's first value": func(edited bool) LayerFunc {
		return func(scope *model.Scope, x *graph.Node) *graph.Node {
			return graph.Mul(x, scope.VariableWithValue("gain", pick(edited, float32(1), 2)).NodeValue(x))
		}
	},
	"a weight that is not trained": func(edited bool) LayerFunc {
		return func(scope *model.Scope, x *graph.Node) *graph.Node {
			v := scope.VariableWithValue("gain", float32(1)).SetTrainable(!edited)
			return graph.Mul(x, v.NodeValue(x))
		}
	},
	"a weight's name": func(edited bool) LayerFunc {
		return func(scope *model.Scope, x *graph.Node) *graph.Node {
			return graph.MatMul(x, Weight(scope, x, pick(edited, "kernel", "matrix"), "he_normal", 36, 36))
		}
	},
	"what is done outside of training": func(edited bool) LayerFunc {
		return func(scope *model.Scope, x *graph.Node) *graph.Node {
			if !scope.IsTraining(x.Graph()) {
				return graph.MulScalar(x, pick(edited, 2.0, 3.0))
			}
			return x
		}
	},
	"what is done in training": func(edited bool) LayerFunc {
		return func(scope *model.Scope, x *graph.Node) *graph.Node {
			if scope.IsTraining(x.Graph()) {
				return graph.MulScalar(x, pick(edited, 2.0, 3.0))
			}
			return x
		}
	},
	"which node is given": func(edited bool) LayerFunc {
		return func(_ *model.Scope, x *graph.Node) *graph.Node {
			a, b := graph.Tanh(x), graph.Sin(x)
			return pick(edited, a, b)
		}
	},
	"a gradient of one's own": func(edited bool) LayerFunc {
		return func(_ *model.Scope, x *graph.Node) *graph.Node {
			return graph.IdentityWithCustomGradient(x, func(_, v *graph.Node) *graph.Node {
				return graph.MulScalar(v, pick(edited, 0.5, 0.25))
			})
		}
	},
	"which variable is changed": func(edited bool) LayerFunc {
		return func(scope *model.Scope, x *graph.Node) *graph.Node {
			a := scope.VariableWithValue("a", float32(1)).SetTrainable(false)
			b := scope.VariableWithValue("b", float32(1)).SetTrainable(false)
			y := graph.Mul(graph.Mul(x, a.NodeValue(x)), b.NodeValue(x))
			pick(edited, a, b).SetNodeValue(graph.ReduceAllMean(x))
			return y
		}
	},
	"a regulariser": func(edited bool) LayerFunc {
		return func(scope *model.Scope, x *graph.Node) *graph.Node {
			scope.SetParam(regularizer.ParamL2, pick(edited, 1e-3, 1e-2))
			return layers.Dense(scope, x, true, 36)
		}
	},
}

func pick[T any](edited bool, a, b T) T {
	if edited {
		return b
	}
	return a
}

// TestFingerprint: an edit that changes what is computed changes the
// fingerprint, and nothing else does.
func TestFingerprint(t *testing.T) {
	of := func(f LayerFunc) string {
		s, err := layer.Stack{Layer("test edited", f)}.Plan([]int{36})
		if err != nil {
			t.Fatal(err)
		}
		return s[0].Layer.(layer.CustomLayer).Fingerprint
	}
	for name, f := range edits {
		was, again, edited := of(f(false)), of(f(false)), of(f(true))
		if was != again {
			t.Errorf("%s: %s, and %s without an edit", name, was, again)
		}
		if was == edited {
			t.Errorf("%s: the edit leaves the fingerprint as it was", name)
		}
	}
	plain := of(func(_ *model.Scope, x *graph.Node) *graph.Node { return graph.Tanh(x) })
	watched := of(func(_ *model.Scope, x *graph.Node) *graph.Node {
		y := graph.Tanh(x).WithAlias(`the "answer"]`)
		y.SetLogged("here")
		return y
	})
	if plain != watched {
		t.Error("a name and a log for a node change the fingerprint")
	}
}

// TestOtherFunction: a layer from a record takes no other function than the one
// that the record speaks of.
func TestOtherFunction(t *testing.T) {
	half := 0.5
	l := Layer("test half", func(_ *model.Scope, x *graph.Node) *graph.Node { return graph.MulScalar(x, half) })
	plan := func(s layer.Stack) (layer.Stack, error) {
		steps, err := s.Plan([]int{36})
		if err != nil {
			return nil, err
		}
		return s.Identified(steps), nil
	}
	first, err := plan(layer.Stack{l})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan(first); err != nil {
		t.Error(err)
	}
	half = 0.25 // the function reads it anew at each plan
	if _, err := plan(first); err == nil {
		t.Error("another function answers for the one in the record")
	} else {
		oneSentence(t, err, `the function of layer "test half" is not the one that the model was trained with`)
	}
	if now, err := plan(layer.Stack{l}); err != nil || cmp.Equal(now[0].(layer.CustomLayer).Fingerprint, first[0].(layer.CustomLayer).Fingerprint) {
		t.Errorf("the fingerprint stays though the function computes something else (%v)", err)
	}
}

// TestBeyondPureGo: a function that needs more than the pure-Go backend has is
// examined on the chosen one.
func TestBeyondPureGo(t *testing.T) {
	slice := Layer("test moving slice", func(_ *model.Scope, x *graph.Node) *graph.Node {
		zero := graph.Const(x.Graph(), int32(0))
		return graph.DynamicSlice(x, []*graph.Node{zero, zero}, []int{x.Shape().Dimensions[0], 3})
	})
	steps, err := layer.Stack{slice}.Plan([]int{36})
	switch {
	case len(started) == 1:
		oneSentence(t, err, `cannot build layer "test moving slice"`, "not implemented")
	case err != nil || !cmp.Equal(steps[0].Out, []int{3}):
		t.Errorf("%v, %v", steps, err)
	}
}

// TestRegularizer: GoMLX's regularisers count as those of layer.Dense do.
func TestRegularizer(t *testing.T) {
	ours := small()
	ours.Model = layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(3).L2(0.01)}
	theirs := ours
	theirs.Model = layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), Layer("test regularised", func(scope *model.Scope, x *graph.Node) *graph.Node {
		scope.SetParam(regularizer.ParamL2, 0.01)
		return layers.Dense(scope, x, true, 3)
	})}
	onBackends(t, func(t *testing.T, b compute.Backend) {
		a, z := opened(t, b, ours), opened(t, b, theirs)
		var weights []session.Weight
		list, err := a.Weights()
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]string{"dense/kernel": "custom/dense/weights", "dense/bias": "custom/dense/biases"}
		for _, w := range list {
			w.Name = names[w.Name]
			weights = append(weights, w)
		}
		if err := z.SetWeights(weights); err != nil {
			t.Fatal(err)
		}
		for _, e := range []*Engine{a, z} {
			put(t, e, "train", blobs(20))
		}
		ep := session.Epoch{Number: 1, Order: firstIndices(20), LearningRate: rate}
		nearOne(t, "loss of an epoch", train(t, z, ep).Sums["loss"], train(t, a, ep).Sums["loss"], 1e-5)
		nearOne(t, "loss after it", evaluated(t, z, "train", nil)["loss"], evaluated(t, a, "train", nil)["loss"], 1e-5)
		was, is := weightsOf(t, a), weightsOf(t, z)
		for name, other := range names {
			near(t, name, is[other], was[name], 1e-5)
		}
	})
}
