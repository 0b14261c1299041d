// Package layer describes neural networks as plain data: which layers, their
// settings, the shapes that flow through them and the weights that they hold.
//
// Nothing here computes. A Stack is checked, summarised, drawn, stored as JSON
// and compared without a backend; package engine turns it into a graph. Names,
// defaults and parameter counts are Keras'.
package layer

import (
	"fmt"
	"strings"
)

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
	FanIn     int    // inputs that reach one unit, for Init
	FanOut    int    // units that one input reaches, for Init
}

// Size is the number of values in p.
func (p Param) Size() int { return product(p.Shape) }

// Stack is a model: layers one behind the other.
//
//	layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(128).ReLU(), layer.Dense(10)}
//
// It ends in logits, one for each class; losses and Predict apply softmax or
// sigmoid themselves. It marshals to a JSON list, a layer an entry.
type Stack []Layer

// Step is one layer of a Stack in its place: named as Keras names it, with the
// shapes before and behind it and its weights.
type Step struct {
	Layer   Layer
	Name    string // "conv2d_1": unique in the stack
	In, Out []int
	Params  []Param
}

// Plan checks the stack for inputs of the shape in and returns a Step for each
// layer.
//
//	steps, err := stack.Plan([]int{28, 28, 1})
//
// An error names the layer by its place and says what it was given.
func (s Stack) Plan(in []int) ([]Step, error) {
	if len(s) == 0 {
		return nil, fmt.Errorf("the model has no layers; give it at least one, such as layer.Dense(10)")
	}
	steps := make([]Step, len(s))
	seen := map[string]int{}
	for i, l := range s {
		if l == nil {
			return nil, fmt.Errorf("layer %d of the model is nil; remove it or put a layer there", i+1)
		}
		out, err := l.Output(in)
		if err != nil {
			return nil, fmt.Errorf("layer %d, %s: %w", i+1, l.Kind(), err)
		}
		name := snake(l.Kind())
		seen[name]++
		if n := seen[name]; n > 1 {
			name = fmt.Sprintf("%s_%d", name, n-1)
		}
		steps[i] = Step{Layer: l, Name: name, In: in, Out: out, Params: l.Params(in)}
		in = out
	}
	return steps, nil
}

// Counts are a model's numbers of weights, as in the last lines of Keras'
// summary.
type Counts struct {
	Total        int `json:"total"`
	Trainable    int `json:"trainable"`
	NonTrainable int `json:"non_trainable"`
}

// Count adds up the weights of steps.
func Count(steps []Step) Counts {
	var c Counts
	for _, s := range steps {
		for _, p := range s.Params {
			c.Total += p.Size()
			if p.Trainable {
				c.Trainable += p.Size()
			} else {
				c.NonTrainable += p.Size()
			}
		}
	}
	return c
}

// FormatShape writes a shape as Keras does, with None for the batch:
// "(None, 28, 28, 6)".
func FormatShape(shape []int) string {
	var b strings.Builder
	b.WriteString("(None")
	for _, d := range shape {
		fmt.Fprintf(&b, ", %d", d)
	}
	b.WriteString(")")
	return b.String()
}

// snake turns a class name into Keras' automatic layer name: "MaxPooling2D"
// becomes "max_pooling2d".
func snake(kind string) string {
	var b strings.Builder
	for i, r := range kind {
		upper := r >= 'A' && r <= 'Z'
		if upper && i > 0 {
			if prev := kind[i-1]; prev >= 'a' && prev <= 'z' {
				b.WriteByte('_')
			}
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
