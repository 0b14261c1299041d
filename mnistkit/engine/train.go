package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	mltrain "github.com/gomlx/gomlx/ml/train"
	"golang.org/x/sys/cpu"

	"gonblabs/mnistkit/session"
)

// readEvery is how often the running sums are told: often enough for a live
// display, rarely enough to cost nothing.
const readEvery = 100 * time.Millisecond

// summed names what is summed up: the loss first.
func (e *Engine) summed() []string {
	names := []string{"loss"}
	for _, m := range e.config.Metrics {
		names = append(names, session.SumsOf(m)...)
	}
	return names
}

// Train does one epoch, or the rest of one from ep.From on.
func (e *Engine) Train(ctx context.Context, ep session.Epoch, progress func(session.Partial)) (session.Partial, error) {
	p := ep.From
	set, err := e.labelledSet(ep.Set)
	if err != nil {
		return p, err
	}
	if e.config.Precision == "bf16" && e.Backend() != "xla:cuda" && !cpu.X86.HasAVX512BF16 && !cpu.X86.HasAMXBF16 {
		return p, errors.New("this processor does not multiply in bf16 (it has neither AVX512_BF16 nor AMX); leave out Precision")
	}
	if err := checkOrder(ep.Order, set.n); err != nil {
		return p, err
	}
	err = guard("train", func() error {
		e.train(ctx, ep, set, &p, progress)
		return nil
	})
	return p, err
}

func (e *Engine) train(ctx context.Context, ep session.Epoch, set *deviceSet, p *session.Partial, progress func(session.Partial)) {
	size, n := e.config.BatchSize, len(ep.Order)
	p.Of = (n + size - 1) / size
	sums := make([]float32, len(e.summed()))
	for i, name := range e.summed() {
		sums[i] = float32(p.Sums[name])
	}
	e.set(optimizerScope+"/learning_rate", float32(ep.LearningRate))
	e.set(epochScope+"/batch", int32(p.Batches))
	e.set(epochScope+"/key", epochKey(e.config.Seed, ep.Number))
	e.set(epochScope+"/sums", sums)
	order := tensors.FromFlatDataAndDimensions(ep.Order, n)
	args, free := e.args(set, true, slices.Collect(slices.Chunk(ep.Order, size)), order)
	defer free()
	if schedule := e.config.Optimizer.Schedule; schedule != (session.Schedule{}) {
		rates := make([]float32, p.Of)
		for i := range rates {
			rates[i] = float32(ep.LearningRate * schedule.Factor((ep.Number-1)*p.Of+i, p.Of))
		}
		all := e.everywhere(tensors.FromFlatDataAndDimensions(rates, p.Of))
		defer finalize(all)
		args = slices.Insert(args, 0, any(all))
	}

	read := func() { p.Examples, p.Sums = min(p.Batches*size, n), e.sums() }
	last := time.Now()
	for p.Batches < p.Of && ctx.Err() == nil {
		p.Batches += e.steps(p.Batches, n, args)
		if progress != nil && time.Since(last) >= readEvery {
			read()
			last = time.Now()
			progress(*p)
		}
	}
	read()
}

// steps does one step or, where they go into a loop, several; it tells how
// many. Several devices do without the loop, which gains where steps are small.
func (e *Engine) steps(batch, n int, args []any) int {
	size := e.config.BatchSize
	if full := n/size - batch; full > 0 && e.maxRounds > 1 && e.devices == nil {
		return e.runLoop(full, args)
	}
	e.call(e.trainer, min(size, n-batch*size), args)
	return 1
}

func checkOrder(order []int32, n int) error {
	if len(order) == 0 {
		return fmt.Errorf("an epoch over no examples was asked for; give it at least one batch")
	}
	for _, i := range order {
		if i < 0 || int(i) >= n {
			return fmt.Errorf("example %d was asked for but the data set holds %d", i, n)
		}
	}
	return nil
}

