package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/runs"
)

type reportOptions struct {
	noInput, full, fresh, save bool
	quick, pdf                 bool
	original                   bool // the repository's notebooks, not the student's copies
	backend                    backend
	name, course               string // of the student, for the heads of the pages
	share                      string // "3/8": only the sweeps' runs of a share are wanted, no page
	timeout                    time.Duration
	jobs                       int
	out                        string
}

func reportVerb(p *project, fs *flag.FlagSet) action {
	setup := p.optionFlags(fs)
	var o reportOptions
	fs.BoolVar(&o.noInput, "no-input", false, "leave the code out of the pages")
	fs.StringVar(&o.name, "name", "", "`your name`, for the head of each page and of the index")
	fs.StringVar(&o.course, "course", "", "`course` or class, for the head of each page and of the index")
	fs.BoolVar(&o.pdf, "pdf", false, "print each page into a PDF file as well; this needs Chromium")
	fs.BoolVar(&o.full, "full", false, "fetch the full data sets of the notebooks first, where missing")
	fs.BoolVar(&o.fresh, "fresh", false, "train anew, into an empty runs folder beside the pages; runs/ stays as it is")
	fs.BoolVar(&o.original, "original", false, "take the repository's notebooks, also those whose copies in work/ you have changed")
	fs.BoolVar(&o.save, "save", false, "write the outputs back into the repository's notebooks")
	fs.BoolVar(&o.quick, "quick", false, "one epoch in each Fit of a run and no self-checks, into a runs folder beside the pages: does every cell run?")
	onGo := fs.Bool("pure-go", false, "compute with the pure-Go backend, whatever set-up has chosen")
	fs.StringVar(&o.share, "share", "", "train the sweeps' runs of one share, such as `3/8`, and write no page; the others are for other machines")
	fs.IntVar(&o.jobs, "jobs", 0, "`notebooks` at a time (default: 2; 1 on one processor, with --save and on a GPU)")
	fs.DurationVar(&o.timeout, "timeout", 0, "longest `time` for one cell, such as 20m (default: none)")
	fs.StringVar(&o.out, "out", p.own("reports"), "`folder` for the pages")
	return func(ctx context.Context, names []string) error {
		if o.quick && o.save {
			return usageError("--quick outputs are not worth keeping; leave out --quick or --save.")
		}
		chosen := false
		fs.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "jobs" })
		if chosen && o.jobs < 1 {
			return usageError(fmt.Sprintf("--jobs is %d; give the number of notebooks that run at a time, from 1 on.", o.jobs))
		}
		if o.share != "" {
			os.Setenv("MNISTKIT_SHARE", o.share)
		}
		share, err := runs.TheShare() // the tasks of a cluster have theirs without --share
		if err != nil {
			return usageError(err.Error() + ".")
		}
		if o.share = ""; share.Of > 1 {
			o.share = fmt.Sprintf("%d/%d", share.Number, share.Of)
		}
		if o.share != "" && (o.save || o.fresh || o.quick || o.pdf) {
			return usageError("a share is trained for a later report; leave out --save, --fresh, --quick and --pdf.")
		}
		if o.pdf && p.findChromium() == "" {
			return usageError("--pdf needs Chromium, and there is none; install one (apt install chromium), set CHROMIUM to its path, or print the pages from your browser.")
		}
		notebooks, err := p.findNotebooks(names)
		if err != nil {
			return err
		}
		if !o.original && !o.save {
			p.takeCopies(notebooks)
		}
		o.out, err = filepath.Abs(files.Home(o.out))
		if err = cmp.Or(err, p.setUp(ctx, *setup)); err == nil && o.full {
			err = fetchAll(ctx, usedData(notebooks...))
		}
		if err != nil {
			return err
		}
		o.backend = p.backendOrGo()
		if *onGo {
			o.backend = pureGo
		}
		if o.jobs == 0 {
			o.jobs = atATime(o.backend.Kind, o.save)
		}
		o.jobs = min(o.jobs, len(notebooks))
		return p.makeReports(ctx, notebooks, o)
	}
}

// atATime is how many notebooks run side by side when nobody asks. Times that are written into a notebook
// are those of a notebook alone, and one program takes most of a GPU's memory.
func atATime(backendKind string, save bool) int {
	if save || backendKind != pureGo.Kind && backendKind != "xla:cpu" {
		return 1
	}
	return min(2, runtime.GOMAXPROCS(0))
}

