package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/session"
)

// evaluationBatch is how many of n examples of so many values are evaluated at
// once: large enough that calls do not count, small enough that the widest
// layer stays in a few megabytes; a convolution of the pure-Go backend needs
// several times its size.
func (e *Engine) evaluationBatch(n, width int) int {
	if backendName(e.backend) == "go" {
		return 32
	}
	widest := width
	for _, s := range e.plan {
		values := 1
		for _, d := range s.Out {
			values *= d
		}
		widest = max(widest, values)
	}
	size := min(max(256, evaluationValues/widest), 4096)
	return min(size, (n+63)/64*64) // a small set in one call
}

// evaluationValues is the number of values of the widest layer in a batch.
const evaluationValues = 1 << 20

// Evaluate gives loss and metrics over a data set, or over those examples of it
// that indices name.
func (e *Engine) Evaluate(ctx context.Context, name string, indices []int32) (map[string]float64, error) {
	set, err := e.labelledSet(name)
	if err != nil {
		return nil, err
	}
	if len(indices) > 0 { // a pipe does not tell none from nil
		if err := checkOrder(indices, set.n); err != nil {
			return nil, err
		}
	}
	b := e.batchesOf(set, indices)
	var means map[string]float64
	err = guard("evaluate", func() error {
		e.set(epochScope+"/sums", make([]float32, len(e.summed())))
		err := e.forEachBatch(ctx, e.evaluator, b, set, true, nil)
		means = session.Reduce(e.sums(), b.n)
		return err
	})
	return means, err
}

// Predict gives the model's answers for a whole data set: class
// probabilities, or the values of a regression.
func (e *Engine) Predict(ctx context.Context, name string) (data.Array, error) {
	answers := data.Array{Shape: []int{e.output()}}
	set, err := e.dataSet(name)
	if err != nil {
		return answers, err
	}
	b := e.batchesOf(set, nil)
	err = guard("predict", func() error {
		if e.config.AsTraining {
			e.set(epochScope+"/key", epochKey(e.config.Seed, 1))
		}
		return e.forEachBatch(ctx, e.predictor, b, set, false, func(batch int, out []float32) {
			from, to := b.counted(batch)
			answers.F32 = append(answers.F32, out[from*e.output():to*e.output()]...)
		})
	})
	return answers, err
}

// evaluationBatches are how n examples are cut for an evaluation.
type evaluationBatches struct {
	n, size int
	rows    []int32 // where the examples are, filled up with -1; nil if they are a whole set in its order
}

// batchesOf cuts a set, or those of its examples that indices name. A
// whole set is cut into slices, which cost less than to look up each example.
// The pure-Go backend has no slices at a place that is computed.
func (e *Engine) batchesOf(set *deviceSet, indices []int32) evaluationBatches {
	size := e.evaluationBatch(set.n, set.width())
	if len(indices) == 0 {
		if backendName(e.backend) != "go" {
			return evaluationBatches{n: set.n, size: min(size, set.n)}
		}
		indices = firstIndices(set.n)
	}
	b := evaluationBatches{n: len(indices), size: size}
	b.rows = make([]int32, b.count()*size)
	for i := copy(b.rows, indices); i < len(b.rows); i++ {
		b.rows[i] = -1
	}
	return b
}

func (p evaluationBatches) count() int { return (p.n + p.size - 1) / p.size }

// counted tells which answers of a batch count. The last batch may have too few
// examples: a list is filled up after them, a slice begins among those of the
// batch before.
func (p evaluationBatches) counted(batch int) (from, to int) {
	count := min(p.size, p.n-batch*p.size)
	if p.rows != nil {
		return 0, count
	}
	return p.size - count, p.size
}

// batches are the rows of each.
func (p evaluationBatches) batches() [][]int32 {
	if p.rows != nil {
		return slices.Collect(slices.Chunk(p.rows, p.size))
	}
	list := make([][]int32, p.count())
	for i, all := range list {
		start := min(i*p.size, p.n-p.size)
		for row := range p.size {
			all = append(all, int32(start+row))
		}
		list[i] = all
	}
	return list
}

