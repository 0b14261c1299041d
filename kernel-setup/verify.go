package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gonblabs/kernel-setup/handin"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/text"
	"gonblabs/mnistkit/training"
)

// opened is a pack for py/verify.py: checked, and unpacked into a folder.
type opened struct{ File, Name, Folder, Error string }

// verification is what py/verify.py is told.
type verification struct {
	Packs   []opened
	Measure []string // the command that measures a model
	Data    []string // files and folders of the teacher's
	Retrain bool
	Seconds float64 // longest time for a model
	Form    string  // "table", "json" or "csv"
}

func verifyVerb(p *project, flags *flag.FlagSet) action {
	setup := p.optionFlags(flags)
	v := verification{Form: "table"}
	flags.Func("data", "`file` or folder with data of your own, for models that learned from such; may be given several times", func(name string) error {
		full, err := filepath.Abs(files.Home(name))
		v.Data = append(v.Data, full)
		return err
	})
	flags.BoolVar(&v.Retrain, "retrain", false, "train each model anew from its seed as well, and compare")
	limit := flags.Duration("timeout", 10*time.Minute, "longest `time` for one model")
	for _, form := range []string{"json", "csv"} {
		flags.BoolFunc(form, "write "+strings.ToUpper(form)+" in place of a table", func(string) error { v.Form = form; return nil })
	}
	return func(ctx context.Context, names []string) error {
		if job := os.Getenv("KERNEL_SETUP_MEASURE"); job != "" { // py/verify.py has started it
			return measure(job)
		}
		folder, done, err := files.Scratch(p.tools(), "verify-")
		if err != nil {
			return err
		}
		defer done()
		for _, name := range names {
			name = files.Home(name)
			err := filepath.WalkDir(name, func(file string, e fs.DirEntry, err error) error {
				if err != nil || e.IsDir() || file != name && filepath.Ext(file) != ".zip" {
					return err
				}
				o := opened{File: file, Name: title(strings.TrimSuffix(file, ".zip")), Folder: filepath.Join(folder, fmt.Sprint(len(v.Packs)))}
				if err := o.unpack(); err != nil {
					o.Error = err.Error()
				}
				v.Packs = append(v.Packs, o)
				return nil
			})
			if err != nil {
				return err
			}
		}
		if v.Packs == nil {
			return usageError("verify takes files that pack has written, or folders of them; there is none.")
		}
		if err := p.setUp(ctx, *setup); err != nil {
			return err
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		v.Measure, v.Seconds = []string{self, "verify"}, limit.Seconds()
		python := with(p.python(ctx, p.path("kernel-setup", "py", "verify.py")), p.backendOrGo().environment()...)
		asked, _ := json.Marshal(v) // texts and numbers, which have JSON
		var said bytes.Buffer
		python.Stdin, python.Stdout, python.Stderr = bytes.NewReader(asked), os.Stdout, &said
		if err := runToEnd(python); err != nil {
			return errors.New(strings.TrimSpace(said.String()))
		}
		return nil
	}
}

func (o *opened) unpack() error {
	pack, err := handin.Open(o.File)
	if err != nil {
		return err
	}
	defer pack.Close()
	if pack.Name != "" {
		o.Name = pack.Name
	}
	return os.CopyFS(o.Folder, pack)
}

// measuring says what to measure of a model, in a program of its own that can be ended.
type measuring struct {
	Model   string   // the file
	Data    []string // as of verification
	Sets    []string // by their identity, or "test" and "validation" of the data that it learned from; after "initial " for the weights that it started from
	Retrain bool     // not the model, but what becomes of its seed
}

// scored is what was measured on one set.
type scored struct {
	Data    string // its identity
	Set     string // its name
	Metrics map[string]float64
	Error   string
}

func measure(job string) error {
	var o measuring
	if err := json.Unmarshal([]byte(job), &o); err != nil {
		return err
	}
	run, err := training.Open(o.Model)
	if err != nil {
		return err
	}
	dir, err := run.Dir()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir.Root())         // what Open has unpacked
	_ = os.Remove(dir.Path("scores.json")) // of an earlier call that was ended
	record, _, err := dir.ReadRecord()
	if err != nil {
		return err
	}
	sum, err := runs.Sum(dir.Path("last"))
	if err == nil && o.Retrain {
		run, err = o.trainAgain(run, record)
	}
	if err != nil {
		return err
	}
	scores := map[string]scored{}
	for _, set := range o.Sets {
		name, initial := strings.CutPrefix(set, "initial ")
		asked := run
		if initial {
			asked = run.At(training.Initial)
		}
		var s training.Score
		found, _, err := o.find(run, record, name)
		if err == nil {
			s, err = asked.Evaluate(found)
		}
		maps.DeleteFunc(s.Metrics, func(_ string, v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) // JSON lacks them
		if scores[set] = (scored{Data: s.Data, Set: s.Set, Metrics: s.Metrics}); err != nil {
			scores[set] = scored{Error: err.Error()}
		}
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"Sum": sum, "Scores": scores})
}

// rates sets the learning rates of another training.
type rates fit.History

// AfterEpoch asks for nothing.
func (rates) AfterEpoch(fit.History) fit.Action { return fit.Action{} }

// RateBefore is the rate that the epoch had.
func (r rates) RateBefore(h fit.History, _ float64) float64 { return r[len(h)].LearningRate }

// trainAgain trains from the seed of a run, for as many epochs, at the same rates.
func (o measuring) trainAgain(run training.Run, record runs.Record) (training.Run, error) {
	h, err := run.History()
	again := run.With("again", nil)
	if err == nil && run.Initial != "" {
		err = errors.New("it started from a checkpoint, which is not in the pack")
	}
	if err == nil {
		_, again.Data, err = o.find(run, record, "train")
	}
	if err == nil {
		_, err = again.Fit(len(h), rates(h))
	}
	return again, err
}

// find finds a set among the course's data and those that the teacher has named. No path that is in the model file is opened.
func (o measuring) find(run training.Run, record runs.Record, name string) (*data.Set, training.Data, error) {
	sources := []training.Data{run.Data, data.MNIST(), data.FashionMNIST()}
	for _, path := range o.Data {
		images, texts, rows := data.Recipe{}, text.Recipe{}, table.Recipe{}
		recipe := map[string]any{"": &images, "text": &texts, "table": &rows}[record.DataKind]
		_ = json.Unmarshal(record.Data, recipe) // loadFrom has read it
		rows.Path = path
		sources = append(sources, images.From(path), texts.From(path), rows)
	}
	for _, d := range sources {
		id, err := d.ID()
		for part, read := range map[string]func() (*data.Set, error){"test": d.Test, "validation": d.Validation, "train": d.Train} {
			own := name == part && id == record.Recipe.Data
			if err != nil || !own && !strings.Contains(name, "/"+part) && !strings.HasPrefix(name, "sha256:") {
				continue
			}
			if set, err := read(); err == nil && set != nil && (own || set.ID() == name) {
				return set, d, nil
			}
		}
	}
	if !strings.Contains(name, ":") {
		name = record.Recipe.Data
	}
	return nil, nil, fmt.Errorf("%.100q is not here; fetch it, or name your copy with --data", name)
}
