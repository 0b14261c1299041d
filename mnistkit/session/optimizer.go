package session

import (
	"cmp"
	"fmt"
	"math"

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
// none. What SGD, Adam, AdamW or RMSprop has made keeps a zero that was set.
func (o Optimizer) withDefaults() Optimizer {
	if o == (Optimizer{}) {
		return Adam(1e-3)
	}
	keras := kerasDefaults[o.Name]
	if o.Epsilon == 0 || o.Beta2 == 0 { // a struct
		o.Beta1 = cmp.Or(o.Beta1, keras.Beta1)
		o.WeightDecay = cmp.Or(o.WeightDecay, keras.WeightDecay)
	}
	o.Beta2 = cmp.Or(o.Beta2, keras.Beta2)
	o.Rho = cmp.Or(o.Rho, keras.Rho)
	o.Epsilon = cmp.Or(o.Epsilon, keras.Epsilon)
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

// String writes the optimiser as a cell does: "Adam(0.001)", which none at all stands for.
func (o Optimizer) String() string {
	o = o.withDefaults()
	constructor := cmp.Or(map[string]string{"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop"}[o.Name], o.Name)
	code := fmt.Sprintf("%s(%g)", constructor, o.LearningRate)
	add := func(form string, has, plain float64) {
		if has != plain {
			code += fmt.Sprintf(form, has)
		}
	}
	keras := kerasDefaults[o.Name]
	add(".WithMomentum(%g)", o.Momentum, 0)
	add(".WithWeightDecay(%g)", o.WeightDecay, keras.WeightDecay)
	add(".WithClipNorm(%g)", o.ClipNorm, 0)
	add(".WithClipValue(%g)", o.ClipValue, 0)
	add(".WithGlobalClipNorm(%g)", o.GlobalClipNorm, 0)
	add(".WithEMA(%g)", o.EMA, 0)
	if o.Nesterov {
		code += ".WithNesterov()"
	}
	if o.Schedule != (Schedule{}) {
		code += fmt.Sprintf(".WithSchedule(%s)", o.Schedule)
	}
	add(", Beta1 %g", o.Beta1, keras.Beta1)
	add(", Beta2 %g", o.Beta2, keras.Beta2)
	add(", Rho %g", o.Rho, keras.Rho)
	add(", Epsilon %g", o.Epsilon, keras.Epsilon)
	return code
}

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

// Schedule changes the learning rate from step to step: in each one it multiplies the
// optimiser's rate, or the rate that a callback chose for the epoch. Cosine and OneCycle
// make one. After its last epoch the rate stays as it is.
type Schedule struct {
	Name   string  `json:"name" known:"cosine one_cycle"`
	Epochs float64 `json:"epochs" above:"0"`      // how long it takes, the warm-up included
	Warmup float64 `json:"warmup" min:"0"`        // epochs, or a part of one, in which the rate rises
	Start  float64 `json:"start" min:"0" max:"1"` // share of the rate with which a warm-up begins
	Alpha  float64 `json:"alpha" min:"0" max:"1"` // share of the rate that is left at the end
}

// Cosine lowers the rate to zero, along half a cosine: Keras' CosineDecay.
//
//	kit.Adam(1e-3).WithSchedule(kit.Cosine(20).WithWarmup(1))
//
// It counts epochs where Keras counts steps, so that it suits data of any size.
func Cosine(epochs float64) Schedule { return Schedule{Name: "cosine", Epochs: epochs} }

// OneCycle raises the rate from 1/25 in the first 30 % of the steps, and then lowers it to
// almost nothing, both along half a cosine.
//
//	kit.Adam(0.01).WithSchedule(kit.OneCycle(5))
//
// The rate of the optimiser is the largest; FindRate suggests one. The rates are those of
// PyTorch's OneCycleLR (L. Smith, 2018). The momentum stays as it is.
func OneCycle(epochs float64) Schedule {
	return Schedule{Name: "one_cycle", Epochs: epochs, Warmup: 0.3 * epochs, Start: 1.0 / 25, Alpha: 1.0 / 25 / 1e4}
}

// WithWarmup has the rate rise in the first epochs, or a part of one: from zero and evenly
// in Cosine, as in Keras.
func (s Schedule) WithWarmup(epochs float64) Schedule { s.Warmup = epochs; return s }

// WithAlpha keeps a share of the rate at the end.
func (s Schedule) WithAlpha(share float64) Schedule { s.Alpha = share; return s }

// String writes the schedule as a cell does: "Cosine(20).WithWarmup(1)".
func (s Schedule) String() string {
	made, constructor := Cosine(s.Epochs), "Cosine"
	if s.Name == "one_cycle" {
		made, constructor = OneCycle(s.Epochs), "OneCycle"
	}
	code := fmt.Sprintf("%s(%g)", constructor, s.Epochs)
	if s.Warmup != made.Warmup {
		code += fmt.Sprintf(".WithWarmup(%g)", s.Warmup)
	}
	if s.Alpha != made.Alpha {
		code += fmt.Sprintf(".WithAlpha(%g)", s.Alpha)
	}
	return code
}

// Factor is what the rate is multiplied by in a step, counted from 0, where an epoch has
// so many steps.
//
//	session.Cosine(2).Factor(50, 100) // 0.85
func (s Schedule) Factor(step, of int) float64 {
	between := func(a, b, share float64) float64 { return b + (a-b)*(1+math.Cos(math.Pi*share))/2 }
	last := 0.0
	if s.Name == "one_cycle" { // PyTorch counts to the last step of a phase, Keras to the one after
		last = 1
	}
	at, up, end := float64(step), max(0, s.Warmup*float64(of)-last), s.Epochs*float64(of)-last
	switch {
	case at < up && s.Name == "cosine":
		return s.Start + (1-s.Start)*at/up
	case at < up:
		return between(s.Start, 1, at/up)
	case at < end:
		return between(1, s.Alpha, (at-up)/(end-up))
	}
	return s.Alpha
}

func (s Schedule) check() error {
	err := check.Fields(s)
	switch {
	case s == Schedule{}: // the rate is constant
		return nil
	case s.Name == "":
		err = fmt.Errorf("its Name is empty; make it with kit.Cosine or kit.OneCycle")
	case err == nil && s.Warmup > s.Epochs:
		err = fmt.Errorf("Warmup is %g, longer than the whole of %g epochs; make it shorter", s.Warmup, s.Epochs)
	}
	if err != nil {
		return fmt.Errorf("Schedule: %w", err)
	}
	return nil
}
