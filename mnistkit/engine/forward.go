package engine

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	mltrain "github.com/gomlx/gomlx/ml/train"

	"gonblabs/mnistkit/layer"
)

// pass is one walk through the model while a graph is built.
type pass struct {
	e        *Engine
	training bool
	key      *graph.Node     // of dropout's random numbers; nil unless training
	penalty  *graph.Node     // Σ of the regularisers, nil if there are none
	lookup   embeddingLookup // of the last Embedding
	nonZeros *nonZeros       // of the model's input, until a layer takes them
	salt     uint32
}

// forward takes a batch [b, input...] to the model's output [b, units].
func (p *pass) forward(x *graph.Node) *graph.Node {
	_, words := p.e.plan[0].Layer.(layer.EmbeddingLayer)
	if x.DType() != dtypes.Float32 && !words {
		x = graph.ConvertDType(x, dtypes.Float32)
	}
	plan, outputs := p.e.plan, []*graph.Node{x} // of the steps, after the model's input
	for len(outputs) <= len(plan) {
		i := len(outputs) - 1
		var in []*graph.Node
		for _, from := range plan[i].From {
			in = append(in, outputs[from+1])
		}
		if y, n := p.augmentAll(plan[i:], in[0]); n > 0 {
			outputs = append(outputs, slices.Repeat([]*graph.Node{y}, n)...)
		} else {
			outputs = append(outputs, p.apply(plan[i], in))
		}
	}
	if term := mltrain.TotalLoss(x.Graph()); term != nil { // what GoMLX's layers add to the loss
		p.penalise(term)
	}
	return outputs[len(outputs)-1]
}

// apply is the layer s on what it takes: several inputs if it joins branches,
// else one.
func (p *pass) apply(s layer.Step, in []*graph.Node) *graph.Node {
	x := in[0]
	batch := x.Shape().Dimensions[0]
	switch l := s.Layer.(type) {
	case layer.FlattenLayer:
		return graph.Reshape(x, batch, s.Out[0])
	case layer.RescaleLayer:
		x = graph.MulScalar(x, l.Scale)
		if l.Offset != 0 {
			x = graph.AddScalar(x, l.Offset)
		}
		return x
	case layer.DenseLayer:
		kernel := p.weight(s, "kernel", x)
		return p.finish(s, l.Weighted, kernel, p.multiply(x, kernel))
	case layer.Conv2DLayer:
		kernel := p.weight(s, "kernel", x)
		return p.finish(s, l.Weighted, kernel, p.convolve(s, l, x, kernel))
	case layer.MaxPoolLayer:
		return maxPool(x, l.Window(), s)
	case layer.AveragePoolLayer:
		return averagePool(x, l.Window(), s)
	case layer.GlobalAveragePoolLayer:
		return graph.ReduceMean(x, 1, 2)
	case layer.EmbeddingLayer:
		return p.embed(s, l, x)
	case layer.GlobalAveragePool1DLayer:
		return p.averageWords(x)
	case layer.ActivationLayer:
		return activate(l.Name, x)
	case layer.DropoutLayer:
		return p.dropout(x, l.Rate)
	case layer.BatchNormLayer:
		var weights []*model.Variable
		for _, w := range s.Params {
			weights = append(weights, p.e.store.GetVariable(weightPath(s.Name, w.Name)))
		}
		return batchNorm(l, weights, x, p.mask(x), p.training)
	case layer.AddLayer:
		return reducePairwise(in, graph.Add)
	case layer.ConcatenateLayer:
		return graph.Concatenate(in, -1)
	case layer.CustomLayer:
		return p.custom(s, l, x)
	}
	panic(fmt.Errorf("the engine does not know the layer %s", s.Layer.Kind()))
}

// weight is the present value of a weight of s.
func (p *pass) weight(s layer.Step, name string, g graph.GraphProvider) *graph.Node {
	return p.e.store.GetVariable(weightPath(s.Name, name)).NodeValue(g)
}

// finish adds bias and activation to y = kernel∘x and notes the kernel's
// penalty.
func (p *pass) finish(s layer.Step, w layer.Weighted, kernel, y *graph.Node) *graph.Node {
	if !w.NoBias {
		y = graph.Add(y, graph.ExpandLeftToRank(p.weight(s, "bias", y), y.Rank()))
	}
	if w.L1 > 0 {
		p.penalise(graph.MulScalar(graph.ReduceAllSum(absolute(kernel)), w.L1))
	}
	if w.L2 > 0 {
		p.penalise(graph.MulScalar(graph.ReduceAllSum(graph.Square(kernel)), w.L2))
	}
	return activate(w.Activation, y)
}

func (p *pass) penalise(term *graph.Node) {
	if p.penalty == nil {
		p.penalty = term
	} else {
		p.penalty = graph.Add(p.penalty, term)
	}
}

// dropout zeroes a share of x and scales up the rest, while training only.
func (p *pass) dropout(x *graph.Node, rate float64) *graph.Node {
	p.salt++
	if !p.training || rate == 0 {
		return x
	}
	bits := randomBits(p.key, p.salt, x.Shape().Dimensions...)
	limit := uint32(math.Round(rate * math.MaxUint32))
	keep := graph.GreaterOrEqual(bits, graph.Const(x.Graph(), limit))
	return graph.Where(keep, graph.MulScalar(x, 1/(1-rate)), graph.ZerosLike(x))
}
