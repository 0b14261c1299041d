package fit

import "strings"

// Modes say which values of a metric are better.
const (
	Min = "min" // lower is better
	Max = "max" // higher is better
)

// ModeOf is the mode that suits a metric's name: Min for losses and errors, Max
// for all others.
func ModeOf(metric string) string {
	name := strings.TrimPrefix(metric, "val_")
	for _, falling := range []string{"loss", "mae", "mse", "error"} {
		if strings.Contains(name, falling) {
			return Min
		}
	}
	return Max
}

// IsJudged says whether a metric has better and worse values. Losses, errors and
// accuracies do; the present value of a variable does not.
func IsJudged(metric string) bool {
	return ModeOf(metric) == Min || strings.Contains(metric, "accuracy")
}
