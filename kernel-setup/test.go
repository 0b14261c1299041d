package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// tests runs steps, each with a line of its own, and goes on after one that fails.
type tests struct{ failed []string }

// check runs one step, unless the tests were stopped.
func (t *tests) check(ctx context.Context, name string, work func(status func(string)) error) {
	if ctx.Err() != nil {
		return
	}
	if err := step(name, work); err != nil && ctx.Err() == nil {
		fmt.Println(indent(err.Error()))
		t.failed = append(t.failed, name)
	}
}

// verdict names what failed.
func (t *tests) verdict() error {
	if len(t.failed) > 0 {
		return errors.New("these tests failed: " + strings.Join(t.failed, ", "))
	}
	fmt.Println("Every test passed.")
	return nil
}

// marked are the suites in Python beside that of all tests; their tests have this mark.
var marked = map[string]string{"solutions": "solutions of the exercises", "hours": "what hours of work leave behind",
	"soak": "trainings that are killed", "security": "known vulnerabilities", "fuzz": "inputs that break a parser",
	"grade": "handing out and grading", "exchange": "models in other programs", "hub": "one installation, many users",
	"cluster": "a sweep by several tasks"}

var suites = slices.Sorted(maps.Keys(marked))

func testVerb(p *project, fs *flag.FlagSet) action {
	setup := p.optionFlags(fs)
	quick := fs.Bool("quick", false, "what needs no set-up: form, staticcheck, Go tests on pure Go, other systems")
	times := fs.Int("times", 5, "soak: `number` of trainings that are killed")
	seed := fs.Uint64("seed", 0, "soak: `number` that the moments follow from; 0 draws one")
	each := fs.Duration("each", 20*time.Second, "fuzz: `time` for each target")
	return func(ctx context.Context, names []string) error {
		if len(names) > 1 || len(names) == 1 && *quick {
			return usageError("test runs one suite; give them one after the other.")
		}
		// The bundled samples are the same on every machine, whatever its user has fetched.
		os.Setenv("MNISTKIT_DATA", "bundled")
		for name, value := range map[string]any{"SOAK_TIMES": *times, "SOAK_SEED": *seed, "FUZZ_EACH": *each} {
			os.Setenv(name, fmt.Sprint(value))
		}
		t := &tests{}
		var err error
		suite := strings.Join(names, "")
		if suite != "" && marked[suite] == "" {
			return usageError(fmt.Sprintf("there is no suite %q; there are %s.", suite, strings.Join(suites, ", ")))
		}
		if *quick {
			err = p.quickTests(ctx, t)
		} else {
			setup.tests, setup.grade = true, suite == "grade"
			if err := p.setUp(ctx, *setup); err != nil {
				return err
			}
			if suite == "" {
				err = p.allTests(ctx, t)
			} else {
				t.check(ctx, marked[suite], p.testNotebooks(ctx, suite))
			}
		}
		if err = cmp.Or(ctx.Err(), err); err != nil {
			return err
		}
		return t.verdict()
	}
}

// staticcheck is pinned here, not in go.mod, whose modules the kit is built from.
const staticcheck, staticcheckVersion = "honnef.co/go/tools", "v0.8.2"

// unraced are packages that start next to no goroutines and would compute or draw for minutes under the race
// detector. It also stops at GoMLX's pure-Go backend, which breaks Go's rules for pointers.
var unraced = []string{"gonblabs/mnistkit", "gonblabs/mnistkit/chart", "gonblabs/mnistkit/picture", "gonblabs/mnistkit/engine", "gonblabs/mnistkit/engine/onnx",
	"gonblabs/mnistkit/training"}

// quickTests are a contributor's loop. Go keeps the results of packages that did not change.
func (p *project) quickTests(ctx context.Context, t *tests) error {
	printed, err := output(p.command(ctx, "go", "list", "./..."))
	if err != nil {
		return err
	}
	raced := slices.DeleteFunc(strings.Fields(printed), func(pkg string) bool { return slices.Contains(unraced, pkg) })
	onGo := pureGo.environment()
	t.check(ctx, "gofmt", p.goCheck(ctx, nil, "run", "cmd/gofmt", "-d", "kernel-setup", "mnistkit", "docs"))
	t.check(ctx, "go vet", p.goCheck(ctx, onGo, "vet", "./..."))
	t.check(ctx, "staticcheck", func(status func(string)) error { return p.testStatically(ctx, status) })
	if cgo == "0" || checkCompiler() != nil {
		t.check(ctx, "go test without -race, which needs a C compiler", p.goTest(ctx, onGo, raced...))
	} else {
		t.check(ctx, "go test -race, pure Go", p.goTest(ctx, onGo, append([]string{"-race"}, raced...)...))
	}
	t.check(ctx, "go test of the others, pure Go", p.goTest(ctx, onGo, unraced...))
	for _, system := range []string{"windows/amd64", "darwin/arm64", "linux/arm64"} {
		// What runs without C; the benchmarks are for Unix. Nothing is run.
		goos, goarch, _ := strings.Cut(system, "/")
		env := []string{"GOOS=" + goos, "GOARCH=" + goarch, "CGO_ENABLED=0"}
		t.check(ctx, "build for "+system, p.goCheck(ctx, env, "build", "./kernel-setup/...", "./mnistkit/...", gonbModule))
		t.check(ctx, "vet for "+system, p.goCheck(ctx, env, "vet", "./kernel-setup/...", "./mnistkit/..."))
	}
	t.check(ctx, "build for js/wasm", p.goCheck(ctx, []string{"GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0"}, "build", "./mnistkit/..."))
	return nil
}

