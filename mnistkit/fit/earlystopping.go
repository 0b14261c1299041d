package fit

import (
	"cmp"
	"fmt"
	"math"
)

// EarlyStopping ends a training when a metric stops improving.
//
//	kit.EarlyStopping{Monitor: "val_accuracy", Patience: 6}
//
// Keras' defaults: Monitor "val_loss", Patience 0, MinDelta 0. With
// RestoreBest it keeps the weights of the best epoch, and Evaluate and Predict
// use them.
type EarlyStopping struct {
	Monitor        string
	Mode           string   `known:"auto min max"`
	Patience       int      // epochs without improvement before it stops
	MinDelta       float64  `min:"0"` // a smaller change is no improvement
	Baseline       *float64 // a value that must be beaten to reset the patience
	StartFromEpoch int      // epochs at the start that do not count
	RestoreBest    bool
}

func (c EarlyStopping) check(metrics []string) error {
	return checkMonitor(c, cmp.Or(c.Monitor, "val_loss"), metrics)
}

// AfterEpoch goes through the whole history, as Keras would have.
func (c EarlyStopping) AfterEpoch(h History) Action {
	metric := cmp.Or(c.Monitor, "val_loss")
	better, best := isBetter(c.Mode, metric, c.MinDelta), math.NaN()
	wait, improved, stop := 0, false, false
	for i, v := range h.Values(metric) {
		if i < c.StartFromEpoch {
			continue
		}
		wait++
		if improved = better(v, best); improved {
			best = v
			if c.Baseline == nil || better(v, *c.Baseline) {
				wait = 0
			}
		}
		stop = !improved && wait >= c.Patience && i > 0
	}
	action := Action{SaveBest: improved && c.RestoreBest}
	if stop {
		action.Stop = fmt.Sprintf("%s has not improved for %d epochs", metric, wait)
	}
	return action
}
