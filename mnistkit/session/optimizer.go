package session

import (
	"cmp"
	"fmt"

	"gonblabs/mnistkit/internal/check"
)

// Optimizer is an optimiser and its settings. SGD, Adam, AdamW and RMSprop make one
// with Keras' defaults.
type Optimizer struct {
	Name         string  `json:"name"`
	LearningRate float64 `json:"learning_rate" above:"0" hint:"in Go 1/1000 is 0, so write 1.0 / 1000"`
	Momentum     float64 `json:"momentum,omitempty" min:"0" below:"1"`
	Nesterov     bool    `json:"nesterov,omitempty"`
	Beta1        float64 `json:"beta_1,omitempty" min:"0" below:"1"`
	Beta2        float64 `json:"beta_2,omitempty" min:"0" below:"1"`
	Rho          float64 `json:"rho,omitempty" min:"0" below:"1"`
	Epsilon      float64 `json:"epsilon,omitempty" min:"0"`

	WeightDecay    float64 `json:"weight_decay,omitempty" min:"0"`           // share of each weight that a step takes off, times the rate
	ClipNorm       float64 `json:"clipnorm,omitempty" min:"0"`               // longest gradient of an array of weights; 0 is any
	ClipValue      float64 `json:"clipvalue,omitempty" min:"0"`              // largest number in a gradient; 0 is any
	GlobalClipNorm float64 `json:"global_clipnorm,omitempty" min:"0"`        // longest gradient of all weights together; 0 is any
	EMA            float64 `json:"ema_momentum,omitempty" min:"0" below:"1"` // of averaged weights; 0 averages none

	Schedule Schedule `json:"schedule,omitzero"` // multiplies the rate in each step
}

// SGD is gradient descent at a constant rate.
//
//	kit.SGD(0.01).WithMomentum(0.9)
//
// Keras' default rate is 0.01. There is no momentum by default.
func SGD(rate float64) Optimizer { return Optimizer{Name: "sgd", LearningRate: rate} }

// Adam adapts each weight's step to the mean and the variance of its gradient.
//
//	kit.Adam(1e-3)
//
// As in Keras, beta_1 is 0.9, beta_2 0.999 and epsilon 1e-7.
func Adam(rate float64) Optimizer { return Optimizer{Name: "adam", LearningRate: rate}.withDefaults() }

// AdamW is Adam that also makes each weight smaller in every step: decoupled weight decay
// (Loshchilov and Hutter, 2019).
//
//	kit.AdamW(1e-3).WithWeightDecay(0.01)
//
// As in Keras, a step takes off 0.004 times the rate of each weight, of biases too, and
// the rest is as in Adam.
func AdamW(rate float64) Optimizer {
	return Optimizer{Name: "adamw", LearningRate: rate}.withDefaults()
}

// RMSprop divides each weight's step by the root of its gradient's mean square.
//
//	kit.RMSprop(1e-3)
//
// As in Keras, rho is 0.9, epsilon 1e-7, and there is no momentum.
func RMSprop(rate float64) Optimizer {
	return Optimizer{Name: "rmsprop", LearningRate: rate}.withDefaults()
}

// kerasDefaults are the settings of each optimiser besides its rate.
var kerasDefaults = map[string]Optimizer{
	"sgd":     {},
	"adam":    {Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7},
	"adamw":   {Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7, WeightDecay: 0.004},
	"rmsprop": {Rho: 0.9, Epsilon: 1e-7},
}

// withDefaults is Adam(0.001) where there is no optimiser at all, and otherwise
// fills in Keras' defaults for an optimiser written as a struct; its rate has
// none.
func (o Optimizer) withDefaults() Optimizer {
	if o == (Optimizer{}) {
		return Adam(1e-3)
	}
	keras := kerasDefaults[o.Name]
	o.Beta1 = cmp.Or(o.Beta1, keras.Beta1)
	o.Beta2 = cmp.Or(o.Beta2, keras.Beta2)
	o.Rho = cmp.Or(o.Rho, keras.Rho)
	o.Epsilon = cmp.Or(o.Epsilon, keras.Epsilon)
	o.WeightDecay = cmp.Or(o.WeightDecay, keras.WeightDecay)
	return o
}

