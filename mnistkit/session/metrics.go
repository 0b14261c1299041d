package session

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Metrics are those that an engine knows in addition to the loss. "accuracy" is
// the accuracy that Keras chooses for the loss; those from "binary_accuracy" on
// need two classes.
var Metrics = []string{"accuracy", "mae", "mse", "rmse", "binary_accuracy", "auc", "precision", "recall"}

// AUCThresholds is how many thresholds "auc" has, as in Keras.
const AUCThresholds = 200

// SumsOf names the sums over the examples from which a metric is computed: its
// own name where it is their mean, else several with a part after a slash.
//
//	session.SumsOf("precision") // [precision/true positives precision/positives]
//
// Partial.Means computes the metric from them.
func SumsOf(metric string) []string {
	switch metric {
	case "precision":
		return []string{"precision/true positives", "precision/answered positives"}
	case "recall":
		return []string{"recall/true positives", "recall/positives"}
	case "auc":
		names := make([]string, 0, 2*AUCThresholds)
		for _, what := range []string{"true", "false"} {
			for i := range AUCThresholds {
				names = append(names, "auc/"+what+" positives "+strconv.Itoa(i))
			}
		}
		return names
	}
	return []string{metric}
}

// Reduce computes metrics from sums over n examples.
//
//	session.Reduce(partial.Sums, partial.Examples)
func Reduce(sums map[string]float64, n int) map[string]float64 {
	metrics := make(map[string]float64, len(sums))
	for key, sum := range sums {
		name, _, _ := strings.Cut(key, "/")
		if _, done := metrics[name]; done {
			continue
		}
		switch name {
		case "precision", "recall":
			parts := SumsOf(name)
			metrics[name] = share(sums[parts[0]], sums[parts[1]])
		case "auc":
			metrics[name] = area(sums)
		case "rmse":
			metrics[name] = math.Sqrt(sum / float64(max(1, n)))
		default:
			metrics[name] = sum / float64(max(1, n))
		}
	}
	return metrics
}

// area is that below the ROC curve through the thresholds, by trapezia: Keras'
// interpolation.
func area(sums map[string]float64) (area float64) {
	names := SumsOf("auc")
	hits, alarms := names[:AUCThresholds], names[AUCThresholds:]
	// Above the first threshold is everything.
	positives, negatives := sums[hits[0]], sums[alarms[0]]
	for i := range AUCThresholds - 1 {
		width := share(sums[alarms[i]], negatives) - share(sums[alarms[i+1]], negatives)
		area += width * (share(sums[hits[i]], positives) + share(sums[hits[i+1]], positives)) / 2
	}
	return area
}

// share is 0 for a share of nothing, as in Keras.
func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func (c *Recipe) checkMetrics() error {
	for i, m := range c.Metrics {
		switch {
		case !slices.Contains(Metrics, m):
			return fmt.Errorf("metric %q is unknown; known are %v", m, Metrics)
		case slices.Contains(c.Metrics[:i], m):
			return fmt.Errorf("metric %q is named twice; name it once", m)
		case slices.Contains([]string{"binary_accuracy", "auc", "precision", "recall"}, m):
			if c.Loss != BinaryCrossentropy {
				return fmt.Errorf("metric %q does not suit the loss %s; it is of two classes, with the loss %s", m, c.Loss, BinaryCrossentropy)
			}
		case (m == "accuracy") != c.Loss.Classifies():
			return fmt.Errorf("metric %q does not suit the loss %s; \"accuracy\" is of classes, \"mae\" and \"mse\" of values", m, c.Loss)
		}
	}
	return nil
}

// Number is a number that also goes into JSON where JSON has none: NaN and the
// infinities are the strings "NaN", "Infinity" and "-Infinity". So a training
// that diverged is kept too.
type Number float64

// MarshalJSON writes the number.
func (n Number) MarshalJSON() ([]byte, error) {
	switch v := float64(n); {
	case math.IsNaN(v):
		return []byte(`"NaN"`), nil
	case math.IsInf(v, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(v, -1):
		return []byte(`"-Infinity"`), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads what MarshalJSON wrote, and any number in a string.
func (n *Number) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	*n = Number(v)
	return err
}

// Numbers are numbers by name; in JSON each is a Number.
type Numbers map[string]float64

// MarshalJSON writes the numbers.
func (m Numbers) MarshalJSON() ([]byte, error) {
	all := map[string]Number{}
	for name, v := range m {
		all[name] = Number(v)
	}
	return json.Marshal(all)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Numbers) UnmarshalJSON(b []byte) error {
	var all map[string]Number
	err := json.Unmarshal(b, &all)
	*m = Numbers{}
	for name, n := range all {
		(*m)[name] = float64(n)
	}
	return err
}
