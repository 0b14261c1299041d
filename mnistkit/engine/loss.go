package engine

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"gonblabs/mnistkit/session"
)

// perExample is the loss of each example [b], of outputs [b units] and labels [b], of which
// a share is spread over all classes.
func perExample(loss session.Loss, smoothing float64, out, labels *graph.Node) *graph.Node {
	switch loss {
	case session.SparseCategoricalCrossentropy:
		classes := out.Shape().Dimensions[1]
		target := smoothed(graph.OneHot(labels, classes, dtypes.Float32), smoothing, classes)
		return graph.Neg(graph.ReduceSum(graph.Mul(target, graph.LogSoftmax(out, -1)), -1))
	case session.BinaryCrossentropy:
		z, y := column(out), smoothed(graph.ConvertDType(labels, dtypes.Float32), smoothing, 2)
		return graph.Sub(softplus(z), graph.Mul(z, y))
	case session.MeanSquaredError:
		return graph.Square(difference(out, labels))
	case session.MeanAbsoluteError:
		return absolute(difference(out, labels))
	}
	panic(fmt.Errorf("the engine does not know the loss %q", loss))
}

func smoothed(target *graph.Node, share float64, classes int) *graph.Node {
	if share == 0 {
		return target
	}
	return graph.AddScalar(graph.MulScalar(target, 1-share), share/float64(classes))
}

// perExampleMetric is what each example adds to a metric's sums: [b], or
// [b sums] where there are several.
func perExampleMetric(name string, loss session.Loss, out, labels *graph.Node) *graph.Node {
	switch name {
	case "accuracy", "binary_accuracy":
		if loss == session.BinaryCrossentropy {
			answer := graph.ConvertDType(graph.IsPositive(column(out)), dtypes.Int32)
			return graph.ConvertDType(graph.Equal(answer, labels), dtypes.Float32)
		}
		return graph.ConvertDType(graph.Equal(graph.ArgMax(out, -1, dtypes.Int32), labels), dtypes.Float32)
	case "precision", "recall":
		says := graph.ConvertDType(graph.IsPositive(column(out)), dtypes.Float32)
		truth := graph.ConvertDType(labels, dtypes.Float32)
		of := says
		if name == "recall" {
			of = truth
		}
		return graph.Stack([]*graph.Node{graph.Mul(says, truth), of}, -1)
	case "auc":
		return aboveThresholds(graph.Logistic(column(out)), graph.ConvertDType(labels, dtypes.Float32))
	case "mse", "rmse":
		return graph.Square(difference(out, labels))
	case "mae":
		return absolute(difference(out, labels))
	}
	panic(fmt.Errorf("the engine does not know the metric %q", name))
}

// aboveThresholds says for each example whether its probability is above each
// of Keras' thresholds, first if its class is 1, then if it is 0: [b 2·thresholds].
// As in Keras the first is below 0, the last above 1, the others are even.
func aboveThresholds(probability, labels *graph.Node) *graph.Node {
	b := labels.Shape().Dimensions[0]
	last := graph.MulScalar(probability, session.AUCThresholds-1)
	last = graph.Max(graph.AddScalar(graph.Ceil(last), -1), graph.ZerosLike(last)) // the highest that it is above
	place := graph.Iota(labels.Graph(), shapes.Make(dtypes.Float32, b, session.AUCThresholds), 1)
	above := graph.ConvertDType(graph.GreaterOrEqual(graph.Reshape(last, b, 1), place), dtypes.Float32)
	truth := graph.Reshape(labels, b, 1)
	return graph.Concatenate([]*graph.Node{graph.Mul(above, truth), graph.Mul(above, graph.OneMinus(truth))}, 1)
}

// predictions turns outputs to what a reader expects: probabilities, or the
// values of a regression.
func predictions(loss session.Loss, out *graph.Node) *graph.Node {
	switch loss {
	case session.SparseCategoricalCrossentropy:
		return graph.Softmax(out, -1)
	case session.BinaryCrossentropy:
		return graph.Logistic(out)
	}
	return out
}

// column is [b 1] as [b].
func column(out *graph.Node) *graph.Node { return graph.Reshape(out, out.Shape().Dimensions[0]) }

func difference(out, labels *graph.Node) *graph.Node {
	return graph.Sub(column(out), graph.ConvertDType(labels, dtypes.Float32))
}
