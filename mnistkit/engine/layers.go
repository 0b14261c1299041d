package engine

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/layer"
)

// activate applies an activation by its Keras name, with Keras' formula.
func activate(name string, x *graph.Node) *graph.Node {
	zero := func() *graph.Node { return graph.ZerosLike(x) }
	// Min keeps Exp from overflowing where x is taken; Expm1 has no gradient.
	expm1 := func() *graph.Node { return graph.AddScalar(graph.Exp(graph.Min(zero(), x)), -1) }
	switch name {
	case "", "linear":
		return x
	case "relu": // a choice has a simpler gradient than Max, and NaN stays NaN
		return graph.Where(graph.LessOrEqual(x, zero()), zero(), x)
	case "leaky_relu":
		return graph.Where(graph.IsPositive(x), x, graph.MulScalar(x, 0.2))
	case "sigmoid":
		return graph.Logistic(x)
	case "tanh":
		return graph.Tanh(x)
	case "softmax":
		return graph.Softmax(x, -1)
	case "elu":
		return graph.Where(graph.IsNegative(x), expm1(), x)
	case "selu":
		const alpha, scale = 1.6732632423543772, 1.0507009873554805
		return graph.MulScalar(graph.Where(graph.IsNegative(x), graph.MulScalar(expm1(), alpha), x), scale)
	case "softplus":
		return softplus(x)
	case "gelu":
		return graph.Mul(x, graph.MulScalar(graph.OnePlus(graph.Erf(graph.MulScalar(x, 1/math.Sqrt2))), 0.5))
	case "softsign":
		return graph.Div(x, graph.OnePlus(graph.Abs(x)))
	case "silu", "swish":
		return graph.Mul(x, graph.Logistic(x))
	}
	panic(fmt.Errorf("the engine does not know the activation %q", name))
}

// softplus is log(1+exp(x)), without overflow. At 0 the gradient of Max goes to
// its first side, x.
func softplus(x *graph.Node) *graph.Node {
	return graph.Add(graph.Max(x, graph.ZerosLike(x)), graph.Log1p(graph.Exp(graph.Neg(graph.Abs(x)))))
}

// absolute is |x| with the gradient 0 at 0, as in Keras; that of GoMLX is 1.
func absolute(x *graph.Node) *graph.Node {
	return graph.Mul(x, graph.StopGradient(graph.Sign(x)))
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
	var weights []*model.Variable
	l := layer.BatchNorm()
	for _, p := range l.Params(x.Shape().Dimensions) {
		weights = append(weights, variable(scope, p.Name, p.Init, p.Trainable, p.Shape))
	}
	return batchNorm(l, weights, x, nil, scope.IsTraining(x.Graph()))
}

