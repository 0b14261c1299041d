package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"gonblabs/mnistkit/session"
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
	if err := writeJSON(p.optionsFile(), o); err != nil {
		return err
	}
	checks := newMachineChecks(ctx)
	parts := p.pythonParts(o)
	parts = append(parts, p.goTools(toolchain, o)...)
	if err := p.finishAll(ctx, parts, checks); err != nil {
		return err
	}
	if err := p.engine(checks); err != nil {
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
func (p *project) finishAll(ctx context.Context, parts []part, checks machineChecks) error {
	for _, t := range parts {
		if p.fresh(t) {
			continue
		}
		if err := checks.before(t.network); err != nil {
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
func (p *project) engine(checks machineChecks) error {
	if !exists(p.tool("mnistkit-engine")) {
		if err := checks.before(true); err != nil {
			return err
		}
	}
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

// machineChecks looks at the machine once, and only when there is work to do.
type machineChecks struct{ machine, network func() error }

func newMachineChecks(ctx context.Context) machineChecks {
	return machineChecks{sync.OnceValue(checkMachine), sync.OnceValue(func() error { return checkNetwork(ctx) })}
}

func (c machineChecks) before(network bool) error {
	err := c.machine()
	if err == nil && network {
		err = c.network()
	}
	return err
}
