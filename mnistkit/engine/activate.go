package engine

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// activate applies an activation by its Keras name, with Keras' formula.
func activate(name string, x *graph.Node) *graph.Node {
	zero := func() *graph.Node { return graph.ZerosLike(x) }
	expm1 := func() *graph.Node { return graph.Expm1(graph.Min(x, zero())) }
	switch name {
	case "", "linear":
		return x
	case "relu":
		return graph.Max(x, zero())
	case "leaky_relu":
		return graph.Where(graph.IsNegative(x), graph.MulScalar(x, 0.2), x)
	case "sigmoid":
		return graph.Logistic(x)
	case "tanh":
		return graph.Tanh(x)
	case "softmax":
		return graph.Softmax(x, -1)
	case "elu":
		return graph.Where(graph.IsPositive(x), x, expm1())
	case "selu":
		const alpha, scale = 1.6732632423543772, 1.0507009873554805
		return graph.MulScalar(graph.Where(graph.IsPositive(x), x, graph.MulScalar(expm1(), alpha)), scale)
	case "softplus":
		return softplus(x)
	case "gelu":
		return graph.Mul(x, graph.MulScalar(graph.OnePlus(graph.Erf(graph.MulScalar(x, 1/math.Sqrt2))), 0.5))
	case "swish":
		return graph.Mul(x, graph.Logistic(x))
	}
	panic(fmt.Errorf("the engine does not know the activation %q", name))
}

// softplus is log(1+exp(x)), without overflow.
func softplus(x *graph.Node) *graph.Node {
	return graph.Add(graph.Max(x, graph.ZerosLike(x)), graph.Log1p(graph.Exp(graph.Neg(graph.Abs(x)))))
}
