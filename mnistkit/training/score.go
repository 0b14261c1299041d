package training

import (
	"fmt"
	"math"
	"strings"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/show"
)

// Score is what Evaluate measured for one run on one data set.
type Score struct {
	Run string
	runs.Score
}

// Loss is the mean loss.
func (s Score) Loss() float64 { return s.Metrics["loss"] }

// Accuracy is the share of right answers, from 0 to 1; NaN for a regression.
func (s Score) Accuracy() float64 {
	if a, ok := s.Metrics["accuracy"]; ok {
		return a
	}
	return math.NaN()
}

// Text is the score in a sentence.
func (s Score) Text() string {
	var parts []string
	for _, name := range (fit.History{{Metrics: s.Metrics}}).Metrics() {
		parts = append(parts, name+" "+show.Metric(name, s.Metrics[name]))
	}
	return fmt.Sprintf("%s on %s (%s): %s\n", s.Run, s.Set, s.Weights, strings.Join(parts, ", "))
}

// HTML is the score in a sentence.
func (s Score) HTML() string {
	return show.Line(strings.TrimSpace(s.Text())).HTML()
}
