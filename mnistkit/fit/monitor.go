package fit

import (
	"cmp"
	"strings"
)

// Modes say which values of a metric are better.
const (
	Min = "min" // lower is better
	Max = "max" // higher is better
)

// modes are those of the metrics that the kit knows.
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
