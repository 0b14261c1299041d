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
	inputs := 1
	for _, d := range dims[:len(dims)-1] {
		inputs *= d
	}
	units := dims[len(dims)-1]
	if len(dims) > 2 { // a convolution: each place of the kernel reaches its filters
		units *= inputs / dims[len(dims)-2]
	}
	p := layer.Param{Name: name, Shape: dims, Init: initializer, FanIn: inputs, FanOut: units}
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

// BatchNorm is layer.BatchNorm inside a layer that you write. It brings each
// channel (the last axis) to mean 0 and variance 1, then scales and shifts it.
//
//	y = engine.BatchNorm(scope.In("norm"), y)
//
// Its four weights are variables of scope, so give each BatchNorm its own scope.
// Training uses the batch's mean and variance and keeps moving averages (momentum
// 0.99), which evaluation uses.
func BatchNorm(scope *model.Scope, x *graph.Node) *graph.Node {
	momentum, epsilon := layer.BatchNorm().Settings()
	channels := x.Shape().Dimensions[x.Rank()-1:]
	n := norm{
		gamma:    variable(scope, "gamma", "ones", true, channels),
		beta:     variable(scope, "beta", "zeros", true, channels),
		mean:     variable(scope, "moving_mean", "zeros", false, channels),
		variance: variable(scope, "moving_variance", "ones", false, channels),
		momentum: momentum, epsilon: epsilon,
	}
	return n.apply(x, scope.IsTraining(x.Graph()))
}

// norm is a BatchNorm: its weights and settings.
type norm struct {
	gamma, beta, mean, variance *model.Variable
	momentum, epsilon           float64
}

// apply normalises over all axes but the last. GoMLX's own operation is
// missing on the pure-Go backend; this is built from what both have.
func (n norm) apply(x *graph.Node, training bool) *graph.Node {
	gamma, beta := n.gamma.NodeValue(x), n.beta.NodeValue(x)
	mean, variance := n.mean.NodeValue(x), n.variance.NodeValue(x)
	channels := gamma.Shape().Dimensions[0]
	shape := x.Shape().Dimensions
	flat := graph.Reshape(x, x.Shape().Size()/channels, channels)
	if training {
		batchMean := graph.ReduceMean(flat, 0)
		centred := graph.Sub(flat, graph.Reshape(batchMean, 1, channels))
		batchVariance := graph.ReduceMean(graph.Square(centred), 0)
		n.follow(n.mean, mean, batchMean)
		n.follow(n.variance, variance, batchVariance)
		mean, variance = batchMean, batchVariance
	}
	scale := graph.Div(gamma, graph.Sqrt(graph.AddScalar(variance, n.epsilon))) // Rsqrt has no gradient
	shift := graph.Sub(beta, graph.Mul(mean, scale))
	y := graph.Add(graph.Mul(flat, graph.Reshape(scale, 1, channels)), graph.Reshape(shift, 1, channels))
	return graph.Reshape(y, shape...)
}

// follow moves a moving average towards the batch's value.
func (n norm) follow(v *model.Variable, old, now *graph.Node) {
	v.SetNodeValue(graph.Add(graph.MulScalar(old, n.momentum), graph.MulScalar(graph.StopGradient(now), 1-n.momentum)))
}
