package engine

import (
	"context"
	"testing"

	"github.com/gomlx/compute"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// TestSampleWeights: an example of weight two counts as two, and one of weight
// zero not at all, in the loss but not in the accuracy.
func TestSampleWeights(t *testing.T) {
	config := session.Recipe{
		Model: layer.Stack{layer.Flatten(), layer.Dense(3)}, Input: []int{6, 6, 1}, Metrics: []string{"accuracy"}, BatchSize: 4,
	}
	onBackends(t, func(t *testing.T, b compute.Backend) {
		run := func(weights []float32, classWeights []float32) (map[string]float64, map[string]float64, []float32) {
			c := config
			c.ClassWeights = classWeights
			e, set := opened(t, b, c), blobs(4) // classes 0 1 2 0
			set.Inputs = data.Array{Shape: []int{6, 6, 1}, F32: make([]float32, 4*36)}
			for i := range set.Inputs.F32 {
				set.Inputs.F32[i] = float32(i%7) / 7
			}
			set.Weights = weights
			put(t, e, "train", set)
			before := evaluated(t, e, "train", nil)
			means := train(t, e, session.Epoch{Number: 1, Order: firstIndices(4), LearningRate: rate}).Means()
			return before, means, weightsOf(t, e)["dense/kernel"]
		}
		_, plain, _ := run(nil, nil)
		evaluated, weighted, kernel := run([]float32{2, 0.5, 0, 2}, nil)
		nearOne(t, "weighted loss in the evaluation", evaluated["loss"], weighted["loss"], 1e-5)
		nearOne(t, "accuracy", weighted["accuracy"], plain["accuracy"], 0)
		classed, byClass, classKernel := run(nil, []float32{2, 0.5, 0})
		nearOne(t, "loss by class", byClass["loss"], weighted["loss"], 1e-6)
		near(t, "kernel by class", classKernel, kernel, 1e-6)
		nearOne(t, "loss of the evaluation, which class weights leave alone", classed["loss"], plain["loss"], 1e-5)
		_, both, _ := run([]float32{2, 0.5, 0, 2}, []float32{0.5, 2, 7})
		nearOne(t, "loss with both", both["loss"], (plain["loss"]*4-lossOfThird(t, b, config))/4, 1e-5)
	})
}

// lossOfThird is the loss of the third example in TestSampleWeights.
func lossOfThird(t *testing.T, b compute.Backend, c session.Recipe) float64 {
	e := opened(t, b, c)
	set := &data.Set{Inputs: data.Array{Shape: []int{6, 6, 1}, F32: make([]float32, 36)}, Labels: data.Array{I32: []int32{2}}}
	for i := range set.Inputs.F32 {
		set.Inputs.F32[i] = float32((i+72)%7) / 7
	}
	put(t, e, "third", set)
	return evaluated(t, e, "third", nil)["loss"]
}

// TestRegression: a line is found by a dense layer of one unit, and its
// answers are plain values.
func TestRegression(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		e := opened(t, b, session.Recipe{
			Model: layer.Stack{layer.Dense(1)}, Input: []int{1}, Loss: session.MeanSquaredError, Metrics: []string{"mae", "mse"},
			Optimizer: session.SGD(0.1),
		})
		set := &data.Set{Name: "line", Inputs: data.Array{Shape: []int{1}}}
		for i := range 16 {
			x := float32(i)/8 - 1
			set.Inputs.F32 = append(set.Inputs.F32, x)
			set.Labels.F32 = append(set.Labels.F32, 3*x+2)
		}
		put(t, e, "train", set)
		for n := range 40 {
			train(t, e, session.Epoch{Number: n + 1, Order: firstIndices(16), LearningRate: 0.1})
		}
		w := weightsOf(t, e)
		near(t, "slope", w["dense/kernel"], []float32{3}, 1e-2)
		near(t, "offset", w["dense/bias"], []float32{2}, 1e-2)
		means := evaluated(t, e, "train", nil)
		nearOne(t, "mse beside the loss", means["mse"], means["loss"], 1e-7)
		answers, err := e.Predict(context.Background(), "train")
		if err != nil {
			t.Fatal(err)
		}
		near(t, "answers", answers.F32, set.Labels.F32, 2e-2)
	})
}

// TestBinary: one logit tells two classes apart; Predict gives probabilities.
func TestBinary(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		e := opened(t, b, session.Recipe{
			Model: layer.Stack{layer.Dense(1)}, Input: []int{1}, Loss: session.BinaryCrossentropy, Metrics: []string{"accuracy"},
			Optimizer: session.RMSprop(0.05), ClassWeights: []float32{1, 1},
		})
		set := &data.Set{Name: "sides", Inputs: data.Array{Shape: []int{1}}}
		for i := range 16 {
			set.Inputs.F32 = append(set.Inputs.F32, float32(i)/8-0.9)
			set.Labels.I32 = append(set.Labels.I32, int32(i/8))
		}
		put(t, e, "train", set)
		for n := range 30 {
			train(t, e, session.Epoch{Number: n + 1, Order: firstIndices(16), LearningRate: 0.05})
		}
		if a := evaluated(t, e, "train", nil)["accuracy"]; a < 0.9 {
			t.Errorf("accuracy %g", a)
		}
		answers, err := e.Predict(context.Background(), "train")
		if err != nil {
			t.Fatal(err)
		}
		if first, last := answers.F32[0], answers.F32[15]; first < 0 || first > 0.5 || last < 0.5 || last > 1 {
			t.Errorf("probabilities from %g to %g", first, last)
		}
	})
}
