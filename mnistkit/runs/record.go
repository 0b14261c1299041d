package runs

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// Record is what a run was made from.
type Record struct {
	stamp
	Name     string            `json:"name"`
	Created  time.Time         `json:"created"`
	Versions map[string]string `json:"versions"`
	Recipe   session.Recipe    `json:"recipe"`
	// Data is the data recipe as JSON; kit.Load makes the data from it again.
	Data json.RawMessage `json:"data,omitempty"`
	// DataKind is the kind of the data recipe; "" means images.
	DataKind string `json:"data_kind,omitempty"`
	// Loop is set for a training loop that the user wrote, which has no Recipe.
	Loop *LoopRecipe `json:"loop,omitempty"`
	// Parameters counts the weights, so that a leaderboard need not plan the model.
	Parameters layer.Counts `json:"parameters"`
}

// LoopRecipe is what is known of a training loop that the user wrote: the first
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
func (d Dir) WriteRecord(r Record) error {
	r.stamp = written
	return d.writeJSON(r, "run.json")
}

// encoderFile holds what turns rows or texts into the model's inputs.
const encoderFile = "encoder.json"

// ReadEncoder reads encoder.json into v; ok is false for a run without one.
func (d Dir) ReadEncoder(v any) (ok bool, err error) { return d.readJSON(v, encoderFile) }

// WriteEncoder writes encoder.json.
func (d Dir) WriteEncoder(v any) error { return d.writeJSON(v, encoderFile) }

// Changes says in words what differs from the record; it is "" if nothing does.
func (r Record) Changes(now Record) (string, error) {
	switch {
	case r.Loop != nil && now.Loop == nil:
		return "it was a loop, now it is the run of a model", nil
	case r.Loop == nil && now.Loop != nil:
		return "it was the run of a model, now it is a loop", nil
	case r.Format == 0: // version 0.1 did not record these
		r.Recipe.Encoding, r.Recipe.Classes = now.Recipe.Encoding, now.Recipe.Classes
	}
	recipe, err := Differences(r.Recipe, now.Recipe)
	if err != nil {
		return "", err
	}
	loop, err := Differences(r.Loop, now.Loop)
	return strings.Join(append(recipe, loop...), "; "), err
}

// Differences says in words how two recipes differ. They are plain data of any
// type, and everything that would be written to the record is compared. It is
// empty when nothing differs.
func Differences(was, now any) ([]string, error) {
	a, err := generic(was)
	if err != nil {
		return nil, err
	}
	b, err := generic(now)
	if err != nil {
		return nil, err
	}
	return differences("", a, b), nil
}

// generic is v as its JSON has it, in maps and lists.
func generic(v any) (g any, err error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return g, d.Decode(&g)
}

// differences walks through two values at the same path in a recipe. Of a list of
// layers it names the first that differs.
func differences(path string, was, now any) (list []string) {
	switch a := was.(type) {
	case map[string]any:
		b, ok := now.(map[string]any)
		if !ok || code(path, a) != code(path, b) && a["branches"] == nil || !reflect.DeepEqual(a["layer"], b["layer"]) {
			break
		}
		if a["layer"] == "Custom" && a["fingerprint"] != b["fingerprint"] {
			return []string{fmt.Sprintf("%s, %s, computes something else", path, code(path, a))}
		}
		keys := maps.Clone(a)
		maps.Copy(keys, b)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			name := path + " " + strings.ReplaceAll(key, "_", " ")
			switch {
			case path == "":
				name = field(key)
			case key == "branches":
				name = path
			}
			list = append(list, differences(name, a[key], b[key])...)
		}
		return list
	case []any:
		b, ok := now.([]any)
		if !ok || !holdsLayers(a) && !holdsLayers(b) {
			break
		}
		longer := max(len(a), len(b))
		a, b = append(a, make([]any, longer-len(a))...), append(b, make([]any, longer-len(b))...)
		for i := 0; i < longer && list == nil; i++ {
			name := fmt.Sprintf("layer %d", i+1)
			if _, ok := a[i].([]any); ok {
				name = fmt.Sprintf("branch %d", i+1)
			}
			list = differences(strings.TrimPrefix(path+" "+name, "Model "), a[i], b[i])
		}
		return list
	}
	if !reflect.DeepEqual(was, now) {
		list = []string{fmt.Sprintf("%s was %s, now %s", path, inWords(path, was), inWords(path, now))}
	}
	return list
}

// holdsLayers says whether a list holds layers, or branches of them.
func holdsLayers(list []any) bool {
	if len(list) == 0 {
		return false
	}
	kind := reflect.ValueOf(list[0]).Kind()
	return kind == reflect.Map || kind == reflect.Slice
}

// field is the name that a setting of a Run or a Loop has in a cell: BatchSize.
func field(key string) (name string) {
	for part := range strings.SplitSeq(key, "_") {
		name += strings.ToUpper(part[:1]) + part[1:]
	}
	return name
}

// inWords is a value as a cell writes it, or in JSON.
func inWords(path string, v any) string {
	if v == nil {
		return "none"
	}
	b, _ := json.Marshal(v) // it came from JSON
	return cmp.Or(code(path, v), string(b))
}

// code is a layer or an optimiser as a cell writes it; "" for other values.
func code(path string, v any) string {
	m, ok := v.(map[string]any)
	b, _ := json.Marshal(v) // it came from JSON
	var stack layer.Stack
	var optimizer session.Optimizer
	switch {
	case !ok:
	case path == "Optimizer" && json.Unmarshal(b, &optimizer) == nil:
		return optimizer.String()
	case m["layer"] != nil && json.Unmarshal(append(append([]byte{'['}, b...), ']'), &stack) == nil:
		return layer.Code(stack[0])
	}
	return ""
}
