package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// testStep is one line of the tests.
type testStep struct {
	name string
	run  func(ctx context.Context, status func(string)) error
}

func testVerb(p *project, fs *flag.FlagSet) action {
	setup := p.optionFlags(fs)
	var o testOptions
	fs.BoolVar(&o.quick, "quick", false, "what needs no set-up: form, staticcheck, Go tests on pure Go, other systems")
	fs.IntVar(&o.times, "times", 5, "soak: `number` of trainings that are killed")
	fs.Uint64Var(&o.seed, "seed", 0, "soak: `number` that the moments follow from; 0 draws one")
	fs.DurationVar(&o.each, "each", 20*time.Second, "fuzz: `time` for each target")
	return func(ctx context.Context, suites []string) error {
		if len(suites) > 1 || len(suites) == 1 && o.quick {
			return usageError("test runs one suite; give them one after the other.")
		}
		// The bundled samples are the same on every machine, whatever its user has fetched.
		os.Setenv("MNISTKIT_DATA", "bundled")
		var steps []testStep
		var err error
		switch suite := strings.Join(suites, ""); {
		case suite == "soak":
			steps = []testStep{p.soak(o)}
		case suite == "fuzz":
			steps, err = p.fuzz(ctx, o)
		case suite != "" && suite != "solutions":
			return usageError(fmt.Sprintf("there is no suite %q; there are soak, fuzz and solutions.", suite))
		case o.quick:
			steps, err = p.quickTests(ctx)
		default:
			setup.tests = true
			if err := p.setUp(ctx, *setup); err != nil {
				return err
			}
			if suite == "" {
				steps, err = p.allTests(ctx)
			} else {
				steps = []testStep{{"solutions of the exercises", p.testNotebooks("solutions")}}
			}
		}
		if err != nil {
			return err
		}
		return runSteps(ctx, steps)
	}
}

