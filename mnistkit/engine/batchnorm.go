package engine

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/layer"
)

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
	n := batchNorm{
		gamma:    variable(scope, "gamma", "ones", true, channels),
		beta:     variable(scope, "beta", "zeros", true, channels),
		mean:     variable(scope, "moving_mean", "zeros", false, channels),
		variance: variable(scope, "moving_variance", "ones", false, channels),
		momentum: momentum, epsilon: epsilon,
	}
	return n.apply(x, scope.IsTraining(x.Graph()))
}

// batchNorm is a BatchNorm: its weights and settings.
type batchNorm struct {
	gamma, beta, mean, variance *model.Variable
	momentum, epsilon           float64
}

// apply normalises over all axes but the last. GoMLX's own operation is
// missing on the pure-Go backend; this is built from what both have.
func (n batchNorm) apply(x *graph.Node, training bool) *graph.Node {
	gamma, beta := n.gamma.NodeValue(x), n.beta.NodeValue(x)
	mean, variance := n.mean.NodeValue(x), n.variance.NodeValue(x)
	channels := gamma.Shape().Dimensions[0]
	shape := x.Shape().Dimensions
	flat := graph.Reshape(x, x.Shape().Size()/channels, channels)
	if training {
		batchMean := graph.ReduceMean(flat, 0)
		centred := graph.Sub(flat, graph.Reshape(batchMean, 1, channels))
		batchVariance := graph.ReduceMean(graph.Square(centred), 0)
		n.moveAverage(n.mean, mean, batchMean)
		n.moveAverage(n.variance, variance, batchVariance)
		mean, variance = batchMean, batchVariance
	}
	scale := graph.Div(gamma, graph.Sqrt(graph.AddScalar(variance, n.epsilon))) // Rsqrt has no gradient
	shift := graph.Sub(beta, graph.Mul(mean, scale))
	y := graph.Add(graph.Mul(flat, graph.Reshape(scale, 1, channels)), graph.Reshape(shift, 1, channels))
	return graph.Reshape(y, shape...)
}

// moveAverage moves a moving average towards the batch's value.
func (n batchNorm) moveAverage(v *model.Variable, old, now *graph.Node) {
	v.SetNodeValue(graph.Add(graph.MulScalar(old, n.momentum), graph.MulScalar(graph.StopGradient(now), 1-n.momentum)))
}
