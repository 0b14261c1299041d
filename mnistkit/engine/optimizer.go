package engine

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/session"
)

// The optimisers follow Keras' formulas. GoMLX's own differ in defaults that
// students would trip over: SGD's rate decays, RMSprop corrects its bias.

func (e *Engine) trainable() []*model.Variable {
	return slices.DeleteFunc(slices.Clone(e.weights), func(v *model.Variable) bool { return !v.Trainable })
}

// slots names what the optimiser remembers of each weight, its average last.
func (e *Engine) slots() (names []string) {
	o := e.config.Optimizer
	switch o.Name {
	case "adam", "adamw":
		names = []string{"m", "v"}
	case "rmsprop":
		names = []string{"v"}
	}
	if o.Momentum > 0 {
		names = append(names, "momentum")
	}
	if o.EMA > 0 {
		names = append(names, averageSlot)
	}
	return names
}

const averageSlot = "average"

// average is that of the weight v; nil where there is none.
func (e *Engine) average(v *model.Variable) *model.Variable {
	return e.store.GetVariable(slotPath(v, averageSlot))
}

// swapAverages puts the averages of the weights in their place, and called again the weights.
func (e *Engine) swapAverages() {
	if e.config.Optimizer.EMA == 0 { // spares each prediction a look-up for each weight
		return
	}
	for _, v := range e.weights {
		if average := e.average(v); average != nil {
			weight := v.MustValue()
			must(v.SetValuePreservingOld(average.MustValue()))
			must(average.SetValuePreservingOld(weight))
		}
	}
}

func slotPath(v *model.Variable, slot string) string {
	return optimizerScope + "/" + weightName(v) + "/" + slot
}

func (e *Engine) update(loss, rate *graph.Node) {
	variables, names := e.trainable(), e.slots()
	weights := make([]*graph.Node, len(variables))
	for i, v := range variables {
		weights[i] = v.NodeValue(loss)
	}
	gradients := clipped(e.config.Optimizer, graph.Gradient(loss, weights...))

	count := e.store.GetVariable(optimizerScope + "/iterations")
	t := graph.AddScalar(count.NodeValue(loss), 1)
	count.SetNodeValue(t)
	for i, v := range variables {
		slots := make([]*graph.Node, len(names))
		slot := func(k int) *model.Variable { return e.store.GetVariable(slotPath(v, names[k])) }
		for k := range slots {
			slots[k] = slot(k).NodeValue(loss)
		}
		if decay := e.config.Optimizer.WeightDecay; decay > 0 {
			weights[i] = graph.Sub(weights[i], graph.Mul(weights[i], graph.MulScalar(rate, decay)))
		}
		w := moved(e.config.Optimizer, weights[i], gradients[i], rate, t, slots)
		v.SetNodeValue(w)
		if ema := e.config.Optimizer.EMA; ema > 0 {
			average := &slots[len(slots)-1]
			keep := graph.MulScalar(graph.ConvertDType(graph.GreaterThan(t, graph.OnesLike(t)), t.DType()), ema)
			*average = graph.Add(w, graph.Mul(keep, graph.Sub(*average, w)))
		}
		for k := range slots {
			slot(k).SetNodeValue(slots[k])
		}
	}
}

// clipped are the gradients, made smaller where they are larger than o lets them be.
func clipped(o session.Optimizer, gradients []*graph.Node) []*graph.Node {
	list := slices.Clone(gradients)
	length := func(of ...*graph.Node) *graph.Node {
		squares := make([]*graph.Node, len(of))
		for i, g := range of {
			squares[i] = graph.ReduceAllSum(graph.Square(g))
		}
		return graph.Sqrt(reducePairwise(squares, graph.Add))
	}
	shorter := func(g, length *graph.Node, limit float64) *graph.Node {
		return graph.Mul(g, graph.Div(graph.ConstAs(length, limit), graph.MaxScalar(length, limit)))
	}
	var whole *graph.Node
	if o.GlobalClipNorm > 0 {
		whole = length(gradients...)
	}
	for i, g := range gradients {
		switch {
		case o.ClipValue > 0:
			list[i] = graph.ClipScalar(g, -o.ClipValue, o.ClipValue)
		case o.ClipNorm > 0:
			list[i] = shorter(g, length(g), o.ClipNorm)
		case o.GlobalClipNorm > 0:
			list[i] = shorter(g, whole, o.GlobalClipNorm)
		}
	}
	return list
}

// moved is the weight w after step number t. The slots hold what the optimiser
// remembers of w, in the order of their names, and are changed with it.
func moved(o session.Optimizer, w, grad, rate, t *graph.Node, slots []*graph.Node) *graph.Node {
	switch o.Name {
	case "adam", "adamw":
		m := graph.Add(slots[0], graph.MulScalar(graph.Sub(grad, slots[0]), 1-o.Beta1))
		v := graph.Add(slots[1], graph.MulScalar(graph.Sub(graph.Square(grad), slots[1]), 1-o.Beta2))
		slots[0], slots[1] = m, v
		// Both averages start at zero; alpha makes up for that.
		power := func(beta float64) *graph.Node { return graph.Pow(graph.ConstAs(t, beta), t) }
		alpha := graph.Div(graph.Mul(rate, graph.Sqrt(graph.OneMinus(power(o.Beta2)))), graph.OneMinus(power(o.Beta1)))
		return graph.Sub(w, graph.Div(graph.Mul(m, alpha), graph.AddScalar(graph.Sqrt(v), o.Epsilon)))
	case "rmsprop":
		slots[0] = graph.Add(graph.MulScalar(slots[0], o.Rho), graph.MulScalar(graph.Square(grad), 1-o.Rho))
		step := graph.Mul(graph.Mul(grad, rate), graph.Rsqrt(graph.AddScalar(slots[0], o.Epsilon)))
		if o.Momentum > 0 {
			step = graph.Add(graph.MulScalar(slots[1], o.Momentum), step)
			slots[1] = step
		}
		return graph.Sub(w, step)
	}
	step := graph.Neg(graph.Mul(grad, rate))
	if o.Momentum > 0 {
		slots[0] = graph.Add(graph.MulScalar(slots[0], o.Momentum), step)
		if o.Nesterov {
			step = graph.Add(graph.MulScalar(slots[0], o.Momentum), step)
		} else {
			step = slots[0]
		}
	}
	return graph.Add(w, step)
}
