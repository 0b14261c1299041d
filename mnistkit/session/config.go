package session

import (
	"fmt"
	"slices"

	"gonblabs/mnistkit/layer"
)

// Loss names what training makes small.
type Loss string

// The losses. A model ends in logits; the loss applies softmax or sigmoid.
const (
	SparseCategoricalCrossentropy Loss = "sparse_categorical_crossentropy" // class numbers against logits
	BinaryCrossentropy            Loss = "binary_crossentropy"             // 0 or 1 against one logit
	MeanSquaredError              Loss = "mean_squared_error"
	MeanAbsoluteError             Loss = "mean_absolute_error"
)

// Losses are all that an engine knows.
var Losses = []Loss{SparseCategoricalCrossentropy, BinaryCrossentropy, MeanSquaredError, MeanAbsoluteError}

// Classifies says whether the loss is one of classes.
func (l Loss) Classifies() bool {
	return l == SparseCategoricalCrossentropy || l == BinaryCrossentropy
}

// Optimizer is an optimiser and its settings, with Keras' defaults filled in
// by SGD, Adam and RMSprop.
type Optimizer struct {
	Name         string  `json:"name"`
	LearningRate float64 `json:"learning_rate"`
	Momentum     float64 `json:"momentum,omitempty"`
	Nesterov     bool    `json:"nesterov,omitempty"`
	Beta1        float64 `json:"beta_1,omitempty"`
	Beta2        float64 `json:"beta_2,omitempty"`
	Rho          float64 `json:"rho,omitempty"`
	Epsilon      float64 `json:"epsilon,omitempty"`
}

// SGD is gradient descent at a constant rate.
//
//	kit.SGD(0.01).WithMomentum(0.9)
//
// Keras' default rate is 0.01, without momentum.
func SGD(rate float64) Optimizer { return Optimizer{Name: "sgd", LearningRate: rate} }

// Adam adapts each weight's step to the mean and the variance of its gradient.
//
//	kit.Adam(1e-3)
//
// beta_1 0.9, beta_2 0.999, epsilon 1e-7, as in Keras.
func Adam(rate float64) Optimizer {
	return Optimizer{Name: "adam", LearningRate: rate, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7}
}

// RMSprop divides each weight's step by the root of its gradient's mean square.
//
//	kit.RMSprop(1e-3)
//
// rho 0.9, epsilon 1e-7, no momentum, as in Keras.
func RMSprop(rate float64) Optimizer {
	return Optimizer{Name: "rmsprop", LearningRate: rate, Rho: 0.9, Epsilon: 1e-7}
}

// WithDefaults fills in Keras' defaults where a setting is zero, for an
// optimiser written as a struct.
func (o Optimizer) WithDefaults() Optimizer {
	fill := func(v *float64, otherwise float64) {
		if *v == 0 {
			*v = otherwise
		}
	}
	switch o.Name {
	case "", "adam":
		o.Name = "adam"
		fill(&o.LearningRate, 1e-3)
		fill(&o.Beta1, 0.9)
		fill(&o.Beta2, 0.999)
		fill(&o.Epsilon, 1e-7)
	case "rmsprop":
		fill(&o.LearningRate, 1e-3)
		fill(&o.Rho, 0.9)
		fill(&o.Epsilon, 1e-7)
	case "sgd":
		fill(&o.LearningRate, 0.01)
	}
	return o
}

// WithMomentum sets the share of the last step that is added to the next, for
// SGD and RMSprop.
func (o Optimizer) WithMomentum(m float64) Optimizer { o.Momentum = m; return o }

// WithNesterov makes SGD look ahead along its momentum.
func (o Optimizer) WithNesterov() Optimizer { o.Nesterov = true; return o }

// String writes the optimiser as a cell does: "adam(0.001)".
func (o Optimizer) String() string { return fmt.Sprintf("%s(%g)", o.Name, o.LearningRate) }

// check says in a sentence what is wrong with c, if anything is.
func (c Config) check() error {
	o := c.Optimizer
	switch {
	case !slices.Contains(Losses, c.Loss):
		return fmt.Errorf("loss %q is unknown; known are %v", c.Loss, Losses)
	case !slices.Contains([]string{"sgd", "adam", "rmsprop"}, o.Name):
		return fmt.Errorf("optimiser %q is unknown; use kit.SGD, kit.Adam or kit.RMSprop", o.Name)
	case !(o.LearningRate >= 0):
		return fmt.Errorf("the learning rate is %g; it must not be negative", o.LearningRate)
	case o.Momentum < 0 || o.Momentum >= 1:
		return fmt.Errorf("the momentum is %g; it is a share from 0 up to but not including 1", o.Momentum)
	case o.Name == "adam" && o.Momentum != 0:
		return fmt.Errorf("Adam has no momentum to set; its beta_1 plays that part")
	case c.BatchSize < 1:
		return fmt.Errorf("the batch size is %d; it must be at least 1", c.BatchSize)
	}
	return c.checkMetrics()
}

// checkEnd refuses a model that ends in probabilities: the losses apply softmax
// or sigmoid themselves, and twice would train badly without a word.
func (c Config) checkEnd(last layer.Layer) error {
	name := ""
	switch l := last.(type) {
	case layer.DenseLayer:
		name = l.Weighted.Activation
	case layer.ActivationLayer:
		name = l.Name
	}
	if c.Loss.Classifies() && (name == "softmax" || name == "sigmoid") {
		return fmt.Errorf("the model ends in %s but the loss %s applies it by itself; leave it out, Predict gives probabilities all the same", name, c.Loss)
	}
	return nil
}

// Check says in a sentence what is wrong with c, if anything is: the model
// against the input, the loss against the model's end, the optimiser.
func (c Config) Check() error {
	if err := c.check(); err != nil {
		return err
	}
	steps, err := c.Model.Plan(c.Input)
	if err != nil {
		return err
	}
	out := steps[len(steps)-1].Out
	if err := c.checkEnd(steps[len(steps)-1].Layer); err != nil {
		return err
	}
	if len(out) != 1 {
		return fmt.Errorf("the model ends in shape %v; end it with layer.Flatten() and layer.Dense", out)
	}
	if c.AsTraining {
		return nil // what it gives is only looked at
	}
	classes := 0
	switch {
	case c.Loss == SparseCategoricalCrossentropy:
		classes = out[0]
	case out[0] != 1:
		return fmt.Errorf("the model ends in %d units but the loss is %s; end it with layer.Dense(1)", out[0], c.Loss)
	case c.Loss == BinaryCrossentropy:
		classes = 2
	}
	if c.ClassWeights != nil && len(c.ClassWeights) != classes {
		return fmt.Errorf("there are %d class weights but the model tells %d classes apart; give one for each class", len(c.ClassWeights), classes)
	}
	return nil
}
