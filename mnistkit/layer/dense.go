package layer

import (
	"cmp"
	"fmt"
)

// Weighted are the settings that layers with a kernel share.
type Weighted struct {
	Activation  string  `json:"activation,omitempty" known:"activations"`          // see Activations; "" is linear
	Initializer string  `json:"kernel_initializer,omitempty" known:"initializers"` // see Initializers; "" is glorot_uniform
	L1          float64 `json:"l1,omitempty" min:"0"`                              // adds L1·Σ|kernel| to the loss
	L2          float64 `json:"l2,omitempty" min:"0"`                              // adds L2·Σkernel² to the loss
	NoBias      bool    `json:"no_bias,omitempty"`                                 // leave the bias out
}

// params are the kernel and, unless left out, the bias.
func (w Weighted) params(kernel ...int) []Param {
	init := cmp.Or(w.Initializer, "glorot_uniform")
	list := []Param{{Name: "kernel", Shape: kernel, Trainable: true, Init: init}}
	if !w.NoBias {
		list = append(list, Param{Name: "bias", Shape: kernel[len(kernel)-1:], Trainable: true, Init: "zeros"})
	}
	return list
}

// DenseLayer is a fully connected layer; make it with Dense.
type DenseLayer struct {
	Units int `json:"units" min:"1"`
	Weighted
}

// Dense is a fully connected layer: every output is a weighted sum of all
// inputs and a bias.
//
//	layer.Dense(128).ReLU()
//
// Shape [n] to [units]; n·units+units weights, kernel GlorotUniform, bias zero.
func Dense(units int) DenseLayer { return DenseLayer{Units: units} }

// Output is [units]; the input must be flat.
func (d DenseLayer) Output(in []int) ([]int, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("it takes a flat input, got shape %v; put layer.Flatten() before it", in)
	}
	return []int{d.Units}, nil
}

// Params are kernel [n units] and bias [units].
func (d DenseLayer) Params(in []int) []Param {
	return d.params(in[0], d.Units)
}

// Activation sets the activation by its Keras name: layer.Dense(64).Activation("elu").
func (d DenseLayer) Activation(name string) DenseLayer { d.Weighted.Activation = name; return d }

// ReLU sets the activation max(0, x).
func (d DenseLayer) ReLU() DenseLayer { return d.Activation("relu") }

// Sigmoid sets the activation 1/(1+exp(-x)).
func (d DenseLayer) Sigmoid() DenseLayer { return d.Activation("sigmoid") }

// Tanh sets the activation tanh(x).
func (d DenseLayer) Tanh() DenseLayer { return d.Activation("tanh") }

// L1 adds factor·Σ|kernel| to the loss.
func (d DenseLayer) L1(factor float64) DenseLayer { d.Weighted.L1 = factor; return d }

// L2 adds factor·Σkernel² to the loss.
func (d DenseLayer) L2(factor float64) DenseLayer { d.Weighted.L2 = factor; return d }

// NoBias leaves the bias out, as before BatchNorm, which takes it away again.
func (d DenseLayer) NoBias() DenseLayer { d.Weighted.NoBias = true; return d }

// Init sets the kernel's initialiser by its Keras name: layer.Dense(64).Init("he_normal").
func (d DenseLayer) Init(name string) DenseLayer { d.Initializer = name; return d }