// testStatically runs staticcheck, without its rule for how an error begins: ours may begin with a field's name.
func (p *project) testStatically(ctx context.Context, status func(string)) error {
	if _, err := output(p.command(ctx, "go", "mod", "download", staticcheck+"@"+staticcheckVersion)); err != nil {
		return skip("staticcheck", err)
	}
	run := staticcheck + "/cmd/staticcheck@" + staticcheckVersion
	return p.goCheck(ctx, pureGo.environment(), "run", run, "-checks=inherit,-ST1005", "./...")(status)
}

// skip says what is left out for want of something; CI has to have everything.
func skip(what string, why error) error {
	if os.Getenv("CI") != "" {
		return why
	}
	finishLine("SKIPPED  " + what + ": " + strings.Join(strings.Fields(why.Error()), " "))
	return nil
}

// allTests are the quick ones, then those that need what set-up makes.
func (p *project) allTests(ctx context.Context, t *tests) error {
	chosen, err := p.chosenBackend()
	if err != nil {
		return err
	}
	if err := p.quickTests(ctx, t); err != nil {
		return err
	}
	if chosen.Kind != pureGo.Kind {
		// -count=1: a result that go test kept from the other backend must not stand for this one.
		t.check(ctx, "go test, "+chosen.Kind, p.goTest(ctx, chosen.environment(), "-count=1", "./..."))
	}
	t.check(ctx, "notebooks, pages and JupyterLab", p.testNotebooks(ctx, "not ("+strings.Join(suites, " or ")+")"))
	return nil
}

// goCheck runs a go command with more variables in its environment; what it printed is the error.
func (p *project) goCheck(ctx context.Context, env []string, arguments ...string) func(status func(string)) error {
	return func(status func(string)) error {
		return watch(with(p.command(ctx, "go", arguments...), env...), status, wholeError)
	}
}

// failing finds, in what go test printed, the tests that failed and why.
var failing = regexp.MustCompile(`(?m)^\s*(--- FAIL: |panic: |\w+_test\.go:\d+: ).*$`)

// wholeError is all that a program said. Tests that failed stand once more at the end: what tests themselves print may be long.
func wholeError(cmd *exec.Cmd, said string, err error) error {
	return fmt.Errorf("%s%w", said, shownError(cmd, said, err))
}

// shownError is for a program whose lines were shown.
func shownError(_ *exec.Cmd, said string, err error) error {
	return fmt.Errorf("%w\n%s", err, strings.Join(failing.FindAllString(said, -1), "\n"))
}

// goTest runs tests in Go. Its own ten minutes are too short for XLA, which compiles a graph a test, on a slow or busy machine.
func (p *project) goTest(ctx context.Context, env []string, arguments ...string) func(status func(string)) error {
	return p.goCheck(ctx, env, append([]string{"test", "-timeout=40m"}, arguments...)...)
}

// testNotebooks runs the tests in Python that have a mark: they execute the notebooks, read their pages, and open them in
// JupyterLab in a browser.
func (p *project) testNotebooks(ctx context.Context, mark string) func(status func(string)) error {
	return func(status func(string)) error {
		self, _ := os.Executable() // which findProject has asked
		pytest := p.python(ctx, "-m", "pytest", "-ra", "--verbose", "-m", mark, "-o", "markers="+strings.Join(suites, "\n"),
			"-p", "no:cacheprovider", "kernel-setup/tests") // pytest reads a [ in a path as the start of a test's name
		line, explain := status, wholeError
		if slices.Contains(suites, mark) { // somebody waits for it, at times for hours
			line, explain = func(l string) { finishLine(l); status("") }, shownError
		}
		err := watch(with(pytest, "KERNEL_SETUP="+self, "CHROMIUM="+p.findChromium()), line, explain)
		if err == nil && p.findChromium() == "" { // the tests have not been able to install one
			return skip("JupyterLab in a browser", errors.New("there is no Chromium; install one, or set CHROMIUM to its path"))
		}
		return err
	}
}
