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
	var weights []*model.Variable
	l := layer.BatchNorm()
	for _, p := range l.Params(x.Shape().Dimensions) {
		weights = append(weights, variable(scope, p.Name, p.Init, p.Trainable, p.Shape))
	}
	return batchNorm(l, weights, x, scope.IsTraining(x.Graph()))
}

// batchNorm normalises over all axes but the last; weights are those of l. GoMLX's
// own operation is missing on the pure-Go backend; this is built from what both have.
func batchNorm(l layer.BatchNormLayer, weights []*model.Variable, x *graph.Node, training bool) *graph.Node {
	momentum, epsilon := l.Settings()
	gamma, beta, mean, variance := weights[0].NodeValue(x), weights[1].NodeValue(x), weights[2].NodeValue(x), weights[3].NodeValue(x)
	channels := gamma.Shape().Dimensions[0]
	shape := x.Shape().Dimensions
	flat := graph.Reshape(x, x.Shape().Size()/channels, channels)
	if training {
		batchMean := graph.ReduceMean(flat, 0)
		centred := graph.Sub(flat, graph.Reshape(batchMean, 1, channels))
		batchVariance := graph.ReduceMean(graph.Square(centred), 0)
		moved := func(average, now *graph.Node) *graph.Node {
			return graph.Add(graph.MulScalar(average, momentum), graph.MulScalar(graph.StopGradient(now), 1-momentum))
		}
		weights[2].SetNodeValue(moved(mean, batchMean))
		weights[3].SetNodeValue(moved(variance, batchVariance))
		mean, variance = batchMean, batchVariance
	}
	scale := graph.Div(gamma, graph.Sqrt(graph.AddScalar(variance, epsilon))) // Rsqrt has no gradient
	shift := graph.Sub(beta, graph.Mul(mean, scale))
	y := graph.Add(graph.Mul(flat, graph.Reshape(scale, 1, channels)), graph.Reshape(shift, 1, channels))
	return graph.Reshape(y, shape...)
}
