package runs

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"gonblabs/mnistkit/fit"
)

// checkpoints holds the weights that SaveWeights keeps.
const checkpoints = "checkpoints"

// Checkpoint is a set of weights that were kept under a name.
type Checkpoint struct {
	Run   string
	Name  string // "cp-0005"
	Epoch int
	Bytes int64

	series string
}

// String names the checkpoint for Run.Initial: "save/model@cp-0005".
func (c Checkpoint) String() string { return c.Run + "@" + c.Name }

// SaveAs keeps the present weights under a name. Of each series it keeps only the
// newest; with 0 it keeps all.
func (d Dir) SaveAs(name, series string, newest, epoch int, save func(dir string) error) error {
	if !fit.ValidName(name) || slices.Contains([]string{"last", "best", "initial"}, name) {
		return fmt.Errorf("run %q: %q cannot be the name of a checkpoint; use letters, digits, - and _, and not last, best or initial", d.Name, name)
	}
	if err := d.saveWeights(name, state{Epoch: epoch, Series: series}, save); err != nil || newest == 0 {
		return err
	}
	list, err := d.Checkpoints()
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(c Checkpoint) bool { return c.series != series })
	for _, old := range list[:max(0, len(list)-newest)] {
		if err := os.RemoveAll(d.Path(checkpoints, old.Name)); err != nil {
			return fmt.Errorf("run %q: cannot remove an old checkpoint: %w", d.Name, err)
		}
	}
	return nil
}

// Checkpoints lists the kept weights in the order of their epochs.
func (d Dir) Checkpoints() ([]Checkpoint, error) {
	entries, err := os.ReadDir(d.Path(checkpoints)) // by name
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("run %q: %w", d.Name, err)
	}
	var list []Checkpoint
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		s, err := d.state(e.Name())
		if err != nil && !errors.Is(err, errDamaged) { // of which At says what is damaged
			return nil, err
		}
		if s.folder == "" {
			continue
		}
		c := Checkpoint{Run: d.Name, Name: e.Name(), Epoch: s.Epoch, series: s.Series}
		contents, _ := os.ReadDir(s.folder) // from which the state came
		for _, file := range contents {
			if info, err := file.Info(); err == nil {
				c.Bytes += info.Size()
			}
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b Checkpoint) int { return a.Epoch - b.Epoch })
	return list, nil
}

// Named finds the weights of a name, and their folder. The name is that of a
// checkpoint, "last" or "best".
func (d Dir) Named(name string) (Weights, string, error) {
	if !fit.ValidName(name) {
		return Weights{}, "", fmt.Errorf("run %q: %q cannot be the name of a checkpoint", d.Name, name)
	}
	s, err := d.state(name)
	if err == nil && s.folder == "" {
		err = fmt.Errorf("run %q has no checkpoint %q; it has %s", d.Name, name, d.names())
	}
	return s.weights(), s.folder, cmp.Or(err, d.Check(name))
}

// names lists what Named knows.
func (d Dir) names() string {
	names := []string{"last", "best"}
	list, _ := d.Checkpoints() // only for a message
	for _, c := range list {
		names = append(names, c.Name)
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		s, err := d.intact(name)
		return err != nil || s.folder == ""
	})
	return cmp.Or(strings.Join(names, ", "), "none")
}

// Sum is the sha256 of the numbers in a folder of weights: of all its .bin files, in the order of their names.
func Sum(folder string) (string, error) {
	weights := os.DirFS(folder)
	files, err := fs.Glob(weights, "*.bin") // sorted
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("there are no weights at %s", folder)
	}
	h := sha256.New()
	for _, name := range files {
		b, err := fs.ReadFile(weights, name)
		if err != nil {
			return "", err
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
