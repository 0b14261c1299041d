package training

import (
	"context"
	"fmt"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
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
	var places []int32
	for i := range min(rows, train.Len()) {
		for range columns {
			places = append(places, int32(i))
		}
	}
	set := train.Select(places)
	s, err := session.Open(session.Recipe{
		Model: append(front, layer.Flatten()), Input: set.Inputs.Shape, InputType: set.Inputs.DType(),
		Loss: session.MeanSquaredError, Optimizer: session.Adam(1e-3), BatchSize: 1, Seed: r.Seed, AsTraining: true,
	})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := session.PutSet(s, askedSet, set.Chunks()); err != nil {
		return nil, err
	}
	answers, err := s.Predict(context.Background(), askedSet)
	if err != nil {
		return nil, err
	}
	shown := *set
	shown.Name += ", the first of each row as it is, the others augmented"
	shown.Inputs = data.Array{Shape: set.Inputs.Shape, F32: answers.F32}
	for i := 0; i < len(places); i += columns {
		for k, v := range set.Inputs.At(i) {
			shown.Inputs.F32[i*set.Inputs.Size()+k] = float32(v)
		}
	}
	return &shown, nil
}
