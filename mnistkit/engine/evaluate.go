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
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// evaluationBatch is how many examples of s are evaluated at once, so that calls do not
// count and the widest layer stays in a few megabytes; a convolution of the pure-Go backend
// needs several times its size.
func (e *Engine) evaluationBatch(s *deviceSet) int {
	for _, few := range []int{1, 8} { // asked one by one, as a server is
		if s.n <= few {
			return few
		}
	}
	if backendName(e.backend) == "go" {
		return 32
	}
	widest := s.arrays[0].tensor.Shape().Dimensions[1]
	for _, s := range e.plan {
		widest = max(widest, shapes.Make(dtypes.Float32, s.Out...).Size())
	}
	least := 256
	if slices.ContainsFunc(e.plan, func(s layer.Step) bool { return s.Layer.Kind() == "Conv2D" }) && e.byLibrary() {
		least = 128 // XLA's own convolutions are slower then
	}
	size := min(max(least, evaluationValues/widest), 4096)
	return min(size, (s.n+63)/64*64) // a small set in one call
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
	if len(indices) == 0 { // a pipe does not tell none from nil
		indices = firstIndices(set.n)
	}
	if err := checkOrder(indices, set.n); err != nil {
		return nil, err
	}
	var means map[string]float64
	err = guard("evaluate", func() error {
		e.swapAverages()
		defer e.swapAverages()
		e.set(epochScope+"/sums", make([]float32, len(e.summed())))
		err := e.forEachBatch(ctx, e.evaluator, set, true, indices, nil)
		means = session.Reduce(e.sums(), len(indices))
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
	err = guard("predict", func() error {
		e.swapAverages()
		defer e.swapAverages()
		if e.config.AsTraining {
			e.set(epochScope+"/key", epochKey(e.config.Seed, 1))
		}
		err := e.forEachBatch(ctx, e.predictor, set, false, firstIndices(set.n), func(out []float32) {
			answers.F32 = append(answers.F32, out...)
		})
		answers.F32 = answers.F32[:min(len(answers.F32), set.n*e.output())] // without those of padding
		return err
	})
	return answers, err
}

// forEachBatch calls step with the tensors of a set for each batch of the examples
// that indices name; -1 fills up the last. use gets what step gives, if it gives anything.
func (e *Engine) forEachBatch(ctx context.Context, step *model.Exec, set *deviceSet, labelled bool, indices []int32, use func(out []float32)) error {
	size := e.evaluationBatch(set)
	rows := make([]int32, (len(indices)+size-1)/size*size)
	for i := copy(rows, indices); i < len(rows); i++ {
		rows[i] = -1
	}
	batches := slices.Collect(slices.Chunk(rows, size))
	args, free := e.args(set, labelled, batches, tensors.FromFlatDataAndDimensions(rows, len(rows)))
	defer free()
	e.set(epochScope+"/batch", int32(0))
	for range batches {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped before the end")
		}
		for _, t := range e.call(step, size, args) {
			use(tensors.MustCopyFlatData[float32](t))
			t.MustFinalizeAll()
		}
	}
	return nil
}

// nextBatch takes the batch at hand and moves on; mask is 1 for the examples
// that count.
func (e *Engine) nextBatch(in []*graph.Node) (x, labels, weights, mask *graph.Node, t *nonZeros) {
	v := e.store.GetVariable(epochScope + "/batch")
	batch := v.NodeValue(in[0])
	v.SetNodeValue(graph.AddScalar(batch, 1))
	set, t, rows := e.splitArgs(in, batch, in[len(in)-1].Shape().Size())
	mask = graph.GreaterOrEqual(rows, graph.ZerosLike(rows))
	x, labels, weights = e.gather(set, graph.Max(rows, graph.ZerosLike(rows)))
	return x, labels, weights, graph.ConvertDType(mask, dtypes.Float32), t
}

func (e *Engine) evaluateStep(scope *model.Scope, in []*graph.Node) {
	x, labels, weights, mask, nz := e.nextBatch(in)
	p := &pass{e: e, nonZeros: nz}
	out := p.forward(x)
	losses := graph.Mul(perExample(e.config.Loss, e.config.LabelSmoothing, out, labels), mask)
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
	p := &pass{e: e}
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
