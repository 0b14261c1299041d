// Package runs keeps the results of trainings on disk. Each run has a folder of
// plain files that can be read, searched and copied.
//
//	runs/mnist/lenet/
//	    run.json        what was trained: data, model, optimiser, seed, versions
//	    history.jsonl   one line for each epoch
//	    last/ best/     weights of the newest and the best epoch
//	    checkpoints/    weights that SaveWeights kept, by name
//	    events/         what TensorBoard reads
//	    scores.json     what Evaluate measured
//	    predictions/    what Predict answered
//
// After a crash each file is either the old one or the new one, and whole.
package runs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/fit"
)

// Root is the folder that holds all runs: $MNISTKIT_RUNS, else "runs" in the
// working directory.
func Root() string {
	return files.Home(cmp.Or(os.Getenv("MNISTKIT_RUNS"), "runs"))
}

// attic holds the runs that were moved away; its name keeps it out of List.
const attic = ".old"

// archiveTime is what Archive adds to a name.
const archiveTime = "-20060102-150405.000"

// Dir is the folder of one run. It need not exist yet.
type Dir struct {
	Name string
	root string
}

// Open gives the folder of a run; it makes nothing.
//
//	dir, err := runs.Open("mnist/lenet")
func Open(name string) (Dir, error) {
	if name == "" {
		return Dir{}, fmt.Errorf("the run has no name; set Name, such as Name: \"mnist/lenet\"")
	}
	for part := range strings.SplitSeq(name, "/") {
		if !fit.ValidName(part) || len(name) > 200 {
			return Dir{}, fmt.Errorf("the run's name %q cannot be a folder on every system; use letters, digits, - and _, with / between parts, 200 at most, no dot at an end, and no device of Windows such as con", name)
		}
		if slices.Contains(reserved, part) {
			return Dir{}, fmt.Errorf("the run's name %q holds %q, which names a part of every run's folder; choose another name", name, part)
		}
	}
	return Dir{Name: name, root: Root()}, nil
}

// reserved are the folders inside a run.
var reserved = []string{"last", "best", "predictions", checkpoints, "events"}

// free reports a run inside another, since moving one away would take the other along, and a new one whose name is
// another's but for capitals, since many systems take it for the same.
func (d Dir) free() error {
	mine := strings.ToLower(d.Name + "/")
	others, err := find(d.root, func(name string) bool {
		theirs := strings.ToLower(name + "/")
		return strings.HasPrefix(mine, theirs) || strings.HasPrefix(theirs, mine)
	})
	for _, other := range others {
		if other != d && (!strings.EqualFold(other.Name, d.Name) || !slices.Contains(others, d)) {
			return fmt.Errorf("the run %q would share a folder with the run %q, on a system that knows no capitals perhaps; choose another name", d.Name, other.Name)
		}
	}
	return err
}

// Root is the folder that holds all runs, also this one.
func (d Dir) Root() string { return d.root }

// Path is a file or folder of the run.
func (d Dir) Path(elem ...string) string {
	return filepath.Join(d.root, filepath.FromSlash(d.Name), filepath.Join(elem...))
}

// Exists says whether the run has a record.
func (d Dir) Exists() bool {
	_, err := os.Stat(d.Path("run.json"))
	return err == nil
}

// Archive moves the run to the attic and returns its new folder. Nothing in the
// attic is ever deleted. It is no error if the run does not exist.
func (d Dir) Archive() (string, error) {
	if !d.Exists() {
		return "", nil
	}
	to := filepath.Join(d.root, attic, filepath.FromSlash(d.Name)+time.Now().Format(archiveTime))
	if err := files.Move(d.Path(), to); err != nil {
		return "", fmt.Errorf("run %q: cannot move it away: %w", d.Name, err)
	}
	return to, nil
}

// List gives the sorted names of the runs that match a pattern. "*" stands for any
// part of a name between slashes, and at the end also for several parts.
//
//	names, err := runs.List("mnist/*")
func List(pattern string) ([]Dir, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("the pattern %q is malformed; use names with * such as \"mnist/*\"", pattern)
	}
	found, err := find(Root(), func(string) bool { return true })
	return slices.DeleteFunc(found, func(d Dir) bool {
		parts := strings.Split(d.Name, "/")
		if most := strings.Count(pattern, "/") + 1; len(parts) > most && strings.HasSuffix(pattern, "*") {
			parts = parts[:most]
		}
		ok, _ := path.Match(pattern, strings.Join(parts, "/"))
		return !ok && pattern != ""
	}), err
}

