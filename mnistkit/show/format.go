package show

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Count writes a whole number with commas: "60,000".
func Count(n int) string { return commas(strconv.Itoa(n)) }

// commas puts them into the digits of a whole number.
func commas(digits string) string {
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Metric writes the value of a metric as a reader expects it: accuracies in
// percent, "98.61 %", all others as Number does, "0.0458".
func Metric(name string, v float64) string {
	if strings.HasSuffix(name, "accuracy") {
		return Percent(v)
	}
	return Number(v)
}

// Number writes a value as Keras does: with four decimals, such as "0.9891", or
// with three digits and a power of ten where four decimals would be all zeros.
func Number(v float64) string {
	switch size := math.Abs(v); {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "-∞"
	case v == 0 || size >= 0.00095 && size < 1000:
		return fmt.Sprintf("%.4f", v)
	case size >= 1000 && size < 1e6:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2e", v)
}

// Duration writes seconds as a reader says them: "0.4 s", "3 min 12 s".
func Duration(seconds float64) string {
	switch d := time.Duration(math.Round(seconds)) * time.Second; {
	case seconds < 9.95:
		return fmt.Sprintf("%.1f s", seconds)
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	}
}

// Percent writes a share as percent: "98.61 %".
func Percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }

// Points writes how far share a is above share b: "+1.02 points".
func Points(a, b float64) string { return fmt.Sprintf("%+.2f points", 100*(a-b)) }
