package training

import (
	"context"
	"fmt"
	"slices"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
)

// Augmented gives the first images of the training data, each as it is and then in
// columns-1 variations by the augmenting layers at the front of the model. The
// run's seed decides them, and the run need not be trained.
//
//	set, err := lenet.Augmented(4, 8)
func (r Run) Augmented(rows, columns int) (*data.Set, error) {
	if rows < 1 || columns < 2 {
		return nil, fmt.Errorf("%d rows of %d images cannot be drawn; give at least one row of two", rows, columns)
	}
	var front layer.Stack
	for _, l := range r.Model {
		if _, ok := l.(layer.Augmenting); ok {
			front = append(front, l)
		} else if _, ok := l.(layer.RescaleLayer); !ok {
			break // later layers see no image of the data any more
		}
	}
	if front == nil {
		return nil, fmt.Errorf("the model of %q has no augmenting layers in front; add some, such as layer.RandomTranslation(0.1, 0.1)", r.Name)
	}
	if r.Data == nil {
		return nil, errNoData
	}
	train, err := r.Data.Train()
	if err != nil {
		return nil, err
	}
	var examples []int32
	for i := range min(rows, train.Len()) {
		examples = append(examples, slices.Repeat([]int32{int32(i)}, columns)...)
	}
	set := train.Select(examples)
	recipe := session.Recipe{
		Model: append(front, layer.Flatten()), Input: set.Inputs.Shape, InputType: set.Inputs.DType(),
		Loss: session.MeanSquaredError, Optimizer: session.Adam(1e-3), BatchSize: 1, Seed: r.Seed, AsTraining: true,
	}
	answers, err := ask(snapshot{record: runs.Record{Recipe: recipe}}, set, func(s session.Session) (data.Array, error) {
		return s.Predict(context.Background(), askedSet)
	})
	if err != nil {
		return nil, err
	}
	shown := *set
	shown.Name += ", the first of each row as it is, the others augmented"
	shown.Inputs = data.Array{Shape: set.Inputs.Shape, F32: answers.F32}
	for i := 0; i < len(examples); i += columns {
		for k, v := range set.Inputs.At(i) {
			shown.Inputs.F32[i*set.Inputs.Size()+k] = float32(v)
		}
	}
	return &shown, nil
}
