package engine

import (
	"context"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/session"
)

// evaluationBatch is how many of n examples are evaluated at once: large enough
// that calls do not count, small enough that the widest layer stays in a few
// megabytes; a convolution of the pure-Go backend needs several times its size.
func (e *Engine) evaluationBatch(n int) int {
	if backendName(e.backend) == "go" {
		return 32
	}
	widest := 1
	for _, s := range e.plan {
		for _, shape := range [][]int{s.In, s.Out} {
			values := 1
			for _, d := range shape {
				values *= d
			}
			widest = max(widest, values)
		}
	}
	size := min(max(256, evaluationValues/widest), 4096)
	return min(size, (n+63)/64*64) // a small set in one call
}

// evaluationValues is the number of values of the widest layer in a batch.
const evaluationValues = 1 << 20

// Evaluate gives loss and metrics over a data set, or over the
// examples that indices name.
func (e *Engine) Evaluate(ctx context.Context, name string, indices []int32) (map[string]float64, error) {
	set, err := e.labelled(name)
	if err != nil {
		return nil, err
	}
	if len(indices) == 0 { // a pipe does not tell none from nil
		indices = upTo(set.n)
	} else if err := checkOrder(indices, set.n); err != nil {
		return nil, err
	}
	var means map[string]float64
	err = guard("evaluate", func() error {
		if e.evaluator == nil {
			if e.evaluator, err = model.NewExec(e.backend, e.store, e.evaluateStep); err != nil {
				return err
			}
		}
		if err := e.setScalars(map[string]any{epochScope + "/sums": make([]float32, len(e.summed()))}); err != nil {
			return err
		}
		if err := e.batches(ctx, e.evaluator, set.n, set.args(), indices, nil); err != nil {
			return err
		}
		sums, err := e.sums()
		means = session.Reduce(sums, len(indices))
		return err
	})
	return means, err
}

// Predict gives the model's answers for a whole data set: class
// probabilities, or the values of a regression.
func (e *Engine) Predict(ctx context.Context, name string) (data.Array, error) {
	answers := data.Array{Shape: []int{e.output()}}
	set, err := e.named(name)
	if err != nil {
		return answers, err
	}
	err = guard("predict", func() error {
		if e.predictor == nil {
			if e.predictor, err = model.NewExec(e.backend, e.store, e.predictStep); err != nil {
				return err
			}
		}
		if e.config.AsTraining {
			if err := e.setScalars(map[string]any{epochScope + "/key": epochKey(e.config.Seed, 1)}); err != nil {
				return err
			}
		}
		n := set.n
		err := e.batches(ctx, e.predictor, n, []any{set.inputs}, upTo(n), func(out *tensors.Tensor) error {
			values, err := tensors.CopyFlatData[float32](out)
			answers.F32 = append(answers.F32, values...)
			return err
		})
		answers.F32 = answers.F32[:min(len(answers.F32), n*e.output())]
		return err
	})
	return answers, err
}

// batches calls step with the tensors of a set of n for all examples that
// indices name; the last batch is filled up with -1.
func (e *Engine) batches(ctx context.Context, step *model.Exec, n int, set []any, indices []int32, each func(*tensors.Tensor) error) error {
	if err := e.setScalars(map[string]any{epochScope + "/batch": int32(0)}); err != nil {
		return err
	}
	size := e.evaluationBatch(n)
	count := (len(indices) + size - 1) / size
	padded := make([]int32, count*size)
	for i := copy(padded, indices); i < len(padded); i++ {
		padded[i] = -1
	}
	order := tensors.FromFlatDataAndDimensions(padded, len(padded))
	defer order.FinalizeAll()
	args := append(set, order)
	for range count {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped before the end")
		}
		out, err := step.Call(args...)
		if err != nil {
			return err
		}
		for _, t := range out {
			if err := each(t); err != nil {
				return err
			}
			if err := t.FinalizeAll(); err != nil {
				return err
			}
		}
	}
	return nil
}

// nextBatch gathers the batch at hand and moves on; mask is 0 for padding.
func (e *Engine) nextBatch(in []*graph.Node) (x, labels, weights, mask *graph.Node) {
	g := in[0].Graph()
	v, size := e.store.GetVariable(epochScope+"/batch"), e.evaluationBatch(in[0].Shape().Dimensions[0])
	batch := v.NodeValue(g)
	v.SetNodeValue(graph.AddScalar(batch, 1))
	rows := window(in[len(in)-1], graph.MulScalar(batch, size), size)
	mask = graph.ConvertDType(graph.GreaterOrEqual(rows, graph.ZerosLike(rows)), dtypes.Float32)
	x, labels, weights = e.gather(in[:len(in)-1], graph.Max(rows, graph.ZerosLike(rows)))
	return x, labels, weights, mask
}

func (e *Engine) evaluateStep(scope *model.Scope, in []*graph.Node) {
	x, labels, weights, mask := e.nextBatch(in)
	p := &pass{e: e, scope: scope}
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
	x, _, _, _ := e.nextBatch(in)
	return predictions(e.config.Loss, p.forward(x))
}

// upTo is 0, 1, … n-1.
func upTo(n int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = int32(i)
	}
	return list
}

var _ session.Session = (*Engine)(nil)
