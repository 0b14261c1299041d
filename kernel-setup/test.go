package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// testStep is one line of the tests.
type testStep struct {
	name string
	run  func(ctx context.Context, status func(string)) error
}

func runTest(ctx context.Context, p *project, v verb, args []string) error {
	fs := newFlags(v)
	setup := p.optionFlags(fs)
	if _, err := parse(fs, v, args); err != nil {
		return err
	}
	setup.tests = true
	if err := p.setUp(ctx, *setup); err != nil {
		return err
	}
	chosen, err := p.chosenBackend()
	if err != nil {
		return err
	}
	// The bundled samples are the same on every machine, whatever its user has fetched.
	os.Setenv("MNISTKIT_DATA", "bundled")
	var failed []string
	for _, t := range p.tests(chosen) {
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

// afresh: a result that go test kept from the other backend must not stand for this one.
const afresh = "-count=1"

// tests are all checks of the project, quick ones first.
func (p *project) tests(chosen backend) []testStep {
	steps := []testStep{
		{"gofmt", p.testFormat},
		{"go vet", p.goCheck(chosen, "vet", "./...")},
		{"go test, " + chosen.Kind, p.goCheck(chosen, "test", patience, afresh, "./...")},
	}
	if chosen.Kind != pureGo.Kind {
		steps = append(steps, testStep{"go test of the engine, pure Go", p.goCheck(pureGo, "test", patience, afresh, "./mnistkit/engine/...")})
	}
	return append(steps, testStep{"notebooks, pages and JupyterLab", p.testNotebooks})
}

// testFormat lists the files that gofmt would change.
func (p *project) testFormat(ctx context.Context, status func(string)) error {
	toolchain, err := findToolchain()
	if err != nil {
		return err
	}
	gofmt := longCommand(ctx, filepath.Join(toolchain.programs(), "gofmt"), "-l", "kernel-setup", "mnistkit")
	gofmt.Dir = p.root
	unformatted, err := output(gofmt)
	if err == nil && unformatted != "" {
		err = fmt.Errorf("these files are not as gofmt writes them:\n%s", unformatted)
	}
	return err
}

// goCheck runs a go command with a backend; what it printed is the error.
func (p *project) goCheck(b backend, arguments ...string) func(context.Context, func(string)) error {
	return func(ctx context.Context, status func(string)) error {
		cmd := longCommand(ctx, "go", arguments...)
		cmd.Dir = p.root
		cmd.Env = append(os.Environ(), b.environment()...)
		return quietly(cmd, status)
	}
}

// testNotebooks executes the notebooks, reads their pages, and opens them in JupyterLab in a browser.
func (p *project) testNotebooks(ctx context.Context, status func(string)) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	browser, err := p.ensureChromium(ctx, status)
	if err != nil && os.Getenv("CI") != "" {
		return err
	}
	if err != nil {
		finishLine("SKIPPED  JupyterLab in a browser: " + err.Error())
	}
	pytest := p.python(ctx, "-m", "pytest", "-ra", "--verbose",
		"-p", "no:cacheprovider", "kernel-setup/tests") // pytest reads a [ in a path as the start of a test's name
	pytest.Dir = p.root
	pytest.Env = append(os.Environ(), "KERNEL_SETUP="+self, "CHROMIUM="+browser)
	return quietly(pytest, status)
}

// quietly runs a program and shows its last line in passing; when it fails, all it said is the error.
func quietly(cmd *exec.Cmd, status func(string)) error {
	var said strings.Builder
	err := follow(cmd, func(line string) {
		said.WriteString(line + "\n")
		status(line)
	})
	if err != nil {
		return errors.New(said.String() + err.Error())
	}
	return nil
}
