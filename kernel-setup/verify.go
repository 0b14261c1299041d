package main

import (
	"bytes"
	"cmp"
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

func verifyVerb(p *project, flags *flag.FlagSet) action {
	setup := p.optionFlags(flags)
	var o struct { // what py/verify.py is told
		Packs, Ask []string // files, and the command that does the jobs below
		Folder     string   // for what is unpacked
		Data       []string // files and folders of the teacher's
		Retrain    bool
		Seconds    float64
		Form       string
	}
	flags.Func("data", "`file` or folder with data of your own, for models that learned from such; may be given several times", func(name string) error {
		full, err := filepath.Abs(files.Home(name))
		o.Data = append(o.Data, full)
		return err
	})
	flags.BoolVar(&o.Retrain, "retrain", false, "train each model anew from its seed as well, and compare")
	limit := flags.Duration("timeout", 10*time.Minute, "longest `time` for one model")
	for _, form := range []string{"json", "csv"} {
		flags.BoolFunc(form, "write "+strings.ToUpper(form)+" in place of a table", func(string) error { o.Form = form; return nil })
	}
	return func(ctx context.Context, names []string) error {
		if asked := os.Getenv("KERNEL_SETUP_JOB"); asked != "" { // py/verify.py has started it
			return do(asked)
		}
		for _, name := range names {
			name = files.Home(name)
			err := filepath.WalkDir(name, func(file string, e fs.DirEntry, err error) error {
				if err == nil && !e.IsDir() && (file == name || filepath.Ext(file) == ".zip") {
					file, err = filepath.Abs(file)
					o.Packs = append(o.Packs, file)
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		if o.Packs == nil {
			return usageError("verify takes files that pack has written, or folders of them; there is none.")
		}
		if err := p.setUp(ctx, *setup); err != nil {
			return err
		}
		self, _ := os.Executable() // which findProject has asked
		folder, done, err := files.Scratch(p.own(".tools"), "verify-")
		if err != nil {
			return err
		}
		defer done()
		o.Ask, o.Folder, o.Seconds = []string{self, "verify"}, folder, limit.Seconds()
		python := with(p.python(ctx, p.path("kernel-setup", "py", "verify.py")), p.backendOrGo().environment()...)
		asked, _ := json.Marshal(o) // texts and numbers, which have JSON
		python.Stdin, python.Stdout, python.Stderr = bytes.NewReader(asked), os.Stdout, os.Stderr
		if err := runToEnd(python, func() {}); err != nil {
			return errors.New("not everything that is claimed holds and could be checked")
		}
		return nil
	}
}

// job is what a program of its own does with what somebody else has made, so that it can be ended.
type job struct {
	Pack, Folder string   // the pack is checked, and unpacked there
	Model        string   // or a model file is measured
	Sets         []string // on these, by their identity, or "test" and "validation" of what it learned from; after "initial " before it did
	Data         []string // files and folders of the teacher's
	Retrain      bool     // not the model, but what becomes of its seed
}

// do prints what it finds as JSON.
func do(asked string) error {
	var o job
	err := json.Unmarshal([]byte(asked), &o)
	if err != nil {
		return err
	}
	var found any
	if o.Pack != "" {
		found, err = o.unpack()
	} else {
		found, err = o.measure()
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

func (o job) unpack() (who string, err error) {
	pack, err := handin.Open(o.Pack)
	if err != nil {
		return "", err
	}
	defer pack.Close()
	return pack.Name, os.CopyFS(o.Folder, pack)
}

func (o job) measure() (any, error) {
	run, err := training.Open(o.Model)
	dir, none := run.Dir()
	if err = cmp.Or(err, none); err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir.Root())         // what Open has unpacked
	_ = os.Remove(dir.Path("scores.json")) // of an earlier call that was ended
	record, _, err := dir.ReadRecord()
	sum, damaged := runs.Sum(dir.Path("last"))
	if err = cmp.Or(err, damaged); err == nil && o.Retrain {
		run, err = o.trainAgain(run, record)
	}
	if err != nil {
		return nil, err
	}
	scores := map[string]any{}
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
		answer := map[string]any{"Data": s.Data, "Set": s.Set, "Metrics": s.Metrics, "Error": ""}
		if err != nil {
			answer["Error"] = err.Error()
		}
		scores[set] = answer
	}
	return map[string]any{"Sum": sum, "Scores": scores}, nil
}

// trainAgain trains from the seed of a run, for as many epochs, at the same rates.
func (o job) trainAgain(run training.Run, record runs.Record) (training.Run, error) {
	h, err := run.History()
	again := run.With("again", nil)
	if err == nil && run.Initial != "" {
		err = errors.New("it started from a checkpoint, which is not in the pack")
	}
	if err == nil {
		_, again.Data, err = o.find(run, record, "train")
	}
	if err == nil {
		_, err = again.Fit(len(h), fit.LearningRateScheduler(func(epoch int, _ float64) float64 { return h[epoch].LearningRate }))
	}
	return again, err
}

// find finds a set among the course's data and those that the teacher has named. No path that is in the model file is opened.
func (o job) find(run training.Run, record runs.Record, name string) (*data.Set, training.Data, error) {
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
