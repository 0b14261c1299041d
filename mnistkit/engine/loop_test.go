package engine

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// dense is a model whose steps go into a loop.
func dense() session.Recipe {
	c := small()
	c.Model = layer.Stack{
		layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(8).ReLU().L2(1e-3), layer.BatchNorm(),
		layer.Dropout(0.3), layer.Dense(3),
	}
	return c
}

// words is a model of texts, and some of them.
func words() (session.Recipe, *data.Set) {
	c := small()
	c.Input, c.InputType, c.Loss = []int{5}, "int32", session.BinaryCrossentropy
	c.Model = layer.Stack{layer.Embedding(9, 4).MaskZero(), layer.GlobalAveragePool1D(), layer.Dense(3).ReLU(), layer.Dense(1)}
	s := &data.Set{Name: "words", Inputs: data.Array{Shape: []int{5}}, Labels: data.Array{Shape: []int{}}}
	for i := range int32(62) {
		s.Inputs.I32 = append(s.Inputs.I32, i%9, i*i%9, 3*i%9, 0, 0)
		s.Labels.I32 = append(s.Labels.I32, i%2)
	}
	return c, s
}

// TestLoop: steps in a loop, however many at once, teach bit for bit what
// they teach one by one.
func TestLoop(t *testing.T) {
	set := blobs(62)
	for i := range set.Len() {
		set.Weights = append(set.Weights, 0.5+float32(i%3))
	}
	t.Run("dense", func(t *testing.T) { sameInLoop(t, dense(), set) })
	t.Run("modern", func(t *testing.T) { sameInLoop(t, modern(dense()), set) })
	c, texts := words()
	t.Run("words", func(t *testing.T) { sameInLoop(t, c, texts) })
}

func sameInLoop(t *testing.T, c session.Recipe, set *data.Set) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		run := func(most int) (session.Partial, map[string][]float32) {
			e := opened(t, b, c)
			put(t, e, "train", set)
			if loops := e.maxRounds > 1; loops != (backendName(b) != "go") {
				t.Fatalf("loops: %v on %s", loops, backendName(b))
			}
			e.maxRounds, e.rounds = min(e.maxRounds, most), most
			var p session.Partial
			for n := 1; n <= 3; n++ {
				ep := session.Epoch{Number: n, Set: "train", Order: firstIndices(62), LearningRate: rate / float64(n)}
				if n == 2 { // stopped after the first execution, and gone on with
					var err error
					if ep.From, err = e.Train(stopAfter(1), ep, nil); err != nil || ep.From.Batches == 0 {
						t.Fatalf("%+v, %v", ep.From, err)
					}
				}
				p = train(t, e, ep)
			}
			return p, weightsOf(t, e)
		}
		wantSums, want := run(1)
		for _, most := range []int{2, 4, 100} {
			sums, weights := run(most)
			if diff := cmp.Diff(wantSums, sums); diff != "" {
				t.Errorf("%d at once: the sums differ: %s", most, diff)
			}
			if diff := cmp.Diff(want, weights); diff != "" {
				t.Errorf("%d at once: the weights differ: %s", most, diff)
			}
		}
	})
}