// batchNorm normalises over all axes but the last; weights are those of l. GoMLX's
// own operation is missing on the pure-Go backend; this is built from what both have.
// In a batch's mean and variance only those places count that mask, of x's leading axes, holds as 1; nil is all.
func batchNorm(l layer.BatchNormLayer, weights []*model.Variable, x, mask *graph.Node, training bool) *graph.Node {
	momentum, epsilon := l.Settings()
	gamma, beta, mean, variance := weights[0].NodeValue(x), weights[1].NodeValue(x), weights[2].NodeValue(x), weights[3].NodeValue(x)
	channels := gamma.Shape().Dimensions[0]
	shape := x.Shape().Dimensions
	flat := graph.Reshape(x, x.Shape().Size()/channels, channels)
	if training {
		average := func(values *graph.Node) *graph.Node { return graph.ReduceMean(values, 0) }
		if mask != nil {
			counts := graph.Reshape(mask, mask.Shape().Size(), 1)
			average = func(values *graph.Node) *graph.Node { // as Keras keeps it from dividing by 0
				return graph.Div(graph.ReduceSum(graph.Mul(values, counts), 0), graph.AddScalar(graph.ReduceAllSum(counts), 1e-7))
			}
		}
		batchMean := average(flat)
		centred := graph.Sub(flat, graph.Reshape(batchMean, 1, channels))
		batchVariance := average(graph.Square(centred))
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

// maxPool keeps the largest of each window; the gradient goes to the first of the largest.
func maxPool(x *graph.Node, w layer.Window, s layer.Step) *graph.Node {
	return pool(pad(x, w.Pads(s.In), math.Inf(-1)), w, s.Out, graph.Max, toLargest)
}

// averagePool keeps the mean of each window, padding not counted.
func averagePool(x *graph.Node, w layer.Window, s layer.Step) *graph.Node {
	pads := w.Pads(s.In)
	sum := pool(pad(x, pads, 0), w, s.Out, graph.Add, toAll)
	if pads == [2][2]int{} {
		return graph.MulScalar(sum, 1/float64(w.Size[0]*w.Size[1]))
	}
	ones := graph.Ones(x.Graph(), shapes.Make(dtypes.Float32, 1, s.In[0], s.In[1], 1))
	count := reducePairwise(windows(pad(ones, pads, 0), w, []int{s.Out[0], s.Out[1], 1}), graph.Add)
	return graph.Div(sum, count)
}

// pool reduces strided slices of x, one for each place in the window, which is faster than GoMLX's pools.
//
// Where windows lie side by side, share writes the gradient by hand. That of strided slices is full of
// zeros between the pixels, which XLA's CPU backend computes one number at a time.
func pool(x *graph.Node, w layer.Window, out []int, op func(a, b *graph.Node) *graph.Node, share sharing) *graph.Node {
	if w.Size != w.Strides {
		return reducePairwise(windows(x, w, out), op)
	}
	if rows, columns := out[0]*w.Size[0], out[1]*w.Size[1]; x.Shape().Dimensions[1] > rows || x.Shape().Dimensions[2] > columns {
		x = graph.Slice(x, graph.AxisRange(), graph.AxisRange(0, rows), graph.AxisRange(0, columns)) // the rest is in no window
	}
	var gradient *graph.Node // of y, known before that of x is asked for
	x = graph.IdentityWithCustomGradient(x, func(x, _ *graph.Node) *graph.Node {
		return graph.Reshape(share(x, gradient, w, out), x.Shape().Dimensions...)
	})
	y := reducePairwise(windows(x, w, out), op)
	return graph.IdentityWithCustomGradient(y, func(_, v *graph.Node) *graph.Node {
		gradient = v
		return v
	})
}

// sharing makes the gradient of x, in windows, from the gradient v of a pool's output.
type sharing func(x, v *graph.Node, w layer.Window, out []int) *graph.Node

func toAll(_, v *graph.Node, w layer.Window, _ []int) *graph.Node { return inWindows(v, w) }

// toLargest gives v to the first of the largest in each window.
func toLargest(x, v *graph.Node, w layer.Window, out []int) *graph.Node {
	parts := windows(x, w, out)
	largest := parts[0]
	place := func(i int) *graph.Node { return graph.Scalar(x.Graph(), dtypes.Int32, i) }
	at := graph.BroadcastToDims(place(0), largest.Shape().Dimensions...)
	for i, part := range parts[1:] {
		more := graph.GreaterThan(part, largest)
		largest, at = graph.Where(more, part, largest), graph.Where(more, place(i+1), at)
	}
	v, at = inWindows(v, w), inWindows(at, w)
	places := graph.Add(graph.MulScalar(graph.Iota(x.Graph(), at.Shape(), 2), w.Size[1]), graph.Iota(x.Graph(), at.Shape(), 4))
	return graph.Where(graph.Equal(at, places), v, graph.ZerosLike(v))
}

// inWindows repeats each number of a pool's output, [batch, rows, columns, channels], at all places
// of its window: [batch, rows, places, columns, places, channels].
func inWindows(n *graph.Node, w layer.Window) *graph.Node {
	d := n.Shape().Dimensions
	return graph.BroadcastToDims(graph.Reshape(n, d[0], d[1], 1, d[2], 1, d[3]), d[0], d[1], w.Size[0], d[2], w.Size[1], d[3])
}

// windows cuts x into one slice for each place in the window, row by row; each
// has the output's height and width.
func windows(x *graph.Node, w layer.Window, out []int) []*graph.Node {
	var parts []*graph.Node
	for _, rows := range axisSlices(1, x, w, out) {
		parts = append(parts, axisSlices(2, rows, w, out)...)
	}
	return parts
}

// axisSlices cuts x into one slice for each place of the window on an axis: 1, the
// height, or 2, the width.
func axisSlices(axis int, x *graph.Node, w layer.Window, out []int) []*graph.Node {
	step, length := w.Strides[axis-1], out[axis-1]
	parts := make([]*graph.Node, w.Size[axis-1])
	for i := range parts {
		parts[i] = graph.SliceAxis(x, axis, graph.AxisRange(i, i+(length-1)*step+1).Stride(step))
	}
	return parts
}

// reducePairwise folds parts pairwise, which keeps the chain of gradients short.
func reducePairwise(parts []*graph.Node, op func(a, b *graph.Node) *graph.Node) *graph.Node {
	for len(parts) > 1 {
		var next []*graph.Node
		for i := 0; i+1 < len(parts); i += 2 {
			next = append(next, op(parts[i], parts[i+1]))
		}
		if len(parts)%2 == 1 {
			next = append(next, parts[len(parts)-1])
		}
		parts = next
	}
	return parts[0]
}

// pad surrounds a batch of images with value. Concatenation has a gradient, GoMLX's Pad has none.
func pad(x *graph.Node, pads [2][2]int, value float64) *graph.Node {
	for i, p := range pads {
		fill := func(n int) []*graph.Node {
			if n == 0 {
				return nil
			}
			shape := x.Shape().Clone()
			shape.Dimensions[1+i] = n
			return []*graph.Node{graph.FillScalar(x.Graph(), shape, value)}
		}
		x = graph.Concatenate(slices.Concat(fill(p[0]), []*graph.Node{x}, fill(p[1])), 1+i)
	}
	return x
}