// find gives the sorted names of the runs below root, and looks only into folders whose names may lead to them. What
// a run's own folders hold is no run.
func find(root string, leads func(name string) bool) (found []Dir, err error) {
	err = fs.WalkDir(os.DirFS(root), ".", func(file string, e fs.DirEntry, err error) error {
		var records []string
		switch {
		case errors.Is(err, fs.ErrNotExist), file != "." && errors.Is(err, fs.ErrPermission): // such as lost+found
		case err != nil:
			return err
		case e.IsDir() && file != "." && (strings.HasPrefix(e.Name(), ".") || slices.Contains(reserved, e.Name()) || !leads(file)):
			return fs.SkipDir
		case e.Name() == "run.json" && !e.IsDir():
			records = []string{file}
		case e.Type() == fs.ModeSymlink && leads(file): // perhaps to a run on another disk, or to a folder of them
			one, _ := fs.Glob(os.DirFS(root), path.Join(file, "run.json"))
			some, _ := fs.Glob(os.DirFS(root), path.Join(file, "*", "run.json"))
			records = append(one, some...)
		}
		for _, record := range records {
			if name := path.Dir(record); leads(name) {
				found = append(found, Dir{Name: name, root: root})
			}
		}
		return nil
	})
	slices.SortFunc(found, func(a, b Dir) int { return strings.Compare(a.Name, b.Name) })
	return found, files.Explain(root, err)
}

// Archived lists the earlier runs in the attic by the names that they had, the oldest of each first.
func Archived() map[string][]Dir {
	root, earlier := Root(), map[string][]Dir{}
	old, _ := find(filepath.Join(root, attic), func(string) bool { return true }) // what cannot be read is not shown
	for _, d := range old {
		end := len(d.Name) - len(archiveTime)
		if _, err := time.Parse(archiveTime, d.Name[max(0, end):]); err == nil {
			earlier[d.Name[:end]] = append(earlier[d.Name[:end]], Dir{Name: path.Join(attic, d.Name), root: root})
		}
	}
	return earlier
}

// writeJSON writes v to the run's file, whole or not at all.
func (d Dir) writeJSON(v any, elem ...string) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("run %q: %w", d.Name, err)
	}
	return d.write(seal(b), elem...)
}

func (d Dir) write(b []byte, elem ...string) error {
	if err := files.Write(d.Path(elem...), b); err != nil {
		return fmt.Errorf("run %q: cannot write %s: %w", d.Name, path.Join(elem...), err)
	}
	return nil
}

// readJSON reads a file of the run; ok is false when there is none.
func (d Dir) readJSON(v any, elem ...string) (ok bool, err error) {
	b, err := files.Read(d.Path(elem...))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		if err = decode(b, v); err == nil {
			return true, nil
		}
		err = fmt.Errorf("%s %w", path.Join(elem...), err)
	}
	return false, d.broken(err, elem[0])
}

// broken is an error of a file or folder of the run, with what helps when it is damaged.
func (d Dir) broken(err error, file string) error {
	remedy := "Reset the run to train it anew"
	switch {
	case !errors.Is(err, errDamaged):
		return fmt.Errorf("run %q: %w", d.Name, files.Explain(d.Path(file), err))
	case file == "scores.json" || file == "predictions":
		remedy = "it is made again"
	case d.root != Root():
		remedy = fmt.Sprintf("delete %s and open the model file again, or write that anew with Run.Save", d.root)
	}
	return fmt.Errorf("run %q: %w; %s", d.Name, err, remedy)
}

// ErrBusy is wrapped by the error of Await when ctx ends while another program trains the run.
var ErrBusy = errors.New("another program is training this run")

// locks is the folder of the lock files. They do not lie in the runs' own
// folders, since a run is moved away while it is locked.
const locks = ".locks"

// lockedHere are the lock files of this program: the system would let it wait for
// itself.
var lockedHere sync.Map

// Await keeps other programs from writing to the run until unlock is called or this program ends. While another
// one trains the run, it calls waiting once and tries again until ctx ends.
func (d Dir) Await(ctx context.Context, waiting func()) (unlock func(), err error) {
	if err := d.free(); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(filepath.Join(d.root, locks, strings.ReplaceAll(d.Name, "/", "%")))
	if err != nil {
		return nil, fmt.Errorf("run %q: cannot lock it: %w", d.Name, err)
	}
	if _, locked := lockedHere.LoadOrStore(path, true); locked {
		return nil, fmt.Errorf("run %q: this program is training it already; let that end first", d.Name)
	}
	release, err := files.Lock(ctx, path, waiting)
	if err != nil {
		lockedHere.Delete(path)
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return nil, fmt.Errorf("run %q: %w; wait for it, or stop it first", d.Name, ErrBusy)
		}
		return nil, fmt.Errorf("run %q: cannot lock it: %w", d.Name, err)
	}
	return func() { release(); lockedHere.Delete(path) }, nil
}

// Lock is Await for who waits for nobody: while another program trains the run, it is an error.
func (d Dir) Lock() (unlock func(), err error) {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	return d.Await(now, func() {})
}
