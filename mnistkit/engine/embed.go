package engine

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
)

// embeddingLookup is what an Embedding did: vectors = table[words].
type embeddingLookup struct {
	words, table, vectors *graph.Node
	mask                  *graph.Node // [b length]: 1 for words, 0 for padding; nil if all count
}

// embed looks the word numbers x [b length] up in the table.
func (p *pass) embed(s layer.Step, l layer.EmbeddingLayer, x *graph.Node) *graph.Node {
	if x.DType() != dtypes.Int32 {
		x = graph.ConvertDType(x, dtypes.Int32)
	}
	u := embeddingLookup{words: x, table: p.weight(s, "embeddings", x)}
	if l.Mask {
		u.mask = graph.ConvertDType(graph.NotEqual(x, graph.ZerosLike(x)), dtypes.Float32)
	}
	u.vectors = rowsOf(u.table, x)
	p.lookup = u
	return u.vectors
}

// rowsOf looks words [b length] up in a table.
func rowsOf(table, words *graph.Node) *graph.Node {
	return graph.Gather(table, graph.ExpandAxes(words, -1))
}

// mask is that of the words that the values x [b length …] belong to; nil if all count, or if a layer of the
// reader's has changed the places.
func (p *pass) mask(x *graph.Node) *graph.Node {
	mask := p.lookup.mask
	if mask == nil || !slices.Equal(mask.Shape().Dimensions, x.Shape().Dimensions[:x.Rank()-1]) {
		return nil
	}
	return mask
}

// averageWords is the mean of x [b length size] over the places that are not
// padding.
func (p *pass) averageWords(x *graph.Node) *graph.Node {
	mask := p.mask(x)
	if mask == nil {
		return graph.ReduceMean(x, 1)
	}
	count := graph.ExpandAxes(graph.ReduceSum(mask, 1), -1)
	var sum *graph.Node
	if x == p.lookup.vectors { // no layer stands between
		sum = p.lookup.sum(count)
	} else {
		sum = graph.ReduceSum(graph.Mul(x, graph.ExpandAxes(mask, -1)), 1)
	}
	return graph.Div(sum, graph.Max(count, graph.OnesLike(count)))
}

// sum adds the vectors of the words of each text, of which there are count [b 1], while they
// are looked up; padding's row of the table is zeroed.
func (u embeddingLookup) sum(count *graph.Node) *graph.Node {
	g, length := u.words.Graph(), u.words.Shape().Dimensions[1]
	parts := 8
	for length%parts != 0 {
		parts--
	}
	row := graph.Iota(g, shapes.Make(dtypes.Int32, u.table.Shape().Dimensions[0], 1), 0)
	table := graph.Mul(u.table, graph.ConvertDType(graph.NotEqual(row, graph.ZerosLike(row)), dtypes.Float32))
	var columns []*graph.Node
	for _, words := range graph.Split(u.words, 1, parts) {
		columns = append(columns, rowsOf(table, words))
	}
	sums := reducePairwise(columns, graph.Add)
	// Nothing but zeros is replaced here: it stops a fusion of XLA (docs/architecture.md).
	some := graph.GreaterThan(graph.ExpandAxes(count, -1), graph.ScalarZero(g, dtypes.Float32))
	some = graph.BroadcastToDims(some, sums.Shape().Dimensions...)
	return graph.ReduceSum(graph.Where(some, sums, graph.ZerosLike(sums)), 1)
}

// checkWords notes the word numbers for the model's table: of one that it
// lacks a backend would take another word's vector in silence.
func (e *Engine) checkWords(set *data.Set, s *deviceSet) error {
	if _, ok := e.plan[0].Layer.(layer.EmbeddingLayer); !ok {
		return nil
	}
	switch in := set.Inputs; {
	case in.I32 != nil:
		s.lowestWord, s.highestWord = min(s.lowestWord, slices.Min(in.I32)), max(s.highestWord, slices.Max(in.I32))
	case in.U8 != nil:
		s.lowestWord, s.highestWord = min(s.lowestWord, int32(slices.Min(in.U8))), max(s.highestWord, int32(slices.Max(in.U8)))
	default:
		return fmt.Errorf("data set %q holds %s values but layer.Embedding takes word numbers (int32)", set.Name, in.DType())
	}
	return nil
}
