package runs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// Record is what a run was made from.
type Record struct {
	Name     string            `json:"name"`
	Created  time.Time         `json:"created"`
	Versions map[string]string `json:"versions"`
	Recipe   Recipe            `json:"recipe"`
	// Data is the data recipe as JSON, for those who open the run without it.
	Data json.RawMessage `json:"data,omitempty"`
	// DataKind tells what sort of recipe it is; "" is images.
	DataKind string `json:"data_kind,omitempty"`
	// Loop is set for a loop of the reader's own, which has no Recipe.
	Loop *LoopRecipe `json:"loop,omitempty"`
	// Parameters are counted here, so that a leaderboard need not plan the model.
	Parameters layer.Counts `json:"parameters"`
}

// Recipe is all that decides what a run's weights are. Epochs, callbacks and
// the backend are not in it: they do not change what an epoch is.
type Recipe struct {
	Data          string            `json:"data"` // identity of the data and their split
	Input         []int             `json:"input"`
	InputType     string            `json:"input_type"`
	Model         layer.Stack       `json:"model"`
	Loss          session.Loss      `json:"loss"`
	Metrics       []string          `json:"metrics"`
	Optimizer     session.Optimizer `json:"optimizer"`
	BatchSize     int               `json:"batch_size"`
	DropRemainder bool              `json:"drop_remainder"`
	Seed          uint64            `json:"seed"`
	ClassWeights  []float32         `json:"class_weights,omitempty"`
	Initial       string            `json:"initial,omitempty"` // the checkpoint it starts from, and its fingerprint
}

// LoopRecipe is what can be told of a loop of the reader's own: the first
// values of its variables, and the settings that it names.
type LoopRecipe struct {
	Start    json.RawMessage `json:"start"`
	Settings json.RawMessage `json:"settings"`
}

// ReadRecord reads run.json; ok is false for a run that was never recorded.
func (d Dir) ReadRecord() (r Record, ok bool, err error) {
	ok, err = d.readJSON(&r, "run.json")
	return r, ok, err
}

// WriteRecord writes run.json.
func (d Dir) WriteRecord(r Record) error { return d.writeJSON(r, "run.json") }

// Differences says in words what of the recipe is not as it was; it is empty
// when both lead to the same weights.
func (r Recipe) Differences(now Recipe) ([]string, error) {
	a, err := fields(r)
	if err != nil {
		return nil, err
	}
	b, err := fields(now)
	if err != nil {
		return nil, err
	}
	var changed []string
	for _, name := range []string{"data", "input", "input_type", "model", "loss", "metrics", "optimizer", "batch_size", "drop_remainder", "seed", "class_weights", "initial"} {
		if bytes.Equal(a[name], b[name]) {
			continue
		}
		if name == "model" {
			changed = append(changed, modelDifference(r.Model, now.Model))
			continue
		}
		changed = append(changed, fmt.Sprintf("%s was %s, now %s", strings.ReplaceAll(name, "_", " "), orNone(a[name]), orNone(b[name])))
	}
	return changed, nil
}

func fields(r Recipe) (map[string]json.RawMessage, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var m map[string]json.RawMessage
	return m, json.Unmarshal(b, &m)
}

func orNone(raw json.RawMessage) string {
	if raw == nil {
		return "none"
	}
	return string(raw)
}

// modelDifference names the first layer that differs.
func modelDifference(was, now layer.Stack) string {
	for i := range max(len(was), len(now)) {
		a, b := describe(was, i), describe(now, i)
		if a != b {
			return fmt.Sprintf("layer %d was %s, now %s", i+1, a, b)
		}
	}
	return "the model has changed"
}

func describe(s layer.Stack, i int) string {
	if i >= len(s) {
		return "none"
	}
	b, err := json.Marshal(s[i : i+1])
	if err != nil {
		return s[i].Kind()
	}
	return strings.Trim(string(b), "[]")
}
