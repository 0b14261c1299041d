package score

import (
	"fmt"
	"math"
)

// Format writes a metric as tables and figures show it: four decimals, or
// three digits and a power of ten where those would say nothing.
//
//	score.Format(0.98914) // "0.9891"
func Format(v float64) string {
	switch size := math.Abs(v); {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "-∞"
	case v == 0 || size >= 0.00095 && size < 1000:
		return fmt.Sprintf("%.4f", v)
	}
	return fmt.Sprintf("%.2e", v)
}

// Percent writes a share: 0.98914 is "98.91 %".
func Percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }
