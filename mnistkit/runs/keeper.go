package runs

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
)

// Dir is where fit keeps what a run must not lose.
var _ fit.Keeper = Dir{}

// Load is the state from which to continue: the folder of the newest weights, the
// history up to them, and how far the next epoch is.
//
// The history is written before the weights, so after a crash it may be an
// epoch ahead of them: that epoch is trained again, with the same result.
func (d Dir) Load() (folder string, h fit.History, p session.Partial, err error) {
	if h, err = d.History(); err != nil {
		return "", nil, p, err
	}
	last, err := d.state("last")
	if errors.Is(err, errDamaged) { // what is trained can be shown, and before more is trained Check says what is wrong
		return "", h, p, nil
	}
	if err == nil && last.Epoch > len(h) {
		err = d.broken(fmt.Errorf("last %w (it is of epoch %d, but the history ends at %d)", errDamaged, last.Epoch, len(h)), "last")
	}
	if err != nil {
		return "", nil, p, err
	}
	return last.folder, h[:last.Epoch], last.Partial, nil
}

// History holds the epochs trained so far; none for a new run.
func (d Dir) History() (fit.History, error) {
	b, err := files.Read(d.Path("history.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, d.broken(err, "history.jsonl")
	}
	var h fit.History
	for line := range bytes.Lines(b) {
		var e fit.Epoch
		object, err := unseal(line)
		if err = cmp.Or(err, json.Unmarshal(object, &e)); err != nil || e.Number != len(h)+1 {
			err = cmp.Or(err, fmt.Errorf("it is of epoch %d", e.Number))
			return h, d.broken(fmt.Errorf("line %d of history.jsonl %w (%.200v)", len(h)+1, errDamaged, err), "history.jsonl")
		}
		h = append(h, e)
	}
	return h, nil
}

// SaveLast keeps the history and the present weights.
func (d Dir) SaveLast(h fit.History, p session.Partial, save func(dir string) error) error {
	if err := d.write(historyLines(h), "history.jsonl"); err != nil {
		return err
	}
	if p.Batches == 0 {
		p = session.Partial{}
	}
	return d.saveWeights("last", state{Epoch: len(h), Partial: p}, save)
}

// historyLines are the contents of history.jsonl.
func historyLines(h fit.History) []byte {
	var lines []byte
	for _, e := range h {
		line, _ := json.Marshal(e) // names, numbers and texts, which all have JSON
		lines = append(lines, seal(line)...)
	}
	return lines
}

// SaveBest keeps the present weights as the best.
func (d Dir) SaveBest(epoch int, save func(dir string) error) error {
	return d.saveWeights("best", state{Epoch: epoch}, save)
}

// SavedEpoch is the epoch whose weights are kept under a name: "best", "last" or
// that of a checkpoint. It is 0 if there are none.
func (d Dir) SavedEpoch(name string) int {
	s, err := d.state(name)
	if err != nil {
		return 0
	}
	return s.Epoch
}

// Weights says which weights of a run were used.
type Weights struct {
	Kind    string `json:"weights"`           // "best", "last", "initial" or a checkpoint's name
	Epoch   int    `json:"epoch"`             // complete epochs of training
	Batches int    `json:"batches,omitempty"` // of the epoch after, when it was stopped
	// SHA256 is that of the numbers, so that weights of the same epoch are not taken for each other.
	SHA256 string `json:"weights_sha256,omitempty"`
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
		if s, err := d.state(kind); err != nil || s.folder != "" {
			return s.weights(), s.folder, err
		}
	}
	return Weights{}, "", nil
}

// stateFile lies beside the weights that it speaks of.
const stateFile = "state.json"

// state is what is known of weights that are kept under a name.
type state struct {
	stamp
	Epoch   int               `json:"epoch"`
	Partial session.Partial   `json:"partial,omitzero"`
	Series  string            `json:"series,omitempty"` // of a checkpoint: the pattern of its name
	Files   map[string]string `json:"files,omitempty"`  // checksums of what lies beside it; formats before 3 have none
	SHA256  string            `json:"sha256,omitempty"` // of the numbers: see Sum; formats before 4 have none

	name, folder string // "" where there are no weights
}

func (s *state) check() error {
	if min(s.Epoch, s.Partial.Batches, s.Partial.Of-s.Partial.Batches, s.Partial.Examples) < 0 {
		return errors.New("it counts less than nothing")
	}
	return nil
}