// forEachBatch calls step with the tensors of a set for each batch of p; use gets
// what step gives, if it gives anything.
func (e *Engine) forEachBatch(ctx context.Context, step *model.Exec, p evaluationBatches, set *deviceSet, labelled bool, use func(batch int, out []float32)) error {
	e.set(epochScope+"/batch", int32(0))
	rows := tensors.FromScalar(int32(0)) // a whole set
	if p.rows != nil {
		rows = tensors.FromFlatDataAndDimensions(p.rows, len(p.rows))
	}
	args, free := set.args(labelled, p.batches, rows)
	defer free()
	for batch := range p.count() {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped before the end")
		}
		for _, t := range step.MustCall(args...) {
			use(batch, tensors.MustCopyFlatData[float32](t))
			t.MustFinalizeAll()
		}
	}
	return nil
}

// nextBatch takes the batch at hand and moves on; mask is 1 for the examples
// that count. in ends with the rows of the batches, a scalar for a whole set.
func (e *Engine) nextBatch(in []*graph.Node) (x, labels, weights, mask *graph.Node, t *nonZeros) {
	v := e.store.GetVariable(epochScope + "/batch")
	batch := v.NodeValue(in[0])
	v.SetNodeValue(graph.AddScalar(batch, 1))
	set, t, rows := e.splitArgs(in, batch)
	dims := set[0].Shape().Dimensions
	n, size := dims[0], e.evaluationBatch(dims[0], dims[1])
	if rows.IsScalar() {
		size = min(size, n)
		first := graph.MulScalar(batch, size)
		start := graph.Min(first, graph.Const(rows.Graph(), int32(n-size)))
		places := graph.Add(graph.Iota(rows.Graph(), shapes.Make(dtypes.Int32, size), 0), start)
		mask = graph.GreaterOrEqual(places, first)
		x, labels, weights = e.unpack(set, size, func(t *graph.Node) *graph.Node { return sliceRows(t, start, size) })
	} else {
		rows = sliceOrder(rows, graph.MulScalar(batch, size), size)
		mask = graph.GreaterOrEqual(rows, graph.ZerosLike(rows))
		x, labels, weights = e.gather(set, graph.Max(rows, graph.ZerosLike(rows)))
	}
	return x, labels, weights, graph.ConvertDType(mask, dtypes.Float32), t
}

// sliceRows is t[start : start+size].
func sliceRows(t, start *graph.Node, size int) *graph.Node {
	dims := slices.Clone(t.Shape().Dimensions)
	dims[0] = size
	from := []*graph.Node{start}
	for range dims[1:] {
		from = append(from, graph.ZerosLike(start))
	}
	return graph.DynamicSlice(t, from, dims)
}

func (e *Engine) evaluateStep(scope *model.Scope, in []*graph.Node) {
	x, labels, weights, mask, nz := e.nextBatch(in)
	p := &pass{e: e, scope: scope, nonZeros: nz}
	out := p.forward(x)
	losses := graph.Mul(perExample(e.config.Loss, out, labels), mask)
	if weights != nil {
		losses = graph.Mul(losses, weights)
	}
	loss := graph.ReduceAllSum(losses)
	if p.penalty != nil {
		loss = graph.Add(loss, graph.Mul(p.penalty, graph.ReduceAllSum(mask)))
	}
	e.addSums(loss, out, labels, mask)
}

func (e *Engine) predictStep(scope *model.Scope, in []*graph.Node) *graph.Node {
	p := &pass{e: e, scope: scope}
	if e.config.AsTraining {
		p.training, p.key = true, e.batchKey(e.store.GetVariable(epochScope+"/batch").NodeValue(in[0]))
	}
	x, _, _, _, nz := e.nextBatch(in)
	p.nonZeros = nz
	return predictions(e.config.Loss, p.forward(x))
}

// firstIndices is 0, 1, … n-1.
func firstIndices(n int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = int32(i)
	}
	return list
}

var _ session.Session = (*Engine)(nil)
