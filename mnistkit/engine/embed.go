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

// checkWords notes the word numbers for the model's table: of one that it
// lacks a backend would take another word's vector in silence.
func (e *Engine) checkWords(set *data.Set, s *onDevice) error {
	if _, ok := e.plan[0].Layer.(layer.EmbeddingLayer); !ok {
		return nil
	}
	switch in := set.Inputs; {
	case in.I32 != nil:
		s.words.add(in.I32)
	case in.U8 != nil:
		s.words.add([]int32{int32(slices.Min(in.U8)), int32(slices.Max(in.U8))})
	default:
		return fmt.Errorf("data set %q holds %s values but layer.Embedding takes word numbers (int32)", set.Name, in.DType())
	}
	return nil
}