// WithMomentum sets the share of each step that is added to the next one. SGD
// and RMSprop have it.
func (o Optimizer) WithMomentum(m float64) Optimizer { o.Momentum = m; return o }

// WithNesterov makes SGD look ahead along its momentum.
func (o Optimizer) WithNesterov() Optimizer { o.Nesterov = true; return o }

// WithWeightDecay takes a share of each weight, times the rate, off it in every step.
func (o Optimizer) WithWeightDecay(share float64) Optimizer { o.WeightDecay = share; return o }

// WithClipNorm shortens the gradient of each array of weights to a length at most.
func (o Optimizer) WithClipNorm(length float64) Optimizer { o.ClipNorm = length; return o }

// WithClipValue limits each number of the gradients, to both sides of zero.
func (o Optimizer) WithClipValue(most float64) Optimizer { o.ClipValue = most; return o }

// WithGlobalClipNorm shortens the gradient of all weights together to a length at most.
func (o Optimizer) WithGlobalClipNorm(length float64) Optimizer { o.GlobalClipNorm = length; return o }

// WithEMA keeps a moving average of the weights, which then answers in their place: for
// the validation, Evaluate, Predict, Weights and whatever is written.
//
//	kit.Adam(1e-3).WithEMA(0.999)
//
// In each step the average keeps so much of itself, and takes the rest from the weights,
// as in Keras with use_ema and ema_momentum. The first step sets it to the weights.
func (o Optimizer) WithEMA(momentum float64) Optimizer { o.EMA = momentum; return o }

// WithSchedule changes the rate from step to step.
//
//	kit.Adam(1e-3).WithSchedule(kit.Cosine(20))
func (o Optimizer) WithSchedule(s Schedule) Optimizer { o.Schedule = s; return o }

// String writes the optimiser as a cell does: "Adam(0.001)".
func (o Optimizer) String() string {
	constructor := cmp.Or(map[string]string{"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop"}[o.Name], o.Name)
	code := fmt.Sprintf("%s(%g)", constructor, o.LearningRate)
	for _, part := range []struct {
		name       string
		has, plain float64
	}{
		{"Momentum", o.Momentum, 0}, {"WeightDecay", o.WeightDecay, kerasDefaults[o.Name].WeightDecay},
		{"ClipNorm", o.ClipNorm, 0}, {"ClipValue", o.ClipValue, 0}, {"GlobalClipNorm", o.GlobalClipNorm, 0}, {"EMA", o.EMA, 0},
	} {
		if part.has != part.plain {
			code += fmt.Sprintf(".With%s(%g)", part.name, part.has)
		}
	}
	if o.Nesterov {
		code += ".WithNesterov()"
	}
	if o.Schedule != (Schedule{}) {
		code += fmt.Sprintf(".WithSchedule(%s)", o.Schedule)
	}
	return code
}

// check says in a sentence what is wrong with o, if anything is.
func (o Optimizer) check() error {
	keras, known := kerasDefaults[o.Name]
	switch {
	case !known:
		return fmt.Errorf("optimiser %q is unknown; use kit.SGD, kit.Adam, kit.AdamW or kit.RMSprop", o.Name)
	case (o.Name == "adam" || o.Name == "adamw") && o.Momentum != 0:
		return fmt.Errorf("%s has no momentum to set; its beta_1 plays that part", o.Name)
	case o.Nesterov && o.Name != "sgd", o.Rho != 0 && keras.Rho == 0, o.Epsilon != 0 && keras.Epsilon == 0,
		o.Beta1 != 0 && keras.Beta1 == 0, o.Beta2 != 0 && keras.Beta2 == 0:
		return fmt.Errorf("%s is given settings of another optimiser; make it with kit.SGD, kit.Adam, kit.AdamW or kit.RMSprop", o.Name)
	case o.ClipNorm != 0 && o.ClipValue != 0, o.ClipNorm != 0 && o.GlobalClipNorm != 0, o.ClipValue != 0 && o.GlobalClipNorm != 0:
		return fmt.Errorf("%s is told to clip gradients in two ways; set one of ClipNorm, ClipValue and GlobalClipNorm", o.Name)
	}
	if err := cmp.Or(check.Fields(o), o.Schedule.check()); err != nil {
		return fmt.Errorf("optimiser %s: %w", o.Name, err)
	}
	return nil
}
