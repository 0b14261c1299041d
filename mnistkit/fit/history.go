package fit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"gonblabs/mnistkit/session"
)

// Epoch is what one pass over the training data gave.
type Epoch struct {
	Number       int                // counted from 1
	LearningRate float64            // used in this epoch
	Seconds      float64            // training and validation
	Metrics      map[string]float64 // "loss", "accuracy", "val_loss", "val_accuracy", …
	Notes        []string           // what callbacks said: "learning rate 0.001 → 0.0005"
}

// History are the epochs of a run, in order.
type History []Epoch

// Values are the values of one metric, epoch by epoch. An epoch without one gives
// NaN.
//
//	h.Values("val_accuracy")
func (h History) Values(metric string) []float64 {
	values := make([]float64, len(h))
	for i, e := range h {
		values[i] = math.NaN()
		if v, ok := e.Metrics[metric]; ok {
			values[i] = v
		}
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

// Metrics lists the names of the metrics that the epochs hold, in Keras' order:
// loss and the other metrics of the training, then those of the validation, then
// those of each EvaluateOn.
func (h History) Metrics() []string {
	seen := map[string]float64{}
	for _, e := range h {
		maps.Copy(seen, e.Metrics)
	}
	names := slices.Sorted(maps.Keys(seen))
	rank := func(name string) string {
		set, metric := SplitMetric(name, names)
		if metric == "loss" {
			metric = ""
		}
		return cmp.Or(map[string]string{"": "1", "val": "2"}[set], "3"+set) + "/" + metric
	}
	slices.SortStableFunc(names, func(a, b string) int { return strings.Compare(rank(a), rank(b)) })
	return names
}

// Sets names the data that the epochs were measured on: "" for the training,
// "val", then those that EvaluateOn names.
func (h History) Sets() (sets []string) {
	names := h.Metrics()
	for _, name := range names {
		if set, _ := SplitMetric(name, names); !slices.Contains(sets, set) {
			sets = append(sets, set)
		}
	}
	return sets
}

// Best is the epoch with the best value of a metric, and the first of several
// equal ones. ok is false when no epoch has a number there. Of a metric of your own,
// say what is better: h.Best("misses", "min").
//
//	epoch, ok := h.Best("val_accuracy")
func (h History) Best(metric string, mode ...string) (best Epoch, ok bool) {
	better, value := isBetter(strings.Join(mode, ""), metric, 0), math.NaN()
	for i, v := range h.Values(metric) {
		if better(v, value) {
			best, value, ok = h[i], v, true
		}
	}
	return best, ok
}

// MarshalJSON writes an epoch as one flat object.
func (e Epoch) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	field := func(name string, v any) {
		key, _ := json.Marshal(name)
		value, _ := json.Marshal(v) // all of them numbers and texts, which have JSON
		fmt.Fprintf(&b, ",%s:%s", key, value)
	}
	field("epoch", e.Number)
	field("learning_rate", session.Number(e.LearningRate))
	field("seconds", session.Number(math.Round(e.Seconds*1e4)/1e4))
	for _, name := range (History{e}).Metrics() {
		field(name, session.Number(e.Metrics[name]))
	}
	if len(e.Notes) > 0 {
		field("notes", e.Notes)
	}
	return append(append([]byte("{"), b.Bytes()[1:]...), '}'), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Epoch) UnmarshalJSON(b []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	*e = Epoch{Metrics: map[string]float64{}}
	targets := map[string]any{
		"epoch": &e.Number, "notes": &e.Notes,
		"learning_rate": (*session.Number)(&e.LearningRate), "seconds": (*session.Number)(&e.Seconds),
	}
	for name, raw := range fields {
		var metric session.Number
		if err := json.Unmarshal(raw, cmp.Or(targets[name], any(&metric))); err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
		if targets[name] == nil {
			e.Metrics[name] = float64(metric)
		}
	}
	return nil
}

// Answering is the epoch whose weights answer after a training with these callbacks: the last that one of them keeps as
// the best, else the last of all. It panics on an empty history.
//
//	epoch := fit.Answering(h, fit.ModelCheckpoint{})
func Answering(h History, callbacks ...Callback) Epoch {
	for n := len(h); n > 0; n-- {
		for _, c := range callbacks {
			if c.AfterEpoch(slices.Clone(h[:n])).SaveBest {
				return h[n-1]
			}
		}
	}
	return h.Last()
}

// Rank orders epochs, and by their last ones runs, with slices.Compare: the better is the greater. It goes by validation
// accuracy, then by validation loss, then by training loss. What is missing or not a number comes last. The test is no part
// of it, since it only says how good a choice was.
//
//	rank := fit.Rank(h[0].Metrics)
func Rank(metrics map[string]float64) (rank []float64) {
	for _, name := range []string{"val_accuracy", "val_loss", "loss"} {
		v, ok := metrics[name]
		if name != "val_accuracy" {
			v = -v
		}
		if !ok || math.IsNaN(v) {
			v = math.Inf(-1)
		}
		rank = append(rank, v)
	}
	return rank
}
