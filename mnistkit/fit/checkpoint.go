package fit

import "cmp"

// ModelCheckpoint keeps the weights of the best epoch so far.
//
//	kit.ModelCheckpoint{Monitor: "val_accuracy"}
//
// Evaluate and Predict use the best weights from then on. Monitor is
// "val_loss" unless set; Mode "min" or "max" follows from its name.
type ModelCheckpoint struct {
	Monitor string
	Mode    string `known:"auto min max"`
}

func (c ModelCheckpoint) check(metrics []string) error {
	return checkMonitor(c, cmp.Or(c.Monitor, "val_loss"), metrics)
}

// AfterEpoch keeps the weights when the last value is the best of all.
func (c ModelCheckpoint) AfterEpoch(h History) Action {
	best, _ := h.Best(cmp.Or(c.Monitor, "val_loss"), c.Mode)
	return Action{SaveBest: best.Number == len(h)}
}
