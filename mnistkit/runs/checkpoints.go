package runs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// checkpoints holds the weights that SaveWeights keeps.
const checkpoints = "checkpoints"

// Checkpoint is a set of weights that were kept under a name.
type Checkpoint struct {
	Run   string
	Name  string // "cp-0005"
	Epoch int
	Bytes int64
	Time  time.Time
}

// String names the checkpoint for Run.Initial: "save/model@cp-0005".
func (c Checkpoint) String() string { return c.Run + "@" + c.Name }

// otherWeights are names of weights that are no checkpoints.
var otherWeights = []string{"last", "best", "initial"}

// goodCheckpoint says whether the name can be one folder below checkpoints.
func goodCheckpoint(name string) bool { return goodName(name) && !strings.Contains(name, "/") }

// HasSaved says whether there is a checkpoint of that name.
func (d Dir) HasSaved(name string) bool {
	dir, _, err := d.weights(checkpoints + "/" + name)
	return err == nil && dir != ""
}

// SaveAs keeps the present weights under a name. Of each series it keeps only the
// newest; with 0 it keeps all.
func (d Dir) SaveAs(name, series string, newest, epoch int, save func(dir string) error) error {
	if !goodCheckpoint(name) || slices.Contains(otherWeights, name) {
		return fmt.Errorf("run %q: %q cannot be the name of a checkpoint; use letters, digits, - and _, and not last, best or initial", d.Name, name)
	}
	if err := os.MkdirAll(d.Path(checkpoints), 0o755); err != nil {
		return fmt.Errorf("run %q: %w", d.Name, err)
	}
	if err := d.swap(checkpoints+"/"+name, state{Epoch: epoch, Series: series}, save); err != nil {
		return err
	}
	if newest == 0 {
		return nil
	}
	list, err := d.Checkpoints()
	if err != nil {
		return err
	}
	var same []string
	for _, c := range list {
		if _, s, err := d.weights(checkpoints + "/" + c.Name); err == nil && s.Series == series {
			same = append(same, c.Name)
		}
	}
	for len(same) > newest {
		if err := os.RemoveAll(d.Path(checkpoints, same[0])); err != nil {
			return fmt.Errorf("run %q: cannot remove an old checkpoint: %w", d.Name, err)
		}
		same = same[1:]
	}
	return nil
}

// Checkpoints lists the kept weights in the order of their epochs.
func (d Dir) Checkpoints() ([]Checkpoint, error) {
	entries, err := os.ReadDir(d.Path(checkpoints))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("run %q: %w", d.Name, err)
	}
	var list []Checkpoint
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		folder, s, err := d.weights(checkpoints + "/" + e.Name())
		if err != nil {
			return nil, err
		}
		if folder == "" {
			continue
		}
		c := Checkpoint{Run: d.Name, Name: e.Name(), Epoch: s.Epoch}
		files, err := os.ReadDir(folder)
		if err != nil {
			return nil, fmt.Errorf("run %q: %w", d.Name, err)
		}
		for _, f := range files {
			if info, err := f.Info(); err == nil {
				c.Bytes += info.Size()
				c.Time = info.ModTime()
			}
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b Checkpoint) int { return a.Epoch - b.Epoch })
	return list, nil
}

// Named finds the weights of a name, and their folder. The name is that of a
// checkpoint, "last" or "best".
func (d Dir) Named(name string) (Kept, string, error) {
	if !goodCheckpoint(name) {
		return Kept{}, "", fmt.Errorf("run %q: %q cannot be the name of a checkpoint", d.Name, name)
	}
	folder := checkpoints + "/" + name
	if name == "last" || name == "best" {
		folder = name
	}
	dir, s, err := d.weights(folder)
	if err == nil && dir == "" {
		err = fmt.Errorf("run %q has no checkpoint %q; it has %s", d.Name, name, d.names())
	}
	k := Kept{Kind: name, Epoch: s.Epoch}
	if s.Partial != nil {
		k.Batches = s.Partial.Batches
	}
	return k, dir, err
}

// names lists what Named knows.
func (d Dir) names() string {
	var known []string
	for _, name := range []string{"last", "best"} {
		if dir, _, err := d.weights(name); err == nil && dir != "" {
			known = append(known, name)
		}
	}
	list, err := d.Checkpoints()
	if err != nil || len(known)+len(list) == 0 {
		return "none"
	}
	for _, c := range list {
		known = append(known, c.Name)
	}
	return strings.Join(known, ", ")
}

// Fingerprint tells the weights in a folder from all others.
func Fingerprint(folder string) (string, error) {
	weights := os.DirFS(folder)
	files, err := fs.Glob(weights, "*.bin") // sorted
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("there are no weights at %s", folder)
	}
	h := sha256.New()
	for _, name := range files {
		f, err := weights.Open(name)
		if err != nil {
			return "", err
		}
		_, err = io.Copy(h, f)
		_ = f.Close() // it was read only
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:12], nil
}
