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
	last, err := d.weights("last")
	if err != nil || last.folder == "" {
		return fit.State{}, nil, err
	}
	if last.Epoch > len(h) {
		return fit.State{}, nil, fmt.Errorf("run %q: its weights are of epoch %d but its history ends at %d; Reset the run to train it anew", d.Name, last.Epoch, len(h))
	}
	return fit.State{Dir: last.folder, Epoch: last.Epoch, Partial: last.partial()}, h[:last.Epoch], nil
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
	lines, err := historyLines(h)
	if err != nil {
		return fmt.Errorf("run %q: %w", d.Name, err)
	}
	if err := d.write(lines, "history.jsonl"); err != nil {
		return err
	}
	s := state{Epoch: len(h)}
	if p.Batches > 0 {
		s.Partial = &p
	}
	return d.saveWeights("last", s, save)
}

// historyLines are the contents of history.jsonl.
func historyLines(h fit.History) ([]byte, error) {
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	for _, e := range h {
		if err := lines.Encode(e); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// SaveBest keeps the present weights as the best.
func (d Dir) SaveBest(epoch int, save func(dir string) error) error {
	return d.saveWeights("best", state{Epoch: epoch}, save)
}

// BestEpoch is the epoch whose weights are kept as the best, or 0.
func (d Dir) BestEpoch() int {
	best, err := d.weights("best")
	if err != nil {
		return 0
	}
	return best.Epoch
}

// Weights says which weights of a run were used.
type Weights struct {
	Kind    string `json:"weights"`           // "best", "last", "initial" or a checkpoint's name
	Epoch   int    `json:"epoch"`             // complete epochs of training
	Batches int    `json:"batches,omitempty"` // of the epoch after, when it was stopped
}

// String names the weights: "best weights, epoch 14".
func (w Weights) String() string {
	if w.Kind == "initial" {
		return "initial weights"
	}
	s := fmt.Sprintf("%s weights, epoch %d", w.Kind, w.Epoch)
	if w.Batches > 0 {
		s += fmt.Sprintf(" and %d batches", w.Batches)
	}
	return s
}

// Weights says which weights answer for the run, and in which folder they are: the
// best if they are kept, else the last. The folder is "" for a run without
// weights.
func (d Dir) Weights() (Weights, string, error) {
	for _, kind := range []string{"best", "last"} {
		if s, err := d.weights(kind); err != nil || s.folder != "" {
			return s.of(kind), s.folder, err
		}
	}
	return Weights{}, "", nil
}

// savedWeights are weights in a folder, "" if there are none.
type savedWeights struct {
	folder string
	state
}

func (s savedWeights) partial() (p session.Partial) {
	if s.Partial != nil {
		p = *s.Partial
	}
	return p
}

func (s savedWeights) of(kind string) Weights {
	return Weights{Kind: kind, Epoch: s.Epoch, Batches: s.partial().Batches}
}

// weights finds "last", "best" or a checkpoint, also when a crash came between
// the two renames of saveWeights.
func (d Dir) weights(name string) (s savedWeights, err error) {
	for _, folder := range []string{name, hidden(name, "previous")} {
		found, err := d.readJSON(&s.state, folder, stateFile)
		if err != nil {
			return savedWeights{}, err
		}
		if found {
			s.folder = d.Path(folder)
			break
		}
	}
	return s, nil
}

// hidden is a folder beside the one of that name: ".last.new".
func hidden(name, ending string) string {
	return path.Join(path.Dir(name), "."+path.Base(name)+"."+ending)
}

// saveWeights has save write a new folder, which then replaces the old one.
func (d Dir) saveWeights(name string, s state, save func(dir string) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("run %q: cannot save the weights: %w", d.Name, err)
		}
	}()
	present, fresh, previous := d.Path(name), d.Path(hidden(name, "new")), d.Path(hidden(name, "previous"))
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.MkdirAll(fresh, 0o755); err != nil {
		return err
	}
	if err := save(fresh); err != nil {
		return err
	}
	s.stamp = written
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := files.Write(filepath.Join(fresh, stateFile), append(b, '\n')); err != nil {
		return err
	}
	if _, err := os.Stat(present); err == nil {
		if err := os.RemoveAll(previous); err != nil {
			return err
		}
		if err := files.Move(present, previous); err != nil {
			return err
		}
	}
	if err := files.Move(fresh, present); err != nil {
		return err
	}
	return os.RemoveAll(previous)
}
