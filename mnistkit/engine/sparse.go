package engine

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
)

// Rows that are mostly zeros, such as a text's zeros and ones, are kept in two
// parts: their first columns as they are, and a list of what is not zero
// behind them, the tail. A vocabulary goes by frequency, so that the first
// columns are the full ones. A Dense layer multiplies the first part as a
// matrix, and adds up the rows of its kernel that the tail names.

// tail is what is not zero in a set's inputs behind their first columns.
type tail struct {
	from, to int // the columns
	ends     []int
	columns  []int32
	values   []uint8
	room     map[int]int // entries that a batch of so many rows is given
}

// headStep is what the number of first columns is a multiple of.
const headStep = 128

// entryCost is how many columns of a matrix take the time of an entry of a
// tail: the best of 32, 64 and 100 with 512 units.
const entryCost = 64

// fewest is the smallest batch whose numbers of entries are even enough: room is
// for the largest.
const fewest = 16

// tailOf says which columns of inputs go into a tail; nil if it would not save
// half of the work. The first examples of a set decide for all: if later ones
// are fuller, it takes longer.
func (e *Engine) tailOf(inputs data.Array) *tail {
	_, dense := e.plan[0].Layer.(layer.DenseLayer)
	if !dense || e.plan[0].InBranch || inputs.U8 == nil || e.config.BatchSize < fewest || backendName(e.backend) == "xla:cuda" {
		return nil
	}
	n, columns := inputs.Len(), inputs.Size()
	entries := make([]int, columns)
	for i, v := range inputs.U8 {
		if v != 0 {
			entries[i%columns]++
		}
	}
	behind, head, least := 0, 0, n*columns/2
	for at := columns - 1; at >= headStep; at-- {
		behind += entries[at]
		if cost := n*at + entryCost*behind; at%headStep == 0 && cost <= least {
			head, least = at, cost
		}
	}
	if head == 0 {
		return nil
	}
	return &tail{from: head, to: columns, room: map[int]int{}}
}

// take moves the tail out of inputs and leaves the first columns.
func (t *tail) take(inputs data.Array) data.Array {
	if t == nil || inputs.U8 == nil {
		return inputs
	}
	head := data.Array{Shape: []int{t.from}, U8: make([]uint8, 0, inputs.Len()*t.from)}
	for rest := inputs.U8; len(rest) > 0; rest = rest[t.to:] {
		head.U8 = append(head.U8, rest[:t.from]...)
		for i, v := range rest[t.from:t.to] {
			if v != 0 {
				t.columns, t.values = append(t.columns, int32(t.from+i)), append(t.values, v)
			}
		}
		t.ends = append(t.ends, len(t.columns))
	}
	return head
}

// entries are where a row's part of the tail begins and ends; a row below 0
// has none.
func (t *tail) entries(row int32) (from, to int) {
	switch {
	case row < 0:
		return 0, 0
	case row > 0:
		from = t.ends[row-1]
	}
	return from, t.ends[row]
}

// args are the entries of batches of rows by their columns: columns, values,
// and the places of their rows in the batch, each [batches room]. In that order
// the kernel, which may be large, is gone through once from top to bottom.
func (t *tail) args(of func() [][]int32) []*tensors.Tensor {
	if t == nil {
		return nil
	}
	batches := of()
	most := 0
	for _, rows := range batches {
		count := 0
		for _, row := range rows {
			from, to := t.entries(row)
			count += to - from
		}
		most = max(most, count)
	}
	size := len(batches[0])
	if most > t.room[size] || t.room[size] == 0 { // with some more, since another size is another program to compile
		t.room[size] = (most + most/16 + 64) / 64 * 64
	}
	room := t.room[size]
	columns, places := make([]int32, room*len(batches)), make([]int32, room*len(batches))
	values := make([]float32, room*len(batches))
	next := make([]int, t.to-t.from+1) // where the next entry of a column goes
	for b, rows := range batches {
		clear(next)
		for _, row := range rows {
			from, to := t.entries(row)
			for _, column := range t.columns[from:to] {
				next[int(column)-t.from+1]++
			}
		}
		next[0] = b * room
		for i := 1; i < len(next); i++ {
			next[i] += next[i-1]
		}
		for at := next[len(next)-1]; at < (b+1)*room; at++ { // nothing of the last column, for the first row
			columns[at] = int32(t.to - 1)
		}
		for place, row := range rows {
			from, to := t.entries(row)
			for k := from; k < to; k++ {
				column := t.columns[k]
				at := next[int(column)-t.from]
				next[int(column)-t.from]++
				columns[at], values[at], places[at] = column, float32(t.values[k]), int32(place)
			}
		}
	}
	dims := []int{len(batches), room}
	return []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(columns, dims...),
		tensors.FromFlatDataAndDimensions(values, dims...),
		tensors.FromFlatDataAndDimensions(places, dims...),
	}
}

// entries are a batch's part of a tail, each [room 1].
type entries struct{ columns, values, places *graph.Node }

// given splits what a step is given: a set's tensors, the entries of the
// batch at hand (nil without a tail), and the rows of all batches.
func (e *Engine) given(in []*graph.Node, batch *graph.Node) (set []*graph.Node, t *entries, rows *graph.Node) {
	last := len(in) - 1
	set, rows = in[:last], in[last]
	if !e.hasTail(set) {
		return set, nil, rows
	}
	at := graph.Reshape(batch, 1)
	one := func(all *graph.Node) *graph.Node {
		return graph.Reshape(graph.Gather(all, at), all.Shape().Dimensions[1], 1)
	}
	return set[:last-3], &entries{one(set[last-3]), one(set[last-2]), one(set[last-1])}, rows
}

// hasTail says whether a set's inputs are only the first columns.
func (e *Engine) hasTail(set []*graph.Node) bool {
	return set[0].Shape().Dimensions[1] < shapes.Make(dtypes.Uint8, e.config.Input...).Size()
}

// multiply is x∘kernel. The first layer's x may be the first columns only, and
// then the tail's entries are added.
func (p *pass) multiply(x, kernel *graph.Node) *graph.Node {
	t := p.tail
	if p.tail = nil; t == nil {
		return graph.MatMul(x, kernel)
	}
	var gradient *graph.Node // of y, known before that of the kernel is asked for
	head, units := x.Shape().Dimensions[1], kernel.Shape().Dimensions[1]
	g := x.Graph()
	kernel = graph.IdentityWithCustomGradient(kernel, func(kernel, _ *graph.Node) *graph.Node {
		full := graph.MatMul(graph.Transpose(x, 0, 1), gradient)
		behind := graph.Zeros(g, shapes.Make(dtypes.Float32, kernel.Shape().Dimensions[0]-head, units))
		rows := graph.Mul(graph.Gather(gradient, t.places), t.values)
		return graph.ScatterSum(graph.Concatenate([]*graph.Node{full, behind}, 0), t.columns, rows, true, false)
	})
	y := graph.MatMul(x, graph.Slice(kernel, graph.AxisRange(0, head)))
	y = graph.ScatterSum(y, t.places, graph.Mul(graph.Gather(kernel, t.columns, true), t.values), false, false)
	return graph.IdentityWithCustomGradient(y, func(_, v *graph.Node) *graph.Node {
		gradient = graph.StopGradient(v)
		return v
	})
}
