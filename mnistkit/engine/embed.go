package engine

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
)

// embed looks the word numbers x [b length] up in the table, and notes where
// there is padding.
func (p *pass) embed(s layer.Step, l layer.EmbeddingLayer, x *graph.Node) *graph.Node {
	table := p.weight(s, "embeddings", x)
	if x.DType() != dtypes.Int32 {
		x = graph.ConvertDType(x, dtypes.Int32)
	}
	if l.Mask {
		p.mask = graph.ConvertDType(graph.NotEqual(x, graph.ZerosLike(x)), dtypes.Float32)
	}
	return graph.Gather(table, graph.ExpandAxes(x, -1))
}

// averageWords is the mean of x [b length size] over the places that are not
// padding.
func (p *pass) averageWords(x *graph.Node) *graph.Node {
	if p.mask == nil {
		return graph.ReduceMean(x, 1)
	}
	sum := graph.ReduceSum(graph.Mul(x, graph.ExpandAxes(p.mask, -1)), 1)
	count := graph.ReduceSum(p.mask, 1)
	return graph.Div(sum, graph.ExpandAxes(graph.Max(count, graph.OnesLike(count)), -1))
}

// checkWords refuses word numbers that the table of an embedding lacks: a
// backend would take another word's vector in silence.
func (e *Engine) checkWords(set *data.Set) error {
	l, ok := e.plan[0].Layer.(layer.EmbeddingLayer)
	if !ok {
		return nil
	}
	low, high := 0, 0
	switch in := set.Inputs; {
	case in.I32 != nil:
		low, high = int(slices.Min(in.I32)), int(slices.Max(in.I32))
	case in.U8 != nil:
		high = int(slices.Max(in.U8))
	default:
		return fmt.Errorf("data set %q holds %s values but layer.Embedding takes word numbers (int32)", set.Name, in.DType())
	}
	if low < 0 || high >= l.Words {
		return fmt.Errorf("data set %q holds word numbers from %d to %d but the model has vectors for 0 to %d; use layer.Embedding(%d, %d)",
			set.Name, low, high, l.Words-1, high+1, l.Size)
	}
	return nil
}
