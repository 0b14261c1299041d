package fit

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonblabs/mnistkit/internal/check"
)

// Callback looks at the history after every epoch and says what to do. It is
// a function of the history alone, so a run that continues in another cell, or
// tomorrow, makes the same decisions as one that never stopped.
//
//	kit.AfterEpoch(func(h kit.History) kit.Action { … })
type Callback interface {
	AfterEpoch(h History) Action
}

// Action is what a Callback asks for; the zero value asks for nothing.
type Action struct {
	Stop         string  // a reason to stop: "val_loss has not improved for 6 epochs"
	LearningRate float64 // for the next epoch; 0 leaves it
	SaveBest     bool    // keep this epoch's weights as the best
	Note         string  // goes into the history beside the epoch
	SaveAs       string  // keep this epoch's weights under this name too

	// Of SaveAs: checkpoints of one series, one every so many epochs, of which only
	// the newest stay; 0 is all.
	series        string
	every, newest int

	// Of LearningRate: with two that lower the rate after one epoch it is multiplied by both, but not below a floor.
	factor, floor float64
}

// AfterEpoch makes a Callback of a function.
type AfterEpoch func(h History) Action

// AfterEpoch calls f.
func (f AfterEpoch) AfterEpoch(h History) Action { return f(h) }

// checker is a Callback that can tell, before any work, that its settings or
// what it monitors make no sense.
type checker interface {
	check(metrics []string) error
}

// RateSetter is a Callback that also chooses the learning rate before each
// epoch, also before the first.
type RateSetter interface {
	// RateBefore is the rate of the epoch after h; without the callback it
	// would be rate.
	RateBefore(h History, rate float64) float64
}

// isBetter is what ModelCheckpoint, ReduceLROnPlateau and EarlyStopping call
// better: as in Keras by more than minDelta, in float32. Any number is better
// than NaN, which stands for none so far. (In Keras a NaN in the first epoch
// is never beaten: one bad value would end the run and keep its weights.)
func isBetter(mode, metric string, minDelta float64) func(a, best float64) bool {
	if mode == "" || mode == "auto" {
		mode = ModeOf(metric)
	}
	return func(a, best float64) bool {
		switch {
		case mode != Min && mode != Max: // nobody knows
			return false
		case math.IsNaN(a) || math.IsNaN(best):
			return !math.IsNaN(a)
		case mode == Min:
			return float32(a+minDelta) < float32(best)
		}
		return float32(a-minDelta) > float32(best)
	}
}

// checkMonitor says what is wrong with a callback that monitors a metric.
func checkMonitor(callback any, metric string, metrics []string) error {
	if err := check.Fields(callback); err != nil || slices.Contains(metrics, metric) {
		return err
	}
	hint := ""
	if strings.HasPrefix(metric, "val_") && !slices.Contains(metrics, "val_loss") {
		hint = "; validation metrics need a validation split, such as Holdout(0.15)"
	}
	return fmt.Errorf("there is no metric %q to monitor; this run has %v%s", metric, metrics, hint)
}

// TerminateOnNaN stops a training when its loss is not a number any more. Fit
// always uses one.
type TerminateOnNaN struct{}

// AfterEpoch stops when the last loss is NaN or infinite.
func (TerminateOnNaN) AfterEpoch(h History) Action {
	loss, ok := h.Last().Metrics["loss"]
	if ok && (math.IsNaN(loss) || math.IsInf(loss, 0)) {
		return Action{Stop: fmt.Sprintf("the loss is not a number any more (%g) in epoch %d: the training has diverged; try a smaller learning rate, and inputs near 1, as Rescale and Normalized make them", loss, h.Last().Number)}
	}
	return Action{}
}

// Modes say which values of a metric are better.
const (
	Min = "min" // lower is better
	Max = "max" // higher is better
)

var modes = map[string]string{
	"loss": Min, "mae": Min, "mse": Min, "rmse": Min,
	"accuracy": Max, "binary_accuracy": Max, "auc": Max, "precision": Max, "recall": Max,
}

// ModeOf is the mode of a metric of the kit's, such as "loss", also with the name of its
// data before it; "" for any other, of which one has to say what is better.
//
//	fit.ModeOf("val_mae") // "min"
func ModeOf(metric string) string {
	_, ofData, _ := strings.Cut(metric, "_")
	return cmp.Or(modes[metric], modes[ofData])
}
