package session

import (
	"fmt"
	"math"

	"gonblabs/mnistkit/internal/check"
)

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