// runSteps goes on after a failure, and tells at the end what failed.
func runSteps(ctx context.Context, steps []testStep) error {
	var failed []string
	for _, t := range steps {
		err := step(t.name, func(status func(string)) error { return t.run(ctx, status) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fmt.Println(indent(err.Error()))
			failed = append(failed, t.name)
		}
	}
	if len(failed) > 0 {
		return errors.New("these tests failed: " + strings.Join(failed, ", "))
	}
	fmt.Println("Every test passed.")
	return nil
}

// patience is longer than go test's own ten minutes: XLA compiles a graph a test, and a machine may
// be slow or busy.
const patience = "-timeout=40m"

// staticcheck is pinned here, not in go.mod, whose modules the kit is built from.
const staticcheck, staticcheckVersion = "honnef.co/go/tools", "v0.8.2"

// unraced are packages that start next to no goroutines and would compute or draw for minutes under the race
// detector. It also stops at GoMLX's pure-Go backend, which breaks Go's rules for pointers.
var unraced = []string{"gonblabs/mnistkit", "gonblabs/mnistkit/chart", "gonblabs/mnistkit/picture", "gonblabs/mnistkit/engine"}

// otherSystems are built and vetted, not run.
var otherSystems = []string{"windows/amd64", "darwin/arm64", "linux/arm64"}

// quickTests are a contributor's loop. Go keeps the results of packages that did not change.
func (p *project) quickTests(ctx context.Context) ([]testStep, error) {
	printed, err := output(p.command(ctx, "go", "list", "./..."))
	if err != nil {
		return nil, err
	}
	raced := slices.DeleteFunc(strings.Fields(printed), func(pkg string) bool { return slices.Contains(unraced, pkg) })
	race := testStep{"go test -race, pure Go", p.goCheck(pureGo, append([]string{"test", patience, "-race"}, raced...)...)}
	if cgo == "0" || checkCompiler() != nil {
		race = testStep{"go test without -race, which needs a C compiler", p.goCheck(pureGo, append([]string{"test", patience}, raced...)...)}
	}
	steps := []testStep{
		{"gofmt", p.testFormat},
		{"go vet", p.goCheck(pureGo, "vet", "./...")},
		{"staticcheck", p.testStatically},
		race,
		{"go test of the others, pure Go", p.goCheck(pureGo, append([]string{"test", patience}, unraced...)...)},
	}
	for _, system := range otherSystems {
		steps = append(steps, testStep{"build and vet for " + system, p.crossCheck(system)})
	}
	return steps, nil
}

// testStatically runs staticcheck, without its rule for how an error begins: ours may begin with a field's name.
func (p *project) testStatically(ctx context.Context, status func(string)) error {
	if _, err := output(p.command(ctx, "go", "mod", "download", staticcheck+"@"+staticcheckVersion)); err != nil {
		return skip("staticcheck", err)
	}
	return p.goCheck(pureGo, "run", staticcheck+"/cmd/staticcheck@"+staticcheckVersion, "-checks=inherit,-ST1005", "./...")(ctx, status)
}

// skip says what is left out for want of something; CI has to have everything.
func skip(what string, why error) error {
	if os.Getenv("CI") != "" {
		return why
	}
	finishLine("SKIPPED  " + what + ": " + strings.Join(strings.Fields(why.Error()), " "))
	return nil
}

// crossCheck compiles and vets what runs without C for another system; the benchmarks are for Unix.
func (p *project) crossCheck(system string) func(context.Context, func(string)) error {
	return func(ctx context.Context, status func(string)) error {
		goos, goarch, _ := strings.Cut(system, "/")
		for _, arguments := range [][]string{{"build", "./kernel-setup/...", "./mnistkit/...", "github.com/janpfeifer/gonb"}, {"vet", "./kernel-setup/...", "./mnistkit/..."}} {
			cmd := with(p.command(ctx, "go", arguments...), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
			if err := quietly(cmd, status); err != nil {
				return err
			}
		}
		return nil
	}
}

// allTests are the quick ones, then those that need what set-up makes.
func (p *project) allTests(ctx context.Context) ([]testStep, error) {
	chosen, err := p.chosenBackend()
	if err != nil {
		return nil, err
	}
	steps, err := p.quickTests(ctx)
	if chosen.Kind != pureGo.Kind {
		// -count=1: a result that go test kept from the other backend must not stand for this one.
		steps = append(steps, testStep{"go test, " + chosen.Kind, p.goCheck(chosen, "test", patience, "-count=1", "./...")})
	}
	return append(steps, testStep{"notebooks, pages and JupyterLab", p.testNotebooks("not solutions")}), err
}

// testFormat lists the files that gofmt would change.
func (p *project) testFormat(ctx context.Context, status func(string)) error {
	toolchain, err := findToolchain()
	if err != nil {
		return err
	}
	unformatted, err := output(p.command(ctx, filepath.Join(toolchain.programs(), "gofmt"), "-l", "kernel-setup", "mnistkit", "docs"))
	if err == nil && unformatted != "" {
		err = fmt.Errorf("these files are not as gofmt writes them:\n%s", unformatted)
	}
	return err
}

// goCheck runs a go command with a backend; what it printed is the error.
func (p *project) goCheck(b backend, arguments ...string) func(context.Context, func(string)) error {
	return func(ctx context.Context, status func(string)) error {
		return quietly(with(p.command(ctx, "go", arguments...), b.environment()...), status)
	}
}

// testNotebooks runs the tests in Python that have a mark: they execute the notebooks, read their pages, and open them in
// JupyterLab in a browser.
func (p *project) testNotebooks(mark string) func(context.Context, func(string)) error {
	return func(ctx context.Context, status func(string)) error {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		browser, err := p.ensureChromium(ctx, status)
		if err != nil {
			if err := skip("JupyterLab in a browser", err); err != nil {
				return err
			}
		}
		pytest := p.python(ctx, "-m", "pytest", "-ra", "--verbose", "-m", mark, "-o", "markers=solutions: a suite of its own",
			"-p", "no:cacheprovider", "kernel-setup/tests") // pytest reads a [ in a path as the start of a test's name
		return quietly(with(pytest, "KERNEL_SETUP="+self, "CHROMIUM="+browser), status)
	}
}
