package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/show"
)

func setupVerb(p *project, fs *flag.FlagSet) action {
	o := p.optionFlags(fs)
	return func(ctx context.Context, _ []string) error {
		start := time.Now()
		if err := p.setUp(ctx, *o); err != nil {
			return err
		}
		chosen, err := p.chosenBackend()
		if err != nil {
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
	unlock, err := p.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	toolchain, err := findToolchain()
	if err != nil {
		return err
	}
	contents, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if err := files.Write(p.optionsFile(), contents); err != nil {
		return err
	}
	checks := &machineChecks{}
	parts := p.pythonParts(o)
	parts = append(parts, p.goTools(toolchain, o)...)
	if err := p.finishAll(ctx, parts, checks); err != nil {
		return err
	}
	if err := p.engine(ctx, checks); err != nil {
		return err
	}
	parts = []part{p.backendPart(o), p.kernelPart(toolchain, o), p.cachePart(toolchain)}
	if err := p.finishAll(ctx, parts, checks); err != nil {
		return err
	}
	os.Setenv("PATH", pathWith(p.tools("bin"), filepath.Dir(p.program("python")), toolchain.programs()))
	return nil
}

// finishAll makes the parts that are not fresh.
func (p *project) finishAll(ctx context.Context, parts []part, checks *machineChecks) error {
	for _, t := range parts {
		if p.fresh(t) {
			continue
		}
		if err := checks.before(ctx, t.network); err != nil {
			if errors.As(err, new(noNetwork)) && t.mayWait != nil && t.mayWait() {
				finishLine(fmt.Sprintf("%-46s no network; what is there stays", t.name))
				continue
			}
			return err
		}
		err := step(t.name, func(status func(string)) error { return p.finish(ctx, t, status) })
		if err != nil {
			return err
		}
	}
	return nil
}

// engine brings the engine program up to date; it is quiet when there is nothing to do.
func (p *project) engine(ctx context.Context, checks *machineChecks) error {
	if !exists(p.tool("mnistkit-engine")) {
		if err := checks.before(ctx, true); err != nil {
			return err
		}
	}
	start, built := time.Now(), false
	_, err := p.ensureEngine(func(string) {
		built = true
		replaceLine("Engine program ...")
	})
	if built {
		finishLine(fmt.Sprintf("%-46s %s", "Engine program", show.Duration(time.Since(start).Seconds())))
	}
	return err
}

// machineChecks looks at the machine once, and only when there is work to do.
type machineChecks struct{ machine, network bool }

func (c *machineChecks) before(ctx context.Context, network bool) error {
	if !c.machine {
		if err := checkMachine(); err != nil {
			return err
		}
		c.machine = true
	}
	if network && !c.network {
		if err := checkNetwork(ctx); err != nil {
			return err
		}
		c.network = true
	}
	return nil
}
