package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
)

func setupVerb(p *project, fs *flag.FlagSet) action {
	o := p.optionFlags(fs)
	return func(ctx context.Context, _ []string) error {
		start := time.Now()
		o.gopls = true
		err := p.setUp(ctx, *o)
		chosen, unread := p.chosenBackend()
		if err = cmp.Or(err, unread); err != nil {
			return err
		}
		if runtime.GOOS == "windows" {
			fmt.Println("On Windows the stop button ends a cell without asking it; a training goes on from its last save.")
		}
		fmt.Printf("Ready after %s: backend %s.\n", show.Duration(time.Since(start).Seconds()), chosen.Name)
		return nil
	}
}

// setUp makes what is missing or out of date, part by part.
func (p *project) setUp(ctx context.Context, o options) error {
	if err := p.checkFolder(); err != nil {
		return err
	}
	if p.shared() {
		return p.takeShared(o)
	}
	unlock, err := p.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	toolchain, err := findToolchain()
	if err = cmp.Or(err, writeJSON(p.optionsFile(), o)); err != nil {
		return err
	}
	// The machine is looked at once, and only when there is work to do.
	machine, network := sync.OnceValue(checkMachine), sync.OnceValue(func() error { return checkNetwork(ctx) })
	parts := append(p.pythonParts(o), p.goTools(toolchain)...)
	if err := p.finishAll(ctx, parts, machine, network); err != nil {
		return err
	}
	if err := p.engine(); err != nil {
		return err
	}
	parts = []part{p.backendPart(o), p.kernelPart(toolchain), p.cachePart(toolchain)}
	if o.gopls && p.wantsGopls(ctx, o) {
		parts = append(parts, p.goplsPart(toolchain))
	}
	if err := p.finishAll(ctx, parts, machine, network); err != nil {
		return err
	}
	os.Setenv("PATH", pathWith(p.tools("bin"), filepath.Dir(p.program("python")), filepath.Join(toolchain.Root, "bin")))
	return nil
}

// takeShared has nothing to set up: what an installation lacks only its owner can add.
func (p *project) takeShared(o options) error {
	for what, missing := range map[string]bool{"kernel": !exists(p.kernelSpec()), "engine": !exists(p.tool("mnistkit-engine")),
		"TensorBoard": o.board && !exists(p.program("tensorboard")), "CUDA": o.CUDA && !strings.Contains(p.backendOrGo().Env, cudaPlugin)} {
		if missing {
			return fmt.Errorf("the course in %s has no %s; %s", p.root, what, p.setUpAgain())
		}
	}
	os.Setenv("PATH", pathWith(p.tools("bin"), filepath.Dir(p.program("python"))))
	return writeJSON(p.optionsFile(), o)
}

// lock keeps two set-ups of the same checkout apart; the second one waits. The system drops the lock
// when the process ends, however it ends.
func (p *project) lock(ctx context.Context) (unlock func(), err error) {
	return files.Lock(ctx, p.own(".tools", "setup.lock"), func() {
		fmt.Println("Another set-up of this checkout is at work; waiting for it.")
	})
}

// finishAll makes the parts that are not fresh, after a check of the machine, and of the network where they need it.
func (p *project) finishAll(ctx context.Context, parts []part, machine, network func() error) error {
	for _, t := range parts {
		if p.fresh(t) {
			continue
		}
		err := machine()
		if err == nil && t.network {
			err = network()
		}
		if errors.Is(err, errUnreachable) && t.mayWait != nil && t.mayWait() {
			finishLine(fmt.Sprintf("%-46s no network; what is there stays", t.name))
			continue
		}
		if err == nil {
			err = step(t.name, func(status func(string)) error { return p.finish(ctx, t, status) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// engine brings the engine program up to date; it is quiet when there is nothing to do.
func (p *project) engine() error {
	start, built := time.Now(), false
	_, err := session.EnsureEngine(p.root, func(string) {
		built = true
		replaceLine("Engine program ...")
	})
	if built {
		finishLine(fmt.Sprintf("%-46s %s", "Engine program", show.Duration(time.Since(start).Seconds())))
	}
	return err
}

// part is one thing that set-up makes.
type part struct {
	name    string
	network bool          // whether making it downloads
	mayWait func() bool   // nil, or whether set-up may go on with what is there when there is no network
	inputs  func() string // what decides it; a change makes it again
	makes   []string      // files that must be there
	make    func(ctx context.Context, status func(string)) error
}

// fresh says whether the part was finished from the same inputs and is still there.
func (p *project) fresh(t part) bool {
	stamp, err := os.ReadFile(p.stamp(t))
	missing := func(file string) bool { return !exists(file) }
	return err == nil && string(stamp) == fingerprint(t) && !slices.ContainsFunc(t.makes, missing)
}

// finish makes the part. Its stamp is removed first and written last, so that an interrupted set-up
// makes the part again.
func (p *project) finish(ctx context.Context, t part, status func(string)) error {
	if err := os.RemoveAll(p.stamp(t)); err != nil {
		return err
	}
	if err := t.make(ctx, status); err != nil {
		return err
	}
	return files.Write(p.stamp(t), []byte(fingerprint(t)))
}

func (p *project) stamp(t part) string {
	return p.tools("stamps", strings.ReplaceAll(strings.ToLower(t.name), " ", "-"))
}

func fingerprint(t part) string {
	return fmt.Sprintf("%x\n", sha256.Sum256([]byte(t.inputs())))
}

// fileInputs is the contents of files, with their names.
func fileInputs(paths ...string) string {
	var all strings.Builder
	for _, path := range paths {
		contents, err := os.ReadFile(path)
		fmt.Fprintf(&all, "%s %v\n%s\n", path, err, contents)
	}
	return all.String()
}

func cleanVerb(p *project, fs *flag.FlagSet) action {
	runs := fs.Bool("runs", false, "also remove runs/: the trained models and their histories")
	reports := fs.Bool("reports", false, "also remove reports/")
	old := fs.Bool("old", false, "remove nothing but runs/.old: the runs that Fit and Reset have moved there")
	return func(ctx context.Context, _ []string) error {
		unlock, err := p.lock(ctx)
		if err != nil {
			return err
		}
		defer unlock()
		folders := []string{p.own(".venv"), p.own(".tools")}
		if *runs {
			folders = append(folders, p.own("runs"))
		}
		if *reports {
			folders = append(folders, p.own("reports"))
		}
		if *old {
			folders = []string{filepath.Join(p.runs(), ".old")}
		}
		var total int64
		for _, folder := range folders {
			if !exists(folder) {
				continue
			}
			bytes := folderSize(folder)
			if err := os.RemoveAll(folder); err != nil {
				return fmt.Errorf("%s cannot be removed whole: %w", folder, err)
			}
			fmt.Printf("removed %-8s %8s\n", filepath.Base(folder), size(bytes))
			total += bytes
		}
		fmt.Printf("%s are free again. Go's build cache, pip's cache and the data sets are left alone.\n", size(total))
		return nil
	}
}

// folderSize adds up the files of a folder.
func folderSize(folder string) int64 {
	var bytes int64
	_ = filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			if info, err := entry.Info(); err == nil {
				bytes += info.Size()
			}
		}
		return nil
	})
	return bytes
}
