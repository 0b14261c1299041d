package engine

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/layer"
)

// LayerFunc is a layer as a graph function. It takes a batch [b, in...] and returns
// a batch [b, out...]. Its weights are variables of scope; scope.IsTraining says
// whether the graph is one of training.
type LayerFunc func(scope *model.Scope, x *graph.Node) *graph.Node

// Layer makes a layer for a layer.Stack from any graph function.
//
//	var halve = engine.Layer("halve", func(scope *model.Scope, x *graph.Node) *graph.Node { return graph.MulScalar(x, 0.5) })
//
// The run's record contains the name and a fingerprint of what the function
// computes, instead of the function. To find shapes, weights and fingerprint, the
// engine builds its graphs on the pure-Go backend and does not run them.
func Layer(name string, f LayerFunc) layer.Layer {
	return layer.Custom(name, func(in []int) (layer.Function, error) { return examine(name, f, in) })
}

// custom applies a graph function. Each graph starts afresh with the names of
// its variables.
func (p *pass) custom(s layer.Step, l layer.CustomLayer, x *graph.Node) *graph.Node {
	scope := p.e.store.Scope(modelScope + "/" + s.Name)
	y := l.Planned().Build.(LayerFunc)(scope, x)
	if n := scope.NumVariables(); n != len(s.Params) {
		panic(fmt.Errorf("layer %q makes %d weights for a batch %v but %d for another; make the same weights in every call", l.Name, n, x.Shape().Dimensions, len(s.Params)))
	}
	return y
}

// Weight is a weight of a layer that you write. One of layer.Initializers draws
// its first values.
//
//	kernel := engine.Weight(scope, x, "kernel", "glorot_uniform", inputs, units)
//
// The initialiser takes the last axis as the units, and the axes before it as the
// inputs of a unit. The values depend on the run's seed, the layer's place and the
// name, and are equal on all backends. x only says which graph is being built.
func Weight(scope *model.Scope, x *graph.Node, name, initializer string, dims ...int) *graph.Node {
	return variable(scope, name, initializer, true, dims).NodeValue(x)
}

// weightsParam is where a store keeps how each Weight is drawn, by its path.
const weightsParam = "/mnistkit_weights"

// variable makes or finds a weight. Mistakes are panics, as graph functions
// tell them; they become errors at the engine's edge.
func variable(scope *model.Scope, name, initializer string, trainable bool, dims []int) *model.Variable {
	if !slices.Contains(layer.Initializers, initializer) {
		panic(fmt.Errorf("weight %q: initialiser %q is unknown; known are %v", name, initializer, layer.Initializers))
	}
	if len(dims) == 0 || slices.Min(dims) < 1 {
		panic(fmt.Errorf("weight %q has the shape %v; give it at least one axis, each of at least 1", name, dims))
	}
	if v := scope.GetVariable(name); v != nil {
		if !v.Shape().Equal(shapes.Make(v.DType(), dims...)) {
			panic(fmt.Errorf("weight %q has the shape %v and is wanted as %v; give each weight a name of its own", name, v.Shape().Dimensions, dims))
		}
		return v
	}
	p := layer.Param{Name: name, Shape: dims, Init: initializer}
	weights, _ := scope.Store().GetParam(weightsParam)
	known, ok := weights.(map[string]layer.Param)
	if !ok {
		known = map[string]layer.Param{}
		scope.Store().SetParam(weightsParam, known)
	}
	known[model.JoinPath(scope.Scope(), name)] = p
	draw := func(g *graph.Graph, shape shapes.Shape) *graph.Node {
		return graph.ConstTensor(g, tensors.FromFlatDataAndDimensions(p.Initial(scope.Scope(), 0), dims...))
	}
	return scope.WithInitializer(draw).VariableWithShape(name, shapes.Make(dtypes.Float32, dims...)).SetTrainable(trainable)
}
