package fit

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Epoch is what one pass over the training data gave.
type Epoch struct {
	Number       int                // from 1
	LearningRate float64            // used in this epoch
	Seconds      float64            // training and validation
	Metrics      map[string]float64 // "loss", "accuracy", "val_loss", "val_accuracy", …
	Notes        []string           // what callbacks said: "learning rate 0.001 → 0.0005"
}

// History are the epochs of a run, in order.
type History []Epoch

// Values are the values of one metric, epoch by epoch; NaN where an epoch has
// none.
//
//	h.Values("val_accuracy")
func (h History) Values(metric string) []float64 {
	values := make([]float64, len(h))
	for i, e := range h {
		v, ok := e.Metrics[metric]
		if !ok {
			v = math.NaN()
		}
		values[i] = v
	}
	return values
}

// Last is the newest epoch; it panics on an empty history.
func (h History) Last() Epoch { return h[len(h)-1] }

// First are the first n epochs, or all if there are fewer.
//
//	best, ok := h.First(8).Best("val_accuracy")
func (h History) First(n int) History {
	n = max(0, min(n, len(h)))
	return h[:n:n] // appended to, it leaves h as it is
}

// Seconds is the time of all epochs together.
func (h History) Seconds() (s float64) {
	for _, e := range h {
		s += e.Seconds
	}
	return s
}

// Metrics names what the epochs hold, in Keras' order: loss and the other
// metrics of the training, then the same of the validation, then of the data
// that EvaluateOn names.
func (h History) Metrics() []string {
	seen := map[string]bool{}
	for _, e := range h {
		for name := range e.Metrics {
			seen[name] = true
		}
	}
	names := slices.Sorted(maps.Keys(seen))
	rank := func(name string) string {
		part, metric := SplitMetric(name, names)
		switch part {
		case "":
			part = "1"
		case "val":
			part = "2"
		default:
			part = "3" + part
		}
		if metric == "loss" {
			metric = ""
		}
		return part + "/" + metric
	}
	slices.SortStableFunc(names, func(a, b string) int { return strings.Compare(rank(a), rank(b)) })
	return names
}

// Parts names the data that the epochs were measured on: "" for the training,
// "val", then those that EvaluateOn names.
func (h History) Parts() (parts []string) {
	names := h.Metrics()
	for _, name := range names {
		if part, _ := SplitMetric(name, names); !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return parts
}

// Best is the epoch with the best value of a metric, the first of equals; ok
// is false when no epoch has a number there. Losses and errors are best low,
// all others high.
//
//	epoch, ok := h.Best("val_accuracy")
func (h History) Best(metric string) (best Epoch, ok bool) {
	better := comparison(ModeOf(metric))
	for _, e := range h {
		v, has := e.Metrics[metric]
		if !has || math.IsNaN(v) {
			continue
		}
		if !ok || better(v, best.Metrics[metric]) {
			best, ok = e, true
		}
	}
	return best, ok
}

// MarshalJSON writes an epoch as one flat object; numbers that JSON lacks are
// the strings "NaN", "Infinity" and "-Infinity".
func (e Epoch) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, `{"epoch":%d,"learning_rate":%s,"seconds":%s`, e.Number, number(e.LearningRate), number(math.Round(e.Seconds*1e4)/1e4))
	for _, name := range (History{e}).Metrics() {
		quoted, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, ",%s:%s", quoted, number(e.Metrics[name]))
	}
	if len(e.Notes) > 0 {
		notes, err := json.Marshal(e.Notes)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, `,"notes":%s`, notes)
	}
	return []byte(b.String() + "}"), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Epoch) UnmarshalJSON(b []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	*e = Epoch{Metrics: map[string]float64{}}
	for name, raw := range fields {
		var err error
		switch name {
		case "epoch":
			err = json.Unmarshal(raw, &e.Number)
		case "notes":
			err = json.Unmarshal(raw, &e.Notes)
		default:
			var v float64
			if v, err = parseNumber(raw); err == nil {
				switch name {
				case "learning_rate":
					e.LearningRate = v
				case "seconds":
					e.Seconds = v
				default:
					e.Metrics[name] = v
				}
			}
		}
		if err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
	}
	return nil
}

func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return `"NaN"`
	case math.IsInf(v, 1):
		return `"Infinity"`
	case math.IsInf(v, -1):
		return `"-Infinity"`
	}
	b, _ := json.Marshal(v)
	return string(b)
}

func parseNumber(raw json.RawMessage) (float64, error) {
	switch string(raw) {
	case `"NaN"`:
		return math.NaN(), nil
	case `"Infinity"`:
		return math.Inf(1), nil
	case `"-Infinity"`:
		return math.Inf(-1), nil
	}
	var v float64
	err := json.Unmarshal(raw, &v)
	return v, err
}