// trainStep is the graph of one step: gather the batch out of the data set, forward, loss,
// gradients, update, sums. All that changes lives on the device.
func (e *Engine) trainStep(scope *model.Scope, in []*graph.Node) {
	g := in[0].Graph()
	scope.Store().SetTraining(g, true)
	batchVar := e.store.GetVariable(epochScope + "/batch")
	batch := batchVar.NodeValue(g)
	rate := e.store.GetVariable(optimizerScope + "/learning_rate").NodeValue(g)
	if e.config.Optimizer.Schedule != (session.Schedule{}) { // there is one for each batch
		rate, in = graph.Gather(in[0], graph.Reshape(batch, 1)), in[1:]
	}
	set, nz, rows := e.splitArgs(in, batch, e.config.BatchSize)
	x, labels, weights := e.gather(set, rows)
	b := rows.Shape().Size() // an epoch's last batch may be smaller than the others

	p := &pass{e: e, training: true, key: e.batchKey(batch), nonZeros: nz}
	out := p.forward(x)
	losses := perExample(e.config.Loss, e.config.LabelSmoothing, out, labels)
	if weights != nil {
		losses = graph.Mul(losses, weights)
	}
	if e.config.ClassWeights != nil { // as in Keras they do not count in an evaluation
		perClass := graph.Const(g, e.config.ClassWeights)
		losses = graph.Mul(losses, graph.Gather(perClass, graph.Reshape(labels, b, 1)))
	}
	loss := graph.MulScalar(graph.ReduceAllSum(losses), 1/float64(b))
	if p.penalty != nil {
		loss = graph.Add(loss, p.penalty)
	}
	e.update(loss, rate)
	mltrain.ExecPerStepUpdateGraphFn(g) // of GoMLX's regularisers
	e.addSums(graph.MulScalar(loss, float64(b)), out, labels, nil)
	batchVar.SetNodeValue(graph.AddScalar(batch, 1))
}

// batchKey mixes the epoch's key and the number of the batch to that of a step.
func (e *Engine) batchKey(batch *graph.Node) *graph.Node {
	g := batch.Graph()
	key := e.store.GetVariable(epochScope + "/key").NodeValue(g)
	return mix(graph.Add(key, graph.Mul(graph.ConvertDType(batch, dtypes.Uint32), graph.Const(g, uint32(0x9e3779b9)))))
}

// gather looks up rows in a data set's tensors: a batch of inputs, their labels (nil
// if only inputs are given) and their weights (nil if all are 1).
func (e *Engine) gather(set []*graph.Node, rows *graph.Node) (x, labels, weights *graph.Node) {
	at := graph.InsertAxes(rows, -1)
	if x = graph.Gather(set[0], at); !e.isSparse(set) {
		x = graph.Reshape(x, append([]int{rows.Shape().Size()}, e.config.Input...)...)
	}
	if len(set) > 1 {
		labels = graph.Gather(set[1], at)
	}
	if len(set) > 2 {
		weights = graph.Gather(set[2], at)
	}
	return x, labels, weights
}

// addSums adds a batch's loss and metrics to the running sums; mask tells
// examples (1) from padding (0), nil is all examples.
func (e *Engine) addSums(loss, out, labels, mask *graph.Node) {
	sums := []*graph.Node{graph.Reshape(loss, 1)}
	for _, name := range e.config.Metrics {
		m := graph.Reshape(perExampleMetric(name, e.config.Loss, out, labels), labels.Shape().Size(), -1)
		if mask != nil {
			m = graph.Mul(m, graph.InsertAxes(mask, -1))
		}
		sums = append(sums, graph.ReduceSum(m, 0))
	}
	v := e.store.GetVariable(epochScope + "/sums")
	v.SetNodeValue(graph.Add(v.NodeValue(out), graph.Concatenate(sums, 0)))
}

func (e *Engine) sums() map[string]float64 {
	values := tensors.MustCopyFlatData[float32](e.store.GetVariable(epochScope + "/sums").MustValue())
	sums := map[string]float64{}
	for i, name := range e.summed() {
		sums[name] = float64(values[i])
	}
	return sums
}
