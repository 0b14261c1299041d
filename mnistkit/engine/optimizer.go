package engine

import (
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// The optimisers follow Keras' formulas. GoMLX's own differ in defaults that
// students would trip over: SGD's rate decays, RMSprop corrects its bias.

// trainable are the weights that the optimiser changes.
func (e *Engine) trainable() []*model.Variable {
	var list []*model.Variable
	for _, v := range e.weights {
		if v.Trainable {
			list = append(list, v)
		}
	}
	return list
}

// slots names what the optimiser remembers of each weight.
func (e *Engine) slots() []string {
	switch o := e.config.Optimizer; {
	case o.Name == "adam":
		return []string{"m", "v"}
	case o.Name == "rmsprop" && o.Momentum > 0:
		return []string{"v", "momentum"}
	case o.Name == "rmsprop":
		return []string{"v"}
	case o.Momentum > 0:
		return []string{"momentum"}
	}
	return nil
}

// createSlots makes the optimiser's memory, all zero, and the scalars of an
// epoch.
func (e *Engine) createSlots() error {
	for _, v := range e.trainable() {
		for _, slot := range e.slots() {
			s, err := e.store.CreateVariable(slotPath(v, slot), tensors.FromShape(v.Shape()))
			if err != nil {
				return err
			}
			s.SetTrainable(false)
		}
	}
	for _, s := range []struct { // in this order, which the compiled step has too: it is found again by its text
		path  string
		value any
	}{
		{optimizerScope + "/iterations", float32(0)},
		{optimizerScope + "/learning_rate", float32(0)},
		{epochScope + "/batch", int32(0)},
		{epochScope + "/key", uint32(0)},
		{epochScope + "/sums", make([]float32, len(e.summed()))},
	} {
		if _, err := e.createState(s.path, s.value); err != nil {
			return err
		}
	}
	return nil
}

func slotPath(v *model.Variable, slot string) string {
	return optimizerScope + strings.TrimPrefix(v.Path(), modelScope) + "/" + slot
}

// update moves every weight along its gradient.
func (e *Engine) update(loss *graph.Node) {
	g := loss.Graph()
	list := e.trainable()
	nodes := make([]*graph.Node, len(list))
	for i, v := range list {
		nodes[i] = v.NodeValue(g)
	}
	gradients := graph.Gradient(loss, nodes...)

	rate := e.store.GetVariable(optimizerScope + "/learning_rate").NodeValue(g)
	count := e.store.GetVariable(optimizerScope + "/iterations")
	t := graph.AddScalar(count.NodeValue(g), 1)
	count.SetNodeValue(t)
	for i, v := range list {
		u := updater{e: e, v: v, w: nodes[i], grad: gradients[i], rate: rate, t: t}
		switch e.config.Optimizer.Name {
		case "adam":
			u.adam()
		case "rmsprop":
			u.rmsprop()
		default:
			u.sgd()
		}
	}
}

// updater is the update of one weight.
type updater struct {
	e                *Engine
	v                *model.Variable
	w, grad, rate, t *graph.Node
}

func (u updater) slot(name string) (*model.Variable, *graph.Node) {
	v := u.e.store.GetVariable(slotPath(u.v, name))
	return v, v.NodeValue(u.w)
}

func (u updater) sgd() {
	o := u.e.config.Optimizer
	step := graph.Neg(graph.Mul(u.grad, u.rate))
	if o.Momentum > 0 {
		v, m := u.slot("momentum")
		m = graph.Add(graph.MulScalar(m, o.Momentum), step)
		v.SetNodeValue(m)
		if o.Nesterov {
			m = graph.Add(graph.MulScalar(m, o.Momentum), step)
		}
		step = m
	}
	u.v.SetNodeValue(graph.Add(u.w, step))
}

func (u updater) adam() {
	o := u.e.config.Optimizer
	mVar, m := u.slot("m")
	vVar, v := u.slot("v")
	m = graph.Add(m, graph.MulScalar(graph.Sub(u.grad, m), 1-o.Beta1))
	v = graph.Add(v, graph.MulScalar(graph.Sub(graph.Square(u.grad), v), 1-o.Beta2))
	mVar.SetNodeValue(m)
	vVar.SetNodeValue(v)
	// Both averages start at zero; alpha makes up for that.
	power := func(beta float64) *graph.Node { return graph.Pow(graph.ConstAs(u.t, beta), u.t) }
	alpha := graph.Div(graph.Mul(u.rate, graph.Sqrt(graph.OneMinus(power(o.Beta2)))), graph.OneMinus(power(o.Beta1)))
	step := graph.Div(graph.Mul(m, alpha), graph.AddScalar(graph.Sqrt(v), o.Epsilon))
	u.v.SetNodeValue(graph.Sub(u.w, step))
}

func (u updater) rmsprop() {
	o := u.e.config.Optimizer
	vVar, v := u.slot("v")
	v = graph.Add(graph.MulScalar(v, o.Rho), graph.MulScalar(graph.Square(u.grad), 1-o.Rho))
	vVar.SetNodeValue(v)
	step := graph.Mul(graph.Mul(u.grad, u.rate), graph.Rsqrt(graph.AddScalar(v, o.Epsilon)))
	if o.Momentum > 0 {
		mVar, m := u.slot("momentum")
		step = graph.Add(graph.MulScalar(m, o.Momentum), step)
		mVar.SetNodeValue(step)
	}
	u.v.SetNodeValue(graph.Sub(u.w, step))
}
