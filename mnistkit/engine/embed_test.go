package engine

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// reviews are two rows of words; the second has none.
func reviews() *data.Set {
	return &data.Set{Name: "reviews",
		Inputs: data.Array{Shape: []int{4}, I32: []int32{2, 1, 2, 0, 0, 0, 0, 0}}, Labels: data.Array{I32: []int32{1, 0}}}
}

func wordModel(mask bool) session.Recipe {
	e := layer.Embedding(3, 2)
	if mask {
		e = e.MaskZero()
	}
	return session.Recipe{Model: layer.Stack{e, layer.GlobalAveragePool1D()}, Input: []int{4}, InputType: "int32", BatchSize: 2}
}

// TestMask: padding counts in the mean only without MaskZero, and a text of
// nothing else gives zeros.
func TestMask(t *testing.T) {
	table := []float32{9, 8, 1, 2, 4, 5}
	onBackends(t, func(t *testing.T, b compute.Backend) {
		for mask, want := range map[bool][]float32{true: {3, 4, 0, 0}, false: {4.5, 5, 9, 8}} {
			c := wordModel(mask)
			c.Loss = session.SparseCategoricalCrossentropy
			e := opened(t, b, c)
			setWeights(t, e, []tensor{{Name: "0/embeddings", Shape: []int{3, 2}, Values: table}})
			put(t, e, "asked", reviews())
			got, err := e.Predict(t.Context(), "asked")
			if err != nil {
				t.Fatal(err)
			}
			near(t, "answers", got.F32, softmaxOf(want), 1e-6)
		}
	})
}

// halved keeps the first half of the places.
var halved = Layer("test half", func(_ *model.Scope, x *graph.Node) *graph.Node {
	return graph.Slice(x, graph.AxisRange(), graph.AxisRange(0, x.Shape().Dimensions[1]/2))
})

// TestMaskedNorm: BatchNorm after MaskZero learns its statistics from the words alone, as in Keras; a layer of the reader's
// that changes the places ends the mask.
func TestMaskedNorm(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		embedding := layer.Embedding(3, 2)
		for _, c := range []struct {
			before         layer.Stack
			mean, variance []float32
		}{
			{layer.Stack{embedding.MaskZero()}, []float32{0.03, 0.04}, []float32{1.01, 1.01}},                     // of (4, 5), (1, 2), (4, 5)
			{layer.Stack{embedding}, []float32{0.0675, 0.065}, []float32{1.081875, 1.035}},                        // and of (9, 8), five times
			{layer.Stack{embedding.MaskZero(), halved}, []float32{0.0575, 0.0575}, []float32{1.106875, 1.051875}}, // and of (9, 8), twice
		} {
			recipe := wordModel(false)
			recipe.Model = append(c.before, layer.BatchNorm(), layer.GlobalAveragePool1D())
			recipe.Loss = session.SparseCategoricalCrossentropy
			e := opened(t, b, recipe)
			setWeights(t, e, []tensor{{Name: "0/embeddings", Shape: []int{3, 2}, Values: []float32{9, 8, 1, 2, 4, 5}}})
			put(t, e, "train", reviews())
			train(t, e, session.Epoch{Number: 1, Order: firstIndices(2), LearningRate: rate})
			got := weightsOf(t, e)
			near(t, "mean", got["batch_normalization/moving_mean"], c.mean, 1e-5)
			near(t, "variance", got["batch_normalization/moving_variance"], c.variance, 1e-4)
		}
	})
}

// TestColumns: texts of 11 places, summed up one word after the other, teach
// the same as with a twelfth place of padding, summed up in columns.
func TestColumns(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		after := func(length int) map[string][]float32 {
			c, _ := words()
			c.Input = []int{length}
			e := opened(t, b, c)
			set := &data.Set{Name: "words", Inputs: data.Array{Shape: []int{length}, I32: make([]int32, 20*length)}}
			for i := range int32(20) {
				for j := range i % 12 { // the first text has no words at all
					set.Inputs.I32[int(i)*length+int(j)] = 1 + (i*i+j)%8
				}
				set.Labels.I32 = append(set.Labels.I32, i%2)
			}
			put(t, e, "train", set)
			train(t, e, session.Epoch{Number: 1, Order: firstIndices(20), LearningRate: rate})
			return weightsOf(t, e)
		}
		want := after(11)
		for name, got := range after(12) {
			near(t, name, got, want[name], 1e-5)
		}
	})
}

// TestUnknownWords: a number that the table lacks is an error, not the vector
// of another word.
func TestUnknownWords(t *testing.T) {
	for want, in := range map[string]data.Array{
		"word numbers from 0 to 3 but the model has vectors for 0 to 2": {Shape: []int{4}, I32: []int32{0, 1, 3, 2}},
		"word numbers from -1 to 2":                                     {Shape: []int{4}, I32: []int32{0, -1, 1, 2}},
		"layer.Embedding takes word numbers (int32)":                    {Shape: []int{4}, F32: []float32{0, 1, 2, 2}},
	} {
		e := opened(t, started[0], wordModel(true))
		err := e.Put("asked", &data.Set{Name: "reviews", Inputs: in, Labels: data.Array{I32: []int32{1}}}, 0)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

// softmaxOf is the softmax of rows of two values.
func softmaxOf(rows []float32) (out []float32) {
	for i := 0; i < len(rows); i += 2 {
		a, b := math.Exp(float64(rows[i])), math.Exp(float64(rows[i+1]))
		out = append(out, float32(a/(a+b)), float32(b/(a+b)))
	}
	return out
}
