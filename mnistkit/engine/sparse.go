package engine

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
)

// Rows that are mostly zeros are kept in two parts, their first columns as they are and
// a list of what is not zero in the others: see docs/architecture.md.

// sparseColumns are what is not zero in a set's inputs after their first columns.
type sparseColumns struct {
	from, to int   // the columns
	starts   []int // of each row's values, after that of a row -1, which has none
	columns  []int32
	values   []uint8
	capacity map[int]int // values that a batch of so many rows is given
}

// denseColumnsStep is what the number of first columns is a multiple of.
const denseColumnsStep = 128

// nonZeroCost is how many columns of a matrix take the time of one sparse value, as measured.
const nonZeroCost = 64

// minSparseBatch is the smallest batch whose numbers of values are even enough.
const minSparseBatch = 16

const fewExamples = 64 // in a set as a server is asked about: each number of values would be another program to compile

// sparseColumnsOf says which columns of inputs are sparse; nil if that would not
// save half of the work. The first examples of a set decide for all: if later ones
// are fuller, it takes longer.
func (e *Engine) sparseColumnsOf(inputs data.Array) *sparseColumns {
	_, isDense := e.plan[0].Layer.(layer.DenseLayer)
	if !isDense || e.plan[0].InBranch || inputs.U8 == nil || e.config.BatchSize < minSparseBatch || backendName(e.backend) == "xla:cuda" {
		return nil
	}
	n, columns := inputs.Len(), inputs.Size()
	nonZeros := make([]int, columns)
	for i, v := range inputs.U8 {
		if v != 0 {
			nonZeros[i%columns]++
		}
	}
	after, dense, cheapest := 0, 0, n*columns/2
	for at := columns - 1; at >= denseColumnsStep; at-- {
		after += nonZeros[at]
		if cost := n*at + nonZeroCost*after; at%denseColumnsStep == 0 && cost <= cheapest {
			dense, cheapest = at, cost
		}
	}
	if dense == 0 {
		return nil
	}
	return &sparseColumns{from: dense, to: columns, starts: []int{0, 0}, capacity: map[int]int{}}
}

// split moves the sparse columns out of inputs and leaves the first ones.
func (t *sparseColumns) split(inputs data.Array) data.Array {
	if t == nil || inputs.U8 == nil {
		return inputs
	}
	dense := data.Array{Shape: []int{t.from}, U8: make([]uint8, 0, inputs.Len()*t.from)}
	for rest := inputs.U8; len(rest) > 0; rest = rest[t.to:] {
		dense.U8 = append(dense.U8, rest[:t.from]...)
		for i, v := range rest[t.from:t.to] {
			if v != 0 {
				t.columns, t.values = append(t.columns, int32(t.from+i)), append(t.values, v)
			}
		}
		t.starts = append(t.starts, len(t.columns))
	}
	return dense
}

// row gives the values of a row by their columns; a row below 0 has none.
func (t *sparseColumns) row(row int32) (columns []int32, values []uint8) {
	from, to := t.starts[row+1], t.starts[row+2]
	return t.columns[from:to], t.values[from:to]
}

