package engine

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"gonblabs/mnistkit/session"
)

// perExample is the loss of each example [b], of outputs [b units] and labels [b].
func perExample(loss session.Loss, out, labels *graph.Node) *graph.Node {
	switch loss {
	case session.SparseCategoricalCrossentropy:
		target := graph.OneHot(labels, out.Shape().Dimensions[1], dtypes.Float32)
		return graph.Neg(graph.ReduceSum(graph.Mul(target, graph.LogSoftmax(out, -1)), -1))
	case session.BinaryCrossentropy:
		z, y := column(out), graph.ConvertDType(labels, dtypes.Float32)
		return graph.Sub(softplus(z), graph.Mul(z, y))
	case session.MeanSquaredError:
		return graph.Square(difference(out, labels))
	case session.MeanAbsoluteError:
		return absolute(difference(out, labels))
	}
	panic(fmt.Errorf("the engine does not know the loss %q", loss))
}

// perExampleMetric is a metric of each example [b].
func perExampleMetric(name string, loss session.Loss, out, labels *graph.Node) *graph.Node {
	switch name {
	case "accuracy":
		if loss == session.BinaryCrossentropy {
			answer := graph.ConvertDType(graph.IsPositive(column(out)), dtypes.Int32)
			return graph.ConvertDType(graph.Equal(answer, labels), dtypes.Float32)
		}
		return graph.ConvertDType(graph.Equal(graph.ArgMax(out, -1, dtypes.Int32), labels), dtypes.Float32)
	case "mse":
		return graph.Square(difference(out, labels))
	case "mae":
		return absolute(difference(out, labels))
	}
	panic(fmt.Errorf("the engine does not know the metric %q", name))
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
