package runs

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
)

// Dir is where fit keeps what a run must not lose.
var _ fit.Keeper = Dir{}

// stateFile lies beside the weights that it speaks of.
const stateFile = "state.json"

type state struct {
	stamp
	Epoch   int              `json:"epoch"`
	Partial *session.Partial `json:"partial,omitempty"`
	Series  string           `json:"series,omitempty"` // of a checkpoint: the pattern of its name
}

// Load is the state from which to continue, and the history up to it.
//
// The history is written before the weights, so after a crash it may be an
// epoch ahead of them: that epoch is trained again, with the same result.
func (d Dir) Load() (fit.State, fit.History, error) {
	h, err := d.History()
	if err != nil {
		return fit.State{}, nil, err
	}
	dir, s, err := d.weights("last")
	if err != nil || dir == "" {
		return fit.State{}, nil, err
	}
	if s.Epoch > len(h) {
		return fit.State{}, nil, fmt.Errorf("run %q: its weights are of epoch %d but its history ends at %d; Reset the run to train it anew", d.Name, s.Epoch, len(h))
	}
	st := fit.State{Dir: dir, Epoch: s.Epoch}
	if s.Partial != nil {
		st.Partial = *s.Partial
	}
	return st, h[:s.Epoch], nil
}

// History holds the epochs trained so far; none for a new run.
func (d Dir) History() (fit.History, error) {
	b, err := os.ReadFile(d.Path("history.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("run %q: %w", d.Name, err)
	}
	var h fit.History
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e fit.Epoch
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("run %q: line %d of history.jsonl is damaged (%w); Reset the run to train it anew", d.Name, len(h)+1, err)
		}
		if e.Number != len(h)+1 {
			return nil, fmt.Errorf("run %q: line %d of history.jsonl is of epoch %d; Reset the run to train it anew", d.Name, len(h)+1, e.Number)
		}
		h = append(h, e)
	}
	return h, lines.Err()
}

// SaveLast keeps the history and the present weights.
func (d Dir) SaveLast(h fit.History, p session.Partial, save func(dir string) error) error {
	var b bytes.Buffer
	for _, e := range h {
		line, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("run %q: %w", d.Name, err)
		}
		b.Write(append(line, '\n'))
	}
	if err := d.write(b.Bytes(), "history.jsonl"); err != nil {
		return err
	}
	s := state{Epoch: len(h)}
	if p.Batches > 0 {
		s.Partial = &p
	}
	return d.swap("last", s, save)
}

// SaveBest keeps the present weights as the best.
func (d Dir) SaveBest(epoch int, save func(dir string) error) error {
	return d.swap("best", state{Epoch: epoch}, save)
}

// BestEpoch is the epoch whose weights are kept as the best, or 0.
func (d Dir) BestEpoch() int {
	_, s, err := d.weights("best")
	if err != nil {
		return 0
	}
	return s.Epoch
}

// Kept says which weights answer for a run.
type Kept struct {
	Kind    string `json:"weights"`           // "best", "last", "initial" or a checkpoint's name
	Epoch   int    `json:"epoch"`             // complete epochs of training
	Batches int    `json:"batches,omitempty"` // of the epoch after, when it was stopped
}

// String names the weights: "best weights, epoch 14".
func (k Kept) String() string {
	if k.Kind == "initial" {
		return "initial weights"
	}
	s := fmt.Sprintf("%s weights, epoch %d", k.Kind, k.Epoch)
	if k.Batches > 0 {
		s += fmt.Sprintf(" and %d batches", k.Batches)
	}
	return s
}

// Weights says which weights answer for the run, and in which folder they are: the
// best if they are kept, else the last. The folder is "" for a run without
// weights.
func (d Dir) Weights() (Kept, string, error) {
	for _, kind := range []string{"best", "last"} {
		dir, s, err := d.weights(kind)
		if err != nil || dir != "" {
			k := Kept{Kind: kind, Epoch: s.Epoch}
			if s.Partial != nil {
				k.Batches = s.Partial.Batches
			}
			return k, dir, err
		}
	}
	return Kept{}, "", nil
}

// weights finds "last" or "best", also when a crash came between the two
// renames of swap.
func (d Dir) weights(name string) (string, state, error) {
	for _, folder := range []string{name, beside(name, "previous")} {
		var s state
		ok, err := d.readJSON(&s, folder, stateFile)
		if err != nil {
			return "", s, err
		}
		if ok {
			return d.Path(folder), s, nil
		}
	}
	return "", state{}, nil
}

// beside is a hidden name in the same folder: ".last.new".
func beside(name, ending string) string {
	return path.Join(path.Dir(name), "."+path.Base(name)+"."+ending)
}

// swap has save write a new folder and puts it in the place of the old one.
func (d Dir) swap(name string, s state, save func(dir string) error) error {
	fail := func(err error) error {
		return fmt.Errorf("run %q: cannot save the weights: %w", d.Name, err)
	}
	current, fresh, previous := d.Path(name), d.Path(beside(name, "new")), d.Path(beside(name, "previous"))
	if err := os.RemoveAll(fresh); err != nil {
		return fail(err)
	}
	if err := os.MkdirAll(fresh, 0o755); err != nil {
		return fail(err)
	}
	if err := save(fresh); err != nil {
		return fail(err)
	}
	s.stamp = written
	b, err := json.Marshal(s)
	if err != nil {
		return fail(err)
	}
	if err := files.Write(filepath.Join(fresh, stateFile), append(b, '\n')); err != nil {
		return fail(err)
	}
	if _, err := os.Stat(current); err == nil {
		if err := os.RemoveAll(previous); err != nil {
			return fail(err)
		}
		if err := files.Move(current, previous); err != nil {
			return fail(err)
		}
	}
	if err := files.Move(fresh, current); err != nil {
		return fail(err)
	}
	if err := os.RemoveAll(previous); err != nil {
		return fail(err)
	}
	return nil
}