// Check reports weights that are not as they were written: "last", "best" or those of a checkpoint.
func (d Dir) Check(name string) error {
	_, err := d.intact(name)
	if errors.Is(err, errDamaged) {
		err = fmt.Errorf("%w (At answers with what is whole: %s)", err, d.names())
	}
	return err
}

func (d Dir) intact(name string) (state, error) {
	s, err := d.state(name)
	if err != nil || s.folder == "" {
		return s, err
	}
	sums, err := checksums(s.folder)
	if err == nil && (s.Files == nil || maps.Equal(sums, s.Files)) { // formats before 3 have none
		return s, nil
	}
	now, failed := d.state(name)
	if failed != nil || now.folder != s.folder || !maps.Equal(now.Files, s.Files) || errors.Is(err, fs.ErrNotExist) {
		return d.intact(name) // another program has replaced them
	}
	return s, d.broken(cmp.Or(err, fmt.Errorf("%s (epoch %d) %w", name, s.Epoch, errDamaged)), name)
}

// checksums are those of the weights beside a state; file managers leave .DS_Store and desktop.ini there.
func checksums(folder string) (map[string]string, error) {
	sums := map[string]string{}
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		name, kind := e.Name(), filepath.Ext(e.Name())
		if err == nil && name[0] != '.' && name != stateFile && (kind == ".json" || kind == ".bin") {
			var b []byte
			b, err = files.Read(filepath.Join(folder, name))
			sums[name] = checksum(b)
		}
	}
	return sums, err
}

func (s state) weights() Weights {
	return Weights{Kind: s.name, Epoch: s.Epoch, Batches: s.Partial.Batches, SHA256: s.SHA256}
}

// state finds "last", "best" or a checkpoint, also when a crash came between
// the two renames of saveWeights, or another program is there now.
func (d Dir) state(name string) (state, error) {
	for _, folder := range []string{weightsFolder(name, ""), weightsFolder(name, ".previous"), weightsFolder(name, "")} {
		var s state
		if found, err := d.readJSON(&s, folder, stateFile); found || err != nil {
			s.name, s.folder = name, d.Path(folder)
			if s.SHA256 == "" && err == nil {
				s.SHA256, _ = Sum(s.folder) // where there are no numbers, Check says so
			}
			return s, err
		}
	}
	left, _ := fs.Glob(os.DirFS(d.Path(weightsFolder(name, ""))), "[^.]*")
	if len(left) > 0 && !slices.Contains(left, stateFile) { // a folder is moved there whole
		return state{name: name}, d.broken(fmt.Errorf("%s %w (it lacks %s)", name, errDamaged, stateFile), name)
	}
	return state{}, nil
}

// weightsFolder is the folder of the weights of a name, or with an ending a hidden
// one beside it: ".last.new".
func weightsFolder(name, ending string) string {
	parent := ""
	if name != "last" && name != "best" {
		parent = checkpoints
	}
	if ending != "" {
		name = "." + name + ending
	}
	return path.Join(parent, name)
}

// saveWeights has save write a new folder, which then replaces the old one.
func (d Dir) saveWeights(name string, s state, save func(dir string) error) error {
	folder := func(ending string) string { return d.Path(weightsFolder(name, ending)) }
	present, previous, fresh := folder(""), folder(".previous"), folder(".new")
	var err error
	for _, step := range []func() error{
		func() error { return os.RemoveAll(fresh) },
		func() error { return os.MkdirAll(fresh, 0o755) },
		func() error { return cmp.Or(files.Trouble(fresh), save(fresh)) },
		func() (err error) { s.stamp = written; s.Files, err = checksums(fresh); return err },
		func() error { s.SHA256, _ = Sum(fresh); return nil }, // a Loop keeps its values elsewhere
		func() error {
			contents, _ := json.Marshal(s) // numbers and texts, which have JSON
			return files.Write(filepath.Join(fresh, stateFile), seal(contents))
		},
		func() error {
			if _, err := os.Stat(present); err != nil {
				return nil
			}
			return cmp.Or(os.RemoveAll(previous), files.Move(present, previous)) // which replaces nothing
		},
		func() error { return files.Move(fresh, present) },
		func() error { return os.RemoveAll(previous) },
	} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		return fmt.Errorf("run %q: cannot save the weights: %w", d.Name, files.Explain(fresh, err))
	}
	return nil
}
