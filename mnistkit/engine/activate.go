package engine

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
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
