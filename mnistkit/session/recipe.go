package session

import (
	"cmp"
	"fmt"
	"slices"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/internal/check"
	"gonblabs/mnistkit/layer"
)

// Loss is the name of the quantity that training minimises.
type Loss string

// The losses. A model ends in logits; the loss applies softmax or sigmoid.
const (
	SparseCategoricalCrossentropy Loss = "sparse_categorical_crossentropy" // for class numbers, from logits
	BinaryCrossentropy            Loss = "binary_crossentropy"             // for 0 or 1, from one logit
	MeanSquaredError              Loss = "mean_squared_error"
	MeanAbsoluteError             Loss = "mean_absolute_error"
)

// Losses are all that an engine knows.
var Losses = []Loss{SparseCategoricalCrossentropy, BinaryCrossentropy, MeanSquaredError, MeanAbsoluteError}

// Classifies says whether the loss is for classes.
func (l Loss) Classifies() bool {
	return l == SparseCategoricalCrossentropy || l == BinaryCrossentropy
}

// Recipe is everything that decides what a training computes. An engine is given
// it, and a run's record keeps it as the fingerprint. The number of epochs, the
// callbacks and the backend are not in it, because they do not change an epoch.
type Recipe struct {
	Data           string      `json:"data"`               // identity of the data and their split
	Input          []int       `json:"input" min:"1"`      // shape of one example: [28 28 1]
	InputType      string      `json:"input_type"`         // "uint8", "int32" or "float32"
	Encoding       string      `json:"encoding,omitempty"` // how the inputs were made: see data.Set
	Classes        []string    `json:"classes,omitempty"`  // their names, by the numbers of the labels
	Model          layer.Stack `json:"model"`
	Loss           Loss        `json:"loss" known:"sparse_categorical_crossentropy binary_crossentropy mean_squared_error mean_absolute_error"`
	LabelSmoothing float64     `json:"label_smoothing,omitempty" min:"0" below:"1"` // share of each label that is spread evenly over all classes
	Precision      string      `json:"precision,omitempty" known:"bf16"`            // in which convolutions multiply; "" is float32
	Metrics        []string    `json:"metrics"`                                     // in addition to the loss: see Metrics
	Optimizer      Optimizer   `json:"optimizer"`
	BatchSize      int         `json:"batch_size" min:"1"`
	DropRemainder  bool        `json:"drop_remainder"` // leave out an epoch's last batch when it is not full
	Seed           uint64      `json:"seed"`
	ClassWeights   []float32   `json:"class_weights,omitempty" min:"0"` // multiply the loss of each class's examples; nil is 1 for all
	Initial        string      `json:"initial,omitempty"`               // the checkpoint it starts from, and its fingerprint

	// Devices share each batch; 0 is 1. They change results by rounding only, as the backend does, and like it
	// are not in the fingerprint: a training may go on with another number of them.
	Devices int `json:"-" min:"0" max:"64"`

	// AsTraining makes Predict draw at random as training does, to show what
	// augmenting layers do; the model may then end in anything flat.
	AsTraining bool `json:"-"`

	steps []layer.Step // the plan of Model, once Check has made it
}

// Complete fills in the defaults, for labels of the type that is given, plans the
// model and checks the whole.
//
//	recipe, err := session.Recipe{Input: []int{28, 28, 1}, InputType: "uint8", Model: model}.Complete("int32")
func (r Recipe) Complete(labels string) (Recipe, error) {
	steps, err := r.Steps()
	if err != nil {
		return r, err
	}
	r.Model, r.steps = r.Model.Identified(steps), steps
	if r.Loss == "" {
		out := steps[len(steps)-1].Out
		switch {
		case labels == "uint8":
			return r, fmt.Errorf("the labels are of type uint8; give class numbers as int32 (I32), or values as float32 (F32)")
		case labels != "int32":
			r.Loss = MeanSquaredError
		case len(out) == 1 && out[0] == 1:
			r.Loss = BinaryCrossentropy
		default:
			r.Loss = SparseCategoricalCrossentropy
		}
	}
	if r.Metrics == nil {
		r.Metrics = []string{"mae"}
		if r.Loss.Classifies() {
			r.Metrics = []string{"accuracy"}
		}
	}
	r.Optimizer = r.Optimizer.withDefaults()
	if r.BatchSize == 0 {
		r.BatchSize = 32
	}
	return r, r.Check()
}

// Steps is the plan of the model. It is made once: every step asks its layer for
// shapes and weights, which for a graph function means to build its graph.
func (r Recipe) Steps() ([]layer.Step, error) {
	if r.steps != nil {
		return r.steps, nil
	}
	return r.Model.Plan(r.Input)
}