// batchArgs are the values of batches of rows by their columns, as the kernel is read: columns,
// values, and their rows' places in the batch, each [batches capacity].
func (t *sparseColumns) batchArgs(batches [][]int32) []*tensors.Tensor {
	if t == nil {
		return nil
	}
	largest := 0
	for _, rows := range batches {
		count := 0
		for _, row := range rows {
			count += t.starts[row+2] - t.starts[row+1]
		}
		largest = max(largest, count)
	}
	size := len(batches[0])
	if largest > t.capacity[size] || t.capacity[size] == 0 { // with some more, since another size is another program to compile
		t.capacity[size] = (largest + largest/16 + 64) / 64 * 64
	}
	capacity := t.capacity[size]
	columns, rowsInBatch := make([]int32, capacity*len(batches)), make([]int32, capacity*len(batches))
	values := make([]float32, capacity*len(batches))
	position := make([]int, t.to-t.from+1) // where the next value of a column goes
	for b, rows := range batches {
		clear(position)
		for _, row := range rows {
			rowColumns, _ := t.row(row)
			for _, column := range rowColumns {
				position[int(column)-t.from+1]++
			}
		}
		position[0] = b * capacity
		for i := 1; i < len(position); i++ {
			position[i] += position[i-1]
		}
		for at := position[len(position)-1]; at < (b+1)*capacity; at++ { // nothing of the last column, for the first row
			columns[at] = int32(t.to - 1)
		}
		for place, row := range rows {
			rowColumns, rowValues := t.row(row)
			for k, column := range rowColumns {
				at := position[int(column)-t.from]
				position[int(column)-t.from]++
				columns[at], values[at], rowsInBatch[at] = column, float32(rowValues[k]), int32(place)
			}
		}
	}
	dims := []int{len(batches), capacity}
	return []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(columns, dims...),
		tensors.FromFlatDataAndDimensions(values, dims...),
		tensors.FromFlatDataAndDimensions(rowsInBatch, dims...),
	}
}

// nonZeros are a batch's part of sparse columns, each [capacity 1].
type nonZeros struct{ columns, values, rows *graph.Node }

// splitArgs splits what a step is given: a set's tensors, the values of its
// sparse columns in the batch at hand (nil without any), the rows of all batches
// of that size, and the places in a batch. It gives the rows at those places.
func (e *Engine) splitArgs(in []*graph.Node, batch *graph.Node, size int) (set []*graph.Node, t *nonZeros, rows *graph.Node) {
	last := len(in) - 2
	set, rows = in[:last], in[last]
	places := graph.Add(graph.InsertAxes(in[last+1], -1), graph.MulScalar(batch, size))
	rows = graph.Gather(rows, places) // pure Go has no DynamicSlice
	if !e.isSparse(set) {
		return set, nil, rows
	}
	at := graph.Reshape(batch, 1)
	one := func(all *graph.Node) *graph.Node {
		return graph.Reshape(graph.Gather(all, at), all.Shape().Dimensions[1], 1)
	}
	return set[:last-3], &nonZeros{one(set[last-3]), one(set[last-2]), one(set[last-1])}, rows
}

// isSparse says whether a set's inputs are only the first columns.
func (e *Engine) isSparse(set []*graph.Node) bool {
	return set[0].Shape().Dimensions[1] < shapes.Make(dtypes.Uint8, e.config.Input...).Size()
}

// multiply is x∘kernel. The first layer's x may be the first columns only, and
// then the values of the sparse ones are added.
func (p *pass) multiply(x, kernel *graph.Node) *graph.Node {
	nz := p.nonZeros
	if p.nonZeros = nil; nz == nil {
		return graph.MatMul(x, kernel)
	}
	var gradient *graph.Node // of y, known before that of the kernel is asked for
	dense, units := x.Shape().Dimensions[1], kernel.Shape().Dimensions[1]
	g := x.Graph()
	kernel = graph.IdentityWithCustomGradient(kernel, func(kernel, _ *graph.Node) *graph.Node {
		full := graph.MatMul(graph.Transpose(x, 0, 1), gradient)
		sparse := graph.Zeros(g, shapes.Make(dtypes.Float32, kernel.Shape().Dimensions[0]-dense, units))
		rows := graph.Mul(graph.Gather(gradient, nz.rows), nz.values)
		return graph.ScatterSum(graph.Concatenate([]*graph.Node{full, sparse}, 0), nz.columns, rows, true, false)
	})
	y := graph.MatMul(x, graph.Slice(kernel, graph.AxisRange(0, dense)))
	y = graph.ScatterSum(y, nz.rows, graph.Mul(graph.Gather(kernel, nz.columns, true), nz.values), false, false)
	return graph.IdentityWithCustomGradient(y, func(_, v *graph.Node) *graph.Node {
		gradient = graph.StopGradient(v)
		return v
	})
}
