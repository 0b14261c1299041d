package layer

import (
	"cmp"
	"fmt"

	"gonblabs/mnistkit/internal/check"
)

type weightless struct{}

// Params: it has none.
func (weightless) Params([]int) []Param { return nil }

// FlattenLayer makes one axis of all axes; make it with Flatten.
type FlattenLayer struct{ weightless }

// Flatten makes one long row of an image: layer.Flatten() turns [28 28 1] into [784].
func Flatten() FlattenLayer { return FlattenLayer{} }

// Output is [product of in].
func (FlattenLayer) Output(in []int) ([]int, error) { return []int{product(in)}, nil }

// RescaleLayer multiplies and shifts; make it with Rescale.
type RescaleLayer struct {
	weightless
	Scale  float64 `json:"scale"`
	Offset float64 `json:"offset,omitempty"`
}

// Rescale multiplies every value by scale: layer.Rescale(1.0 / 255) brings
// pixels 0…255 to 0…1. Set Offset to add a constant after it. A scale of 0 is
// an error: in Go 1/255 is 0.
func Rescale(scale float64) RescaleLayer { return RescaleLayer{Scale: scale} }

// Output is the input's shape.
func (r RescaleLayer) Output(in []int) ([]int, error) {
	if r.Scale == 0 {
		return nil, fmt.Errorf("its scale is 0, which makes every image black: in Go 1/255 is 0; write 1.0 / 255")
	}
	return in, nil
}

// Activations are the activations that Dense, Conv2D and Activation know, by
// their Keras names.
var Activations = []string{"linear", "relu", "sigmoid", "tanh", "softmax", "elu", "selu", "softplus", "softsign", "gelu", "silu", "swish", "leaky_relu"}

func init() { check.Known["activations"], check.Known["initializers"] = Activations, Initializers }

// ActivationLayer applies an activation; make it with Activation or ReLU.
type ActivationLayer struct {
	weightless
	Name string `json:"activation" known:"activations"`
}

// Activation applies an activation by its Keras name: layer.Activation("tanh").
// See Activations for the names.
func Activation(name string) ActivationLayer { return ActivationLayer{Name: name} }

// ReLU applies max(0, x): layer.ReLU().
func ReLU() ActivationLayer { return Activation("relu") }

// Output is the input's shape.
func (ActivationLayer) Output(in []int) ([]int, error) { return in, nil }

// DropoutLayer drops values while training; make it with Dropout.
type DropoutLayer struct {
	weightless
	Rate float64 `json:"rate" min:"0" below:"1" hint:"a share"`
}

// Dropout sets a random share of the values to zero while training and scales
// the rest up, so that their sum stays the same on average: layer.Dropout(0.3). It
// does nothing when the model is evaluated or predicts.
func Dropout(rate float64) DropoutLayer { return DropoutLayer{Rate: rate} }

// Output is the input's shape.
func (DropoutLayer) Output(in []int) ([]int, error) { return in, nil }

// BatchNormLayer normalises each channel; make it with BatchNorm.
type BatchNormLayer struct {
	Averaging
	Epsilon float64 `json:"epsilon,omitempty" min:"0"` // added to the variance; 0 is 0.001
}

// Averaging says how fast the moving averages of BatchNorm follow the batches.
type Averaging struct {
	Momentum *float64 `json:"momentum,omitempty" min:"0" below:"1"` // the share of the old average that stays; nil is 0.99
}

// BatchNorm brings each channel of a batch to mean 0 and variance 1, then
// scales and shifts it by two weights that it learns.
//
//	layer.BatchNorm()
//
// The last axis is the channel. While training it uses the batch's mean and
// variance and keeps moving averages (momentum 0.99); evaluation uses those.
// After Embedding(…).MaskZero() padding does not count.
func BatchNorm() BatchNormLayer { return BatchNormLayer{} }

// Momentum sets the share of the old moving averages that stays after each batch.
//
//	layer.BatchNorm().Momentum(0.9)
//
// With the default 0.99 it takes some hundred batches to forget the first values,
// so a model evaluates badly after few steps. 0 keeps only the last batch.
func (b BatchNormLayer) Momentum(share float64) BatchNormLayer {
	b.Averaging.Momentum = &share
	return b
}

// Output is the input's shape.
func (BatchNormLayer) Output(in []int) ([]int, error) {
	if len(in) == 0 {
		return nil, fmt.Errorf("it takes inputs with at least one axis")
	}
	return in, nil
}

// Params are gamma, beta, moving_mean and moving_variance, each [channels].
func (BatchNormLayer) Params(in []int) []Param {
	c := in[len(in)-1:]
	return []Param{
		{Name: "gamma", Shape: c, Trainable: true, Init: "ones"},
		{Name: "beta", Shape: c, Trainable: true, Init: "zeros"},
		{Name: "moving_mean", Shape: c, Init: "zeros"},
		{Name: "moving_variance", Shape: c, Init: "ones"},
	}
}

// Settings are momentum and epsilon with the defaults filled in.
func (b BatchNormLayer) Settings() (momentum, epsilon float64) {
	momentum = 0.99
	return *cmp.Or(b.Averaging.Momentum, &momentum), cmp.Or(b.Epsilon, 1e-3)
}
