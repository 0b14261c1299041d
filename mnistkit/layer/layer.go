// Package layer describes neural networks as plain data: the layers, their
// settings, the shapes that flow through them and the weights that they hold.
//
// This package computes nothing. A Stack can be checked, summarised, drawn,
// stored as JSON and compared without a backend; package engine turns it into a
// graph. Names, defaults and parameter counts are those of Keras.
package layer

import "fmt"

// Layer is one step of a model: it takes examples of one shape and gives
// examples of another. Shapes are those of one example, without the batch.
type Layer interface {
	// Kind is the layer's name in Keras, such as "Conv2D".
	Kind() string
	// Output is the shape that the layer gives for the shape in, or an error
	// that says why it cannot take it.
	Output(in []int) ([]int, error)
	// Params are the weights that the layer holds for the shape in.
	Params(in []int) []Param
}

// Param is one array of weights of a layer.
type Param struct {
	Name      string // "kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance"
	Shape     []int
	Trainable bool
	Init      string // an initialiser's name, see Initial
	// Draw makes the first values instead of Init, for a layer of that name.
	Draw func(layer string, seed uint64) []float32 `json:"-"`
}

// Size is the number of values in p.
func (p Param) Size() int { return product(p.Shape) }

// Stack is a model: layers one after the other.
//
//	layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(128).ReLU(), layer.Dense(10)}
//
// It ends in logits, one for each class; losses and Predict apply softmax or
// sigmoid themselves. In JSON it is a list of layers.
type Stack []Layer

// FormatShape writes a shape as Keras does, with None for the batch:
// "(None, 28, 28, 6)".
func FormatShape(shape []int) string {
	text := "(None"
	for _, d := range shape {
		text += fmt.Sprintf(", %d", d)
	}
	return text + ")"
}

// product is how many values a shape has; of too many it is a huge number.
func product(shape []int) int {
	n := 1.0
	for _, d := range shape {
		n *= float64(d)
	}
	return int(min(n, 1<<62))
}
