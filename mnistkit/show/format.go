package show

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Count writes a whole number with commas: "60,000".
func Count(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return sign + strings.Join(append([]string{digits}, groups...), ",")
}

// Metric writes the value of a metric as a reader expects it: accuracies in
// percent, "98.61 %", all others with four digits, "0.0458".
func Metric(name string, v float64) string {
	if strings.HasSuffix(name, "accuracy") {
		return fmt.Sprintf("%.2f %%", 100*v)
	}
	return fmt.Sprintf("%.4g", v)
}

// Duration writes seconds as a reader says them: "0.4 s", "3 min 12 s".
func Duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// Points writes how far share a is above share b: "+1.02 points".
func Points(a, b float64) string { return fmt.Sprintf("%+.2f points", 100*(a-b)) }
