package training

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/internal/check"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
)

// Loop is a training loop that you write yourself. It is plain data, as a Run is;
// Fit takes the function that does an epoch.
//
//	var line = kit.Loop{Name: "lab-8/line", Start: kit.Variables{"W": {0}, "b": {0}}, Settings: map[string]any{"rate": 0.1}}
//
// Variables and history are kept on disk under Name, so that a later Fit in any
// cell continues or replays. When you change Start or Settings, the loop is trained
// anew. The kit cannot compare functions: call Reset after you edit yours.
type Loop struct {
	Name     string    // names the folder of the results: "lab-8/line"
	Start    Variables // first values
	Settings any       // plain data that decide the result: rate, seed, data …
}

// Variables are the numbers that a loop learns, by name.
//
//	kit.Variables{"W": {0}, "b": {0}}
type Variables map[string][]float32

// Metrics are what an epoch measured, by name; "loss" must be among them.
//
//	kit.Metrics{"loss": 0.25}
type Metrics = map[string]float64

// LoopStep does one epoch: it changes the values of v in place and returns what it
// measured. It should depend only on v and on epoch, which counts from 1.
type LoopStep func(epoch int, v Variables) (Metrics, error)

// Fit makes the loop have n epochs, as Run.Fit does: it starts, continues from
// what is on disk, or replays that without calling step.
//
//	kit.Show(line.Fit(30, func(epoch int, v kit.Variables) (kit.Metrics, error) { … }))
//
// A variable that holds a single number goes into the history under its name. The
// stop button finishes the current epoch. An error of step ends the fit, and what
// the failed epoch did to v is dropped. While another program trains the same loop,
// Fit waits for it.
func (l Loop) Fit(n int, step LoopStep) (h fit.History, err error) {
	defer explain(Run{Name: l.Name}.label()+".Fit", &err) // after the watcher is done
	watcher := Watch(nil)
	defer watcher.Done()
	if step == nil {
		return nil, fmt.Errorf("the function that does an epoch is nil")
	}
	record, err := l.record()
	if err != nil {
		return nil, err
	}
	return train(fit.Job{Run: l.Name, Epochs: n}, watcher, trainee{record: record, open: func(bool) (session.Session, error) {
		return &loopSession{variables: l.Start.clone(), step: step}, nil
	}})
}

// reserved are the names that a history's epochs have for themselves.
var reserved = []string{"epoch", "learning_rate", "seconds", "notes"}