// makeReports executes the notebooks and writes their pages.
func (p *project) makeReports(ctx context.Context, notebooks []string, o reportOptions) error {
	unlock, err := files.Lock(ctx, filepath.Join(o.out, ".lock"), func() {}) // before hours of training
	if err != nil {
		return fmt.Errorf("no page can be written into %s (%w); choose another folder with --out", o.out, err)
	}
	unlock()
	folder, done, err := files.Scratch(p.own(".tools"), "report-")
	if err != nil {
		return err
	}
	defer done()
	kept := p.runs()
	env := []string{"MNISTKIT_PAGE=1", "GOMLX_BACKEND=" + o.backend.Env}
	if o.quick {
		env = append(env, "MNISTKIT_EPOCHS=1")
		fmt.Println("Quick: one epoch a training, and self-checks are left out.")
	}
	if o.fresh || o.quick {
		kept = filepath.Join(o.out, "runs-"+time.Now().Format("2006-01-02-150405"))
		fmt.Printf("Training anew: runs are kept in %s\n", kept)
	}
	// Errors as plain text: the page and the terminal have no place for GoNB's pop-ups.
	if err := p.overlayKernel(folder, []string{"-raw_error"}, append(env, "MNISTKIT_RUNS="+kept)...); err != nil {
		return err
	}
	executed, err := p.executeAll(ctx, notebooks, folder, o)
	if index := filepath.Join(o.out, "index.html"); exists(index) && o.share == "" {
		fmt.Printf("Open %s\n", index)
	}
	return cmp.Or(err, shortcomings(executed))
}

// shortcomings names the notebooks that stopped early and those whose pages are not whole.
func shortcomings(done []execution) error {
	var all []string
	for _, run := range done {
		if run.Failed > 0 {
			all = append(all, fmt.Sprintf("%s stopped at code cell %d", run.Name, run.Failed))
		}
		for _, problem := range run.Problems {
			all = append(all, run.Name+": "+problem)
		}
	}
	if all == nil {
		return nil
	}
	return errors.New("these notebooks or their pages are not whole:\n  " + strings.Join(all, "\n  "))
}

// export hands everything that a page shows to py/export.py, which writes it, and the index anew.
func (p *project) export(ctx context.Context, e *executor, o reportOptions) error {
	origin, _ := output(p.command(ctx, "git", "remote", "get-url", "origin")) // "" outside git
	job, _ := json.Marshal(map[string]any{"out": o.out, "no_input": o.noInput, "pdf": o.pdf, "chromium": p.findChromium(),
		"facts": p.facts(ctx, o), "report": e.run, "course": map[string]string{"root": p.root, "work": p.work(), "origin": origin}})
	unlock, err := files.Lock(ctx, filepath.Join(o.out, ".lock"), func() {}) // another report may write into the folder
	if err != nil {
		return err
	}
	defer unlock()
	python := p.python(ctx, p.path("kernel-setup", "py", "export.py"))
	python.Stdin = bytes.NewReader(job)
	return watchCells(python, e.happened)
}

// facts are what a reader needs to repeat a report.
func (p *project) facts(ctx context.Context, o reportOptions) map[string]string {
	toolchain, _ := findToolchain()                                                              // the page leaves out what is not known
	commit, _ := output(p.command(ctx, "git", "describe", "--always", "--dirty", "--abbrev=10")) // "" outside git
	facts := map[string]string{
		"name":    o.name,
		"course":  o.course,
		"date":    time.Now().Format("2 January 2006, 15:04"),
		"commit":  strings.Replace(commit, "-dirty", " with changes", 1),
		"Go":      strings.TrimPrefix(toolchain.Version, "go"),
		"GoNB":    p.version("github.com/janpfeifer/gonb"),
		"GoMLX":   p.version("github.com/gomlx/gomlx"),
		"backend": o.backend.label(),
	}
	if o.jobs > 1 {
		facts["at a time"] = fmt.Sprintf("%d notebooks", o.jobs) // whose trainings take longer than alone
	}
	return facts
}

// findChromium is the browser that prints pages, "" if there is none; the tests in the browser install one.
func (p *project) findChromium() string {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	folder := p.tools("playwright")
	return cmp.Or(append(glob(folder, "chromium-*/chrome-linux*/chrome"), glob(folder, "chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium")...)...)
}
