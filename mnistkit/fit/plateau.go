package fit

import (
	"cmp"
	"fmt"
	"math"
)

// ReduceLROnPlateau lowers the learning rate when a metric stops improving.
//
//	kit.ReduceLROnPlateau{Monitor: "val_loss", Factor: 0.5, Patience: 4, MinLR: 1e-4}
//
// Keras' defaults: Monitor "val_loss", Factor 0.1, Patience 10, MinDelta 1e-4,
// Cooldown 0, MinLR 0.
type ReduceLROnPlateau struct {
	Monitor  string
	Mode     string  `known:"auto min max"`
	Factor   float64 `above:"0" below:"1"` // the rate is multiplied by it; 0 is 0.1
	Patience int     // epochs without improvement before that; 0 is 10
	MinDelta float64 `min:"0"` // a smaller change is no improvement; 0 is 1e-4, NoDelta is 0
	Cooldown int     // epochs to wait after a reduction
	MinLR    float64 `min:"0"` // the rate never falls below it
}

// NoDelta stands for a MinDelta of zero, since 0 is the default.
const NoDelta = -1

func (c ReduceLROnPlateau) withDefaults() ReduceLROnPlateau {
	c.Monitor = cmp.Or(c.Monitor, "val_loss")
	c.Factor = cmp.Or(c.Factor, 0.1)
	c.Patience = cmp.Or(c.Patience, 10)
	c.MinDelta = cmp.Or(c.MinDelta, 1e-4)
	if c.MinDelta == NoDelta {
		c.MinDelta = 0
	}
	return c
}

func (c ReduceLROnPlateau) check(metrics []string) error {
	c = c.withDefaults()
	return checkMonitor(c, c.Monitor, metrics)
}

// AfterEpoch goes through the whole history, as Keras would have.
func (c ReduceLROnPlateau) AfterEpoch(h History) Action {
	c = c.withDefaults()
	better, best := isBetter(c.Mode, c.Monitor, c.MinDelta), math.NaN()
	wait, cooldown := 0, 0
	var action Action
	for i, v := range h.Values(c.Monitor) {
		action = Action{}
		if cooldown > 0 {
			cooldown--
			wait = 0
		}
		if better(v, best) {
			best, wait = v, 0
		} else if cooldown == 0 {
			wait++
		}
		if rate := h[i].LearningRate; wait >= c.Patience && float32(rate) > float32(c.MinLR) {
			lower := max(rate*c.Factor, c.MinLR)
			cooldown, wait = c.Cooldown, 0
			action = Action{LearningRate: lower, factor: c.Factor, floor: c.MinLR, Note: fmt.Sprintf("learning rate %g → %g: %s has not improved for %d epochs", rate, lower, c.Monitor, c.Patience)}
		}
	}
	return action
}