// record is what of the loop can be compared.
func (l Loop) record() (r runs.Record, err error) {
	if len(l.Start) == 0 {
		return r, fmt.Errorf("the loop has no variables; give their first values, such as Start: kit.Variables{\"W\": {0}}")
	}
	for name, values := range l.Start {
		if len(values) == 0 || name == "" || slices.Contains(reserved, name) {
			return r, fmt.Errorf("the variable %q has %d first values; give it at least one, and a name other than %s", name, len(values), strings.Join(reserved, ", "))
		}
		r.Parameters.Total += len(values)
	}
	r.Parameters.Trainable = r.Parameters.Total
	start, _ := json.Marshal(l.Start) // numbers can always be written
	settings, err := json.Marshal(l.Settings)
	if err != nil {
		return r, fmt.Errorf("Settings must be plain data that can be written as JSON, but hold an %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	r.Loop = &runs.LoopRecipe{Start: start, Settings: settings}
	return r, nil
}

// Reset moves the loop's results away, as Run.Reset does, so that the next Fit
// starts from Start.
//
//	must.M(line.Reset())
func (l Loop) Reset() error { return Run{Name: l.Name}.Reset() }

// History gives the epochs trained so far; none for a new loop.
//
//	h := must.M1(line.History()); h.Values("W")
func (l Loop) History() (fit.History, error) { return Run{Name: l.Name}.History() }

// Variables gives the values learned so far; Start for a new loop. Once Start or
// Settings are others, they are an error until Fit.
//
//	v := must.M1(line.Variables()); fmt.Println(v["W"][0])
func (l Loop) Variables() (v Variables, err error) {
	defer explain(Run{Name: l.Name}.label()+".Variables", &err)
	dir, err := runs.Open(l.Name)
	if err != nil {
		return nil, err
	}
	s := loopSession{variables: l.Start.clone()}
	weights, folder, err := dir.Weights()
	if err == nil && folder != "" {
		err = cmp.Or(dir.Check(weights.Kind), s.Load(folder))
	}
	if err == nil && folder != "" && l.Start != nil { // those of another loop must not answer for this one
		was, _, errWas := dir.ReadRecord()
		now, errNow := l.record()
		err = cmp.Or(errWas, errNow, unchanged(was, now))
	}
	return s.variables, err
}

// Curves shows metrics and variables over the epochs: those that are named, or
// all.
//
//	kit.Show(line.Curves("W", "b"))
func (l Loop) Curves(metrics ...string) LoopCurves { return LoopCurves{Loop: l, Metrics: metrics} }

// LoopCurves are the learning curves of a loop.
type LoopCurves struct {
	Loop    Loop
	Metrics []string // nil: all
}

func (v Variables) clone() Variables {
	copied := Variables{}
	for name, values := range v {
		copied[name] = slices.Clone(values)
	}
	return copied
}

// loopSession is a loop that the user wrote, in the place of an engine: fit
// drives, saves, stops and replays it as it does a model.
type loopSession struct {
	session.Session // nil: fit asks a loop for nothing that only a model can do
	variables       Variables
	step            LoopStep
}

// OwnLoop is what a Loop is trained by, in the place of a backend.
const OwnLoop = "a loop of your own"

// Backend is OwnLoop.
func (*loopSession) Backend() string { return OwnLoop }

// Train calls the function once. It works on a copy: what a failed epoch did
// is forgotten.
func (s *loopSession) Train(ctx context.Context, e session.Epoch, _ func(session.Partial)) (session.Partial, error) {
	if ctx.Err() != nil {
		return session.Partial{Of: 1}, nil // stopped: not done
	}
	v := s.variables.clone()
	metrics, err := s.call(e.Number, v)
	if err = cmp.Or(err, s.check(v, metrics)); err != nil {
		return session.Partial{}, fmt.Errorf("epoch %d: %w", e.Number, err)
	}
	s.variables = v.clone() // the function may hold on to v
	all := Metrics{}
	for name, values := range v {
		if len(values) == 1 {
			all[name] = float64(values[0])
		}
	}
	maps.Copy(all, metrics)
	return session.Partial{Batches: 1, Of: 1, Sums: all}, nil
}

// call turns a panic of the user's function into a sentence.
func (s *loopSession) call(epoch int, v Variables) (metrics Metrics, err error) {
	defer func() { check.Caught(recover(), &err) }()
	return s.step(epoch, v)
}

// check holds what the function left against what it was given.
func (s *loopSession) check(v Variables, metrics Metrics) error {
	if _, ok := metrics["loss"]; !ok {
		return fmt.Errorf("the function gives no \"loss\"; return kit.Metrics{\"loss\": …}")
	}
	for _, name := range reserved {
		if _, ok := metrics[name]; ok {
			return fmt.Errorf("the function gives a metric %q, which the history has already; choose another name", name)
		}
	}
	for name := range v {
		if _, ok := s.variables[name]; !ok {
			return fmt.Errorf("the function made a variable %q, which Start does not name; add its first value there", name)
		}
	}
	for name, was := range s.variables {
		if len(v[name]) != len(was) {
			return fmt.Errorf("the function left %d values in variable %q of %d; change values in place", len(v[name]), name, len(was))
		}
	}
	return nil
}

const variablesFile = "variables.json"

// Save writes the variables.
func (s *loopSession) Save(dir string) error {
	b, _ := json.Marshal(s.variables) // numbers can always be written
	return os.WriteFile(filepath.Join(dir, variablesFile), append(b, '\n'), 0o644)
}

// Load reads what Save wrote.
func (s *loopSession) Load(dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, variablesFile))
	if err = cmp.Or(err, json.Unmarshal(b, &s.variables)); err != nil {
		return fmt.Errorf("the variables cannot be read (%w); Reset the loop to train it anew", err)
	}
	return nil
}

// MarshalJSON writes the values as text where JSON has no number for them: a
// loop that diverged has variables too.
func (v Variables) MarshalJSON() ([]byte, error) {
	all := map[string][]any{}
	for name, values := range v {
		all[name] = make([]any, len(values))
		for i, x := range values {
			all[name][i] = x
			if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
				all[name][i] = session.Number(f)
			}
		}
	}
	return json.Marshal(all)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *Variables) UnmarshalJSON(b []byte) error {
	var all map[string][]session.Number
	err := json.Unmarshal(b, &all)
	*v = Variables{}
	for name, list := range all {
		values := make([]float32, len(list))
		for i, x := range list {
			values[i] = float32(x)
		}
		(*v)[name] = values
	}
	return err
}

// Close has nothing to end.
func (*loopSession) Close() error { return nil }

// errLoop refuses to take a loop for a model.
func errLoop(name string) error {
	return fmt.Errorf("%q is a loop of your own, not a model; declare its kit.Loop and ask that for Variables and History", name)
}
