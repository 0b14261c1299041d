package training

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"

	"gonblabs/mnistkit/session"
)

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
	if err == nil {
		err = s.check(v, metrics)
	}
	if err != nil {
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
	return session.Partial{Batches: 1, Of: 1, Examples: 1, Sums: all}, nil
}

// call turns a panic of the user's function into a sentence.
func (s *loopSession) call(epoch int, v Variables) (metrics Metrics, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the function failed: %v", r)
		}
	}()
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
	b, err := json.Marshal(s.variables)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, variablesFile), append(b, '\n'), 0o644)
}

// Load reads what Save wrote.
func (s *loopSession) Load(dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, variablesFile))
	if err != nil {
		return fmt.Errorf("the variables cannot be read (%w); Reset the loop to train it anew", err)
	}
	s.variables = Variables{}
	if err := json.Unmarshal(b, &s.variables); err != nil {
		return fmt.Errorf("%s is damaged (%w); Reset the loop to train it anew", variablesFile, err)
	}
	return nil
}

// MarshalJSON writes the values as text where JSON has no number for them: a
// loop that diverged has variables too.
func (v Variables) MarshalJSON() ([]byte, error) {
	all := map[string][]any{}
	for name, values := range v {
		list := make([]any, len(values))
		for i, x := range values {
			list[i] = x
			if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
				list[i] = session.Number(f)
			}
		}
		all[name] = list
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
