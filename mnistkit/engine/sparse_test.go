package engine

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// countWords are n texts of up to 30 of 640 words, the first ones often, as
// numbers of times; the seventh text has none.
func countWords(n int) *data.Set {
	set := &data.Set{Name: "words", Inputs: data.Array{Shape: []int{640}, U8: make([]uint8, 640*n)}}
	noise := uint32(1)
	for i := range n {
		for range i * 5 % 31 {
			noise = noise*1664525 + 1013904223
			limit := uint32(20)
			if noise>>8%8 == 0 {
				limit = 640
			}
			set.Inputs.U8[i*640+int(noise>>16%limit)]++
		}
		set.Labels.I32 = append(set.Labels.I32, int32(i%3))
		set.Weights = append(set.Weights, 0.5+float32(i%4))
	}
	return set
}

// TestTail: rows of bytes that are mostly zeros teach and are answered as the
// same rows of floats, which are multiplied as they are.
func TestTail(t *testing.T) {
	bytes := countWords(90)
	floats := *bytes
	floats.Inputs = data.Array{Shape: []int{640}}
	for _, v := range bytes.Inputs.U8 {
		floats.Inputs.F32 = append(floats.Inputs.F32, float32(v))
	}
	onBackends(t, func(t *testing.T, b compute.Backend) {
		type outcome struct {
			Weights       map[string][]float32
			Trained       map[string]float64
			Whole, Chosen map[string]float64
			Answers       []float32
		}
		learn := func(set *data.Set, parts ...int) outcome {
			e := opened(t, b, session.Recipe{
				Model: layer.Stack{layer.Dense(8).ReLU().L2(1e-3), layer.Dense(3)}, Input: []int{640},
				Metrics: []string{"accuracy"}, Optimizer: session.Adam(0.01), BatchSize: 16, Seed: 3,
			})
			for i, from := range parts {
				to := append(parts[i+1:], set.Len())[0]
				if err := e.Put("train", set.Slice(from, to), set.Len()-to); err != nil {
					t.Fatal(err)
				}
			}
			if split := e.sets["train"].sparse != nil; split != (set.Inputs.U8 != nil) {
				t.Fatalf("inputs are split: %v", split)
			}
			var o outcome
			for epoch := range 3 {
				order := firstIndices(90)
				order[0], order[80+epoch] = order[80+epoch], order[0]
				o.Trained = train(t, e, session.Epoch{Number: epoch + 1, Order: order, LearningRate: 0.01}).Means()
			}
			o.Weights = weightsOf(t, e)
			o.Whole, o.Chosen = evaluated(t, e, "train", nil), evaluated(t, e, "train", []int32{6, 70, 3})
			answers, err := e.Predict(t.Context(), "train")
			if err != nil {
				t.Fatal(err)
			}
			o.Answers = answers.F32
			return o
		}
		want := learn(&floats, 0)
		got := learn(bytes, 0)
		if diff := cmp.Diff(got, learn(bytes, 0, 30, 31)); diff != "" {
			t.Errorf("in parts it is not the same:\n%s", diff)
		}
		for name, values := range got.Weights {
			near(t, name, values, want.Weights[name], 1e-5)
		}
		near(t, "answers", got.Answers, want.Answers, 1e-5)
		for name := range want.Trained {
			nearOne(t, "training "+name, got.Trained[name], want.Trained[name], 1e-5)
			nearOne(t, "whole "+name, got.Whole[name], want.Whole[name], 1e-5)
			nearOne(t, "chosen "+name, got.Chosen[name], want.Chosen[name], 1e-5)
		}
	})
}

// TestFewWords: sets of a few texts, such as a server is asked about, are answered however many words they have: that takes
// no program for each number of them, of which there would soon be too many.
func TestFewWords(t *testing.T) {
	e := opened(t, started[0], session.Recipe{Model: layer.Stack{layer.Dense(3)}, Input: []int{6400}, BatchSize: 16})
	for _, n := range []int{8, 64} {
		for words := range 40 {
			set := &data.Set{Name: "asked", Inputs: data.Array{Shape: []int{6400}, U8: make([]uint8, 6400*n)}}
			for i := range set.Inputs.U8 {
				if column := i % 6400; column > 64*words && column < 64*words+40 {
					set.Inputs.U8[i] = 1
				}
			}
			put(t, e, "asked", set)
			if _, err := e.Predict(t.Context(), "asked"); err != nil {
				t.Fatalf("set %d of %d texts: %v", words+1, n, err)
			}
		}
	}
}

// TestTailOf: only rows of bytes that a Dense layer reads are split, and only
// where that saves half of the work.
func TestTailOf(t *testing.T) {
	ones := data.Array{Shape: []int{640}, U8: make([]uint8, 6400)}
	for i := range ones.U8 {
		ones.U8[i] = 1
	}
	few := countWords(40).Inputs
	dense := layer.Stack{layer.Dense(3)}
	for name, c := range map[string]struct {
		model  layer.Stack
		inputs data.Array
		batch  int
		head   int
	}{
		"words":          {dense, few, 16, 128},
		"two branches":   {layer.Stack{layer.Parallel(dense, dense)}, few, 16, 0},
		"small batches":  {dense, few, 15, 0},
		"full rows":      {dense, ones, 16, 0},
		"rescaled first": {append(layer.Stack{layer.Rescale(0.5)}, dense...), few, 16, 0},
		"few columns":    {dense, data.Array{Shape: []int{128}, U8: make([]uint8, 1280)}, 16, 0},
		"nothing at all": {dense, data.Array{Shape: []int{640}, U8: make([]uint8, 6400)}, 16, 128},
	} {
		e := opened(t, started[0], session.Recipe{Model: c.model, Input: c.inputs.Shape, BatchSize: c.batch})
		head := 0
		if tail := e.sparseColumnsOf(c.inputs); tail != nil {
			head = tail.from
		}
		if head != c.head {
			t.Errorf("%s: %d columns at the front, want %d", name, head, c.head)
		}
	}
}
