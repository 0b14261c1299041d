// Package layer describes neural networks as plain data: the layers, their
// settings, the shapes that flow through them and the weights that they hold.
//
// This package computes nothing. A Stack can be checked, summarised, drawn,
// stored as JSON and compared without a backend; package engine turns it into a
// graph. Names, defaults and parameter counts are those of Keras.
package layer

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
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

// Initializers are the kernel initialisers that Init takes, by their Keras names.
var Initializers = []string{"glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "random_uniform", "random_normal", "zeros", "ones"}

// Initial gives the first values of p in the layer called name, drawn from seed.
// Equal seeds and names give equal values on every machine and backend.
func (p Param) Initial(name string, seed uint64) []float32 {
	if p.Draw != nil {
		return p.Draw(name, seed)
	}
	values := make([]float32, p.Size())
	h := fnv.New64a()
	h.Write([]byte(name + "/" + p.Name))
	rng := rand.New(rand.NewPCG(seed, h.Sum64()))
	draw := p.draw(rng)
	for i := range values {
		values[i] = float32(draw())
	}
	return values
}

// draw returns the function that makes one value by the rule p.Init.
func (p Param) draw(rng *rand.Rand) func() float64 {
	uniform := func(limit float64) func() float64 {
		return func() float64 { return (2*rng.Float64() - 1) * limit }
	}
	// Keras draws from a normal cut off at two standard deviations and widens
	// it so that the variance stays.
	normal := func(variance float64) func() float64 {
		sd := math.Sqrt(variance) / 0.87962566103423978
		return func() float64 {
			for {
				if x := rng.NormFloat64(); math.Abs(x) <= 2 {
					return x * sd
				}
			}
		}
	}
	inputs, units := p.Fans()
	in, out := float64(inputs), float64(units)
	rule, distribution, _ := strings.Cut(p.Init, "_")
	gain, fan := 1.0, in // lecun's: the variance is gain/fan
	switch rule {
	case "ones":
		return func() float64 { return 1 }
	case "zeros":
		return func() float64 { return 0 }
	case "random":
		if distribution == "normal" {
			return func() float64 { return rng.NormFloat64() * 0.05 }
		}
		return uniform(0.05)
	case "glorot":
		gain, fan = 2, in+out
	case "he":
		gain = 2
	}
	if distribution == "normal" {
		return normal(gain / fan)
	}
	return uniform(math.Sqrt(3 * gain / fan))
}

// Fans are how many inputs reach one unit, and how many units one input reaches. The
// last axis are the units, the axes before it the inputs of a unit; each place of a
// convolution's kernel reaches its filters.
func (p Param) Fans() (inputs, units int) {
	last := len(p.Shape) - 1
	return product(p.Shape[:last]), product(p.Shape[:max(0, last-1)]) * p.Shape[last]
}
