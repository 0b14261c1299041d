package fit_test

import (
	"fmt"

	"gonblabs/mnistkit/fit"
)

// losses makes a history of validation losses.
func losses(values ...float64) (h fit.History) {
	for i, v := range values {
		h = append(h, fit.Epoch{Number: i + 1, Metrics: map[string]float64{"val_loss": v}})
	}
	return h
}

// A callback is a function of the history: it can be asked without a training.
func ExampleEarlyStopping() {
	callback := fit.EarlyStopping{Patience: 2}
	h := losses(0.9, 0.5, 0.6, 0.55, 0.4)
	for n := range h {
		if stop := callback.AfterEpoch(h.First(n + 1)).Stop; stop != "" {
			fmt.Println("after epoch", n+1, "because", stop)
			break
		}
	}
	// Output: after epoch 4 because val_loss has not improved for 2 epochs
}

func ExampleAfterEpoch() {
	halve := fit.AfterEpoch(func(h fit.History) fit.Action {
		if h.Last().Number%2 == 0 {
			return fit.Action{LearningRate: h.Last().LearningRate / 2, Note: "rate halved"}
		}
		return fit.Action{}
	})
	action := halve.AfterEpoch(fit.History{{Number: 1, LearningRate: 0.01}, {Number: 2, LearningRate: 0.01}})
	fmt.Println(action.LearningRate, action.Note)
	// Output: 0.005 rate halved
}

func ExampleHistory_Best() {
	h := losses(0.9, 0.5, 0.6)
	best, ok := h.Best("val_loss")
	fmt.Println(best.Number, ok, h.Values("val_loss"))
	// Output: 2 true [0.9 0.5 0.6]
}