// Check plans the model and says in a sentence what is wrong with r, if anything
// is: the model against the input, the loss against the model's end, the optimiser.
func (r *Recipe) Check() error {
	err := cmp.Or(check.Fields(*r), r.Optimizer.check(), r.checkMetrics())
	if err != nil {
		return err
	}
	if r.steps, err = r.Steps(); err != nil {
		return err
	}
	if r.Precision != "" && !slices.ContainsFunc(r.steps, func(s layer.Step) bool { return s.Layer.Kind() == "Conv2D" }) {
		return fmt.Errorf("Precision is that of convolutions, and the model has none; leave it out")
	}
	if r.Devices > 1 && r.BatchSize%r.Devices != 0 {
		return fmt.Errorf("Devices is %d, and a BatchSize of %d cannot be split evenly over them; make it a multiple of %d", r.Devices, r.BatchSize, r.Devices)
	}
	return r.checkEnd(r.steps[len(r.steps)-1])
}

// Accept gives the set as the model needs it, with its labels numbered by the
// classes of the training. A set of another shape or type, or one that was made in
// another way, is an error that says what the set has and what the model needs.
//
//	set, err := recipe.Accept(must.M1(digits.Test()))
func (r *Recipe) Accept(set *data.Set) (*data.Set, error) {
	if len(set.Labels.Shape) > 0 { // NumPy's columns of labels, of shape (n, 1)
		flat := *set
		flat.Labels.Shape = nil
		set = &flat
	}
	in := set.Inputs
	switch {
	case set.Len() == 0:
		return set, nil // whoever is given it says so
	case !slices.Equal(in.Shape, r.Input):
		return nil, fmt.Errorf("the model takes examples of shape %v, and those of %q have shape %v; give examples like those that it was trained on", r.Input, set.Name, in.Shape)
	case in.DType() != r.InputType:
		return nil, fmt.Errorf("the model was trained on inputs of type %s, and those of %q are %s, which may mean another scale; give them as in the training: pixels from 0 to 255 as uint8 (U8), measured values as float32 (F32), word numbers as int32 (I32)", r.InputType, set.Name, in.DType())
	case set.Encoding != "" && r.Encoding != "" && set.Encoding != r.Encoding:
		return nil, fmt.Errorf("the model was trained on inputs made as %s, and those of %q are made as %s; make them by the recipe of its training data", r.Encoding, set.Name, set.Encoding)
	case r.Classes == nil:
		return set, nil
	}
	return set.WithClasses(r.Classes)
}

func (r *Recipe) checkEnd(last layer.Step) error {
	activation := ""
	switch l := last.Layer.(type) {
	case layer.DenseLayer:
		activation = l.Weighted.Activation
	case layer.ActivationLayer:
		activation = l.Name
	}
	switch out := last.Out; {
	case r.Loss.Classifies() && (activation == "softmax" || activation == "sigmoid"):
		return fmt.Errorf("the model ends in %s but the loss %s applies it by itself; leave it out, Predict gives probabilities all the same", activation, r.Loss)
	case len(out) != 1:
		return fmt.Errorf("the model ends in shape %v; end it with layer.Flatten() and layer.Dense", out)
	case r.AsTraining:
		return nil // what it gives is only looked at
	case r.Loss != SparseCategoricalCrossentropy && out[0] != 1:
		return fmt.Errorf("the model ends in %d units but the loss is %s; end it with layer.Dense(1), or give labels that are classes as int32 (Labels.Int32())", out[0], r.Loss)
	case r.LabelSmoothing != 0 && !r.Loss.Classifies():
		return fmt.Errorf("LabelSmoothing is for classes, but the loss is %s; leave it out", r.Loss)
	case r.ClassWeights != nil && len(r.ClassWeights) != r.NumClasses():
		return fmt.Errorf("there are %d class weights but the model tells %d classes apart; give one for each class", len(r.ClassWeights), r.NumClasses())
	}
	return nil
}

// NumClasses is how many classes the model tells apart; 0 for one of values.
//
//	recipe.NumClasses() // 10
func (r *Recipe) NumClasses() int {
	steps, err := r.Steps()
	switch {
	case err != nil:
		return 0 // Check says what is wrong
	case r.Loss == SparseCategoricalCrossentropy:
		return steps[len(steps)-1].Out[0]
	case r.Loss == BinaryCrossentropy:
		return 2
	}
	return 0
}
