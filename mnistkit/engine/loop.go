package engine

import (
	"slices"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/layer"
)

// Several steps of a small model go into one execution, as a loop whose number of rounds is
// an input: the same graph, and the same weights bit by bit.

// callDuration is how long one execution may take: a stop waits for its end.
const callDuration = 25 * time.Millisecond

// maxLoopWeights is how many weights a loop may change: an execution copies them.
const maxLoopWeights = 1 << 20

// maxRounds is how many steps may go into a loop: 1 is none. Large models gain nothing, and
// XLA's convolutions are several times slower inside one on a CPU.
func maxRounds(b compute.Backend, plan []layer.Step) int {
	if backendName(b) == "go" || layer.Count(plan).Total > maxLoopWeights {
		return 1
	}
	for _, s := range plan {
		switch s.Layer.(type) {
		case layer.Conv2DLayer, layer.CustomLayer, layer.Augmenting:
			return 1
		}
	}
	return 1 << 20
}

// runLoop does up to limit steps in one execution and tells how many. It
// learns from the time they took how many to do in the next.
func (e *Engine) runLoop(limit int, args []any) int {
	rounds := min(e.rounds, e.maxRounds, limit)
	began := time.Now()
	e.loop.MustCall(append([]any{int32(rounds)}, args...)...)
	e.sums() // waits for the end
	fitting := max(1, int(float64(rounds)*callDuration.Seconds()/time.Since(began).Seconds()))
	if rounds == e.rounds { // the few at an epoch's end tell nothing
		e.rounds = min(2*rounds, fitting)
	}
	return rounds
}

// trainLoop is the graph of in[0] steps over full batches. Every
// variable of the engine is carried through the rounds.
func (e *Engine) trainLoop(scope *model.Scope, in []*graph.Node) {
	rounds, in := in[0], in[1:]
	g := rounds.Graph()
	var carried []*model.Variable
	state := []*graph.Node{rounds}
	for v := range e.store.IterVariables() {
		carried = append(carried, v)
		state = append(state, v.NodeValue(g))
	}
	parameters := func() []*graph.Node {
		list := make([]*graph.Node, len(state))
		for i, s := range state {
			list[i] = graph.Parameter(g, "", s.Shape())
		}
		return list
	}
	// ScalarZero would be kept by the graph and, wrongly, used in the other closure.
	more := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		left := parameters()[0]
		return []*graph.Node{graph.GreaterThan(left, graph.Const(g, int32(0)))}
	})
	round := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		now := parameters()
		for i, v := range carried {
			v.SetNodeValue(now[i+1])
		}
		places := graph.Iota(g, shapes.Make(dtypes.Int32, e.config.BatchSize), 0)
		e.trainStep(scope, slices.Concat(in, []*graph.Node{places}))
		next := []*graph.Node{graph.AddScalar(now[0], -1)}
		for _, v := range carried {
			next = append(next, v.NodeValue(g))
		}
		return next
	})
	for i, value := range graph.While(more, round, state...)[1:] {
		carried[i].SetNodeValue(value)
	}
}
