package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gonblabs/kernel-setup/handin"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/runs"
)

func packVerb(p *project, flags *flag.FlagSet) action {
	setup := p.optionFlags(flags)
	name := flags.String("name", "", "`your name`, for the pack, and for its page where that is made now")
	whole := flags.Bool("training", false, "take the runs themselves along, optimisers and checkpoints too, so that unpack brings them to where they go on")
	pages := flags.String("pages", p.own("reports"), "`folder` of the pages")
	out := flags.String("out", "", "`file` to write (default: beside the page)")
	return func(ctx context.Context, names []string) error {
		if len(names) != 1 {
			return usageError("pack takes one notebook, such as 02.")
		}
		notebooks, err := p.findNotebooks(names)
		if err != nil {
			return err
		}
		p.takeCopies(notebooks)
		folder, err := filepath.Abs(files.Home(*pages))
		if err = cmp.Or(err, p.setUp(ctx, *setup)); err != nil {
			return err
		}
		os.Setenv("MNISTKIT_RUNS", p.runs())
		o := reportOptions{out: folder, name: *name, backend: p.backendOrGo(), jobs: 1}
		work := packing{Notebook: notebooks[0], Page: filepath.Join(o.out, title(notebooks[0])+".html"), Root: runs.Root()}
		err = p.pack(ctx, &work)
		if err == nil && work.Outdated != "" {
			fmt.Printf("The page of %s %s, so report makes it.\n", title(work.Notebook), work.Outdated)
			if err := p.makeReports(ctx, notebooks, o); ctx.Err() != nil || !exists(work.Page) {
				return cmp.Or(ctx.Err(), err)
			} else if err != nil {
				fmt.Println(err) // it can be handed in all the same
			}
			err = p.pack(ctx, &work)
		}
		if err != nil {
			return err
		}
		folder, done, err := files.Scratch(p.own(".tools"), "pack-")
		if err != nil {
			return err
		}
		defer done()
		for _, name := range work.Runs {
			run, err := runs.Open(name)
			if err != nil {
				return err
			}
			unlock, err := run.Lock()
			if err != nil {
				return err
			}
			defer unlock() // until all is written
			if err := saveModels(run, filepath.Join(folder, "models"), work.Weights); err != nil {
				return err
			}
		}
		work.Models, work.Name, work.Training = folder, *name, *whole
		work.File, err = filepath.Abs(cmp.Or(files.Home(*out), strings.TrimSuffix(work.Page, ".html")+".zip"))
		if err == nil {
			err = p.pack(ctx, &work)
		}
		if err == nil {
			fmt.Printf("%s holds the notebook, its page, and: %s.\n", work.File, cmp.Or(strings.Join(work.Runs, ", "), "no runs"))
		}
		return err
	}
}

// packing is what py/pack.py is told, and what it answers: without a File which runs belong to a notebook, with one it writes that.
type packing struct {
	Notebook, Page, Root string
	Runs                 []string // that the notebook and its page tell of
	Weights              []string // sha256 of those that they show scores of
	Outdated             string   // what is wrong with the page
	File, Name, Models   string
	Training             bool
}

func (p *project) pack(ctx context.Context, work *packing) error {
	python := p.python(ctx, p.path("kernel-setup", "py", "pack.py"))
	asked, _ := json.Marshal(work) // texts, which have JSON
	python.Stdin = bytes.NewReader(asked)
	answer, err := output(python)
	if err == nil {
		err = json.Unmarshal([]byte(answer), work)
	}
	return err
}

// saveModels writes the model file of a run, with the weights that answer, and those of other weights that a score is of.
func saveModels(run runs.Dir, folder string, wanted []string) error {
	record, _, err := run.ReadRecord()
	answering, from, noWeights := run.Weights()
	list, noList := run.Checkpoints()
	if err = cmp.Or(err, noWeights, noList); err != nil || record.Loop != nil || from == "" { // a Loop has no model
		return err
	}
	err = run.Export(filepath.Join(folder, filepath.FromSlash(run.Name)+".mnistkit"), answering, from)
	for _, c := range append(list, runs.Checkpoint{Run: run.Name, Name: "last"}) {
		w, from, damaged := run.Named(c.Name)
		if damaged == nil && w.SHA256 != answering.SHA256 && slices.Contains(wanted, w.SHA256) {
			err = cmp.Or(err, run.Export(filepath.Join(folder, filepath.FromSlash(c.String())+".mnistkit"), w, from))
		}
	}
	return err
}

func unpackVerb(p *project, _ *flag.FlagSet) action {
	return func(_ context.Context, names []string) error {
		if len(names) != 1 {
			return usageError("unpack takes one file, which pack --training has written.")
		}
		os.Setenv("MNISTKIT_RUNS", p.runs())
		pack, err := handin.Open(files.Home(names[0]))
		if err != nil {
			return err
		}
		defer pack.Close()
		records := pack.Names("/run.json")
		if len(records) == 0 {
			return fmt.Errorf("%s holds no training to go on with; pack it with --training", names[0])
		}
		for _, record := range records {
			if err := bringRun(pack, path.Dir(record)); err != nil {
				return fmt.Errorf("%s: %w", names[0], err)
			}
		}
		return p.bringNotebook(pack)
	}
}

// bringRun puts a run of a pack into the runs folder. What is there under its name is moved away.
func bringRun(pack *handin.Pack, folder string) error {
	run, err := runs.Open(strings.TrimPrefix(folder, "runs/"))
	if err != nil {
		return err
	}
	unlock, err := run.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	differs := func(name string) bool {
		file, of := strings.CutPrefix(name, folder+"/")
		return of && fileHash(run.Path(filepath.FromSlash(file))) != pack.Files[name]
	}
	if !slices.ContainsFunc(pack.Names(""), differs) {
		fmt.Printf("%s is here already.\n", run.Name)
		return nil
	}
	fresh, err := os.MkdirTemp(run.Root(), ".new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	brought := runs.In(fresh, "run")
	contents, _ := fs.Sub(pack, folder) // whose name handin has checked
	if err := os.CopyFS(brought.Path(), contents); err != nil {
		return err
	}
	_, _, damaged := brought.ReadRecord()
	_, h, _, failed := brought.Load()
	if err := cmp.Or(damaged, failed, brought.Check("last"), brought.Check("best")); err != nil {
		return fmt.Errorf("%s is not brought here: %w", run.Name, err)
	}
	old, err := run.Archive()
	if err == nil {
		err = files.Move(brought.Path(), run.Path())
	}
	if err != nil {
		return err
	}
	if old != "" {
		fmt.Printf("The run %s that was here is now %s.\n", run.Name, old)
	}
	fmt.Printf("%s has %d epochs and can go on.\n", run.Name, len(h))
	return nil
}

// bringNotebook puts the notebook of a pack into work/, beside one of its name that somebody has changed.
func (p *project) bringNotebook(pack *handin.Pack) error {
	name := pack.Names(".ipynb")[0]
	contents, err := fs.ReadFile(pack, name)
	if err != nil {
		return err
	}
	file, original, sum := p.work("notebooks", name), path.Join("notebooks", name), pack.Files[name]
	if here := fileHash(file); here != sum && changed(here, p.versions()[original], fileHash(p.path(original))) {
		file = p.work("notebooks", fmt.Sprintf("%s-%.8s.ipynb", title(name), sum))
	}
	fmt.Printf("The notebook is %s.\n", file)
	return files.Write(file, contents)
}
