package main

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gonblabs/mnistkit/data/fetch"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/show"
)

// examination is one line of the doctor's table.
type examination struct {
	name   string
	remedy string // what to do when it fails, unless the error says it
	check  func(ctx context.Context) (found string, err error)
}

// setUpAgain mends what is missing; what is damaged is made anew after clean. Users of an installation cannot.
func (p *project) setUpAgain() string {
	if p.shared() {
		return "ask whoever installed the course to install it again, or have your own: " + files.Command("install --user")
	}
	return "run: " + files.Command("setup") + "; if that does not help: " + files.Command("clean") + " first"
}

// errMissing marks what is not there at all, to tell it from what is there and does not work.
var errMissing = errors.New("not there")

func doctorVerb(p *project, _ *flag.FlagSet) action {
	return func(ctx context.Context, _ []string) error {
		failures := 0
		for _, e := range p.examinations() {
			replaceLine(e.name + " ...")
			verdict, remedy := "ok", ""
			found, err := e.check(ctx)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				failures++
				verdict, remedy, found = "broken", e.remedy, strings.TrimSpace(err.Error())
			}
			if errors.Is(err, errMissing) {
				verdict = "missing"
			}
			indented := strings.ReplaceAll(found, "\n", "\n"+strings.Repeat(" ", 28))
			finishLine(fmt.Sprintf("%-8s %-18s %s", verdict, e.name, indented))
			if remedy != "" {
				fmt.Printf("%28s-> %s\n", "", remedy)
			}
		}
		if failures > 0 {
			return fmt.Errorf("%d of the lines above need attention", failures)
		}
		fmt.Println("Everything works.")
		return nil
	}
}

func (p *project) examinations() []examination {
	// tool looks at the version that Go stamps into a program.
	tool := func(name, wanted, found string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) {
			if !exists(p.tool(name)) {
				return "", fmt.Errorf(".tools/bin/%s is %w", name, errMissing)
			}
			built, err := buildinfo.ReadFile(p.tool(name))
			if err == nil && wanted != "" && built.Main.Version != wanted {
				err = fmt.Errorf("it is not the %s that go.mod asks for", wanted)
			}
			return found, err
		}
	}
	setUpAgain, gonb, goimports := p.setUpAgain(), p.version("github.com/janpfeifer/gonb"), p.version("golang.org/x/tools")
	return []examination{
		{"Go", "", func(context.Context) (string, error) {
			toolchain, err := findToolchain()
			return toolchain.Version + " in " + toolchain.Root, err
		}},
		{"C compiler", "", func(context.Context) (string, error) {
			return "links the XLA engine; pure Go needs none", checkCompiler()
		}},
		{"Python", "", func(context.Context) (string, error) { return findPython() }},
		{"disk", "make room, or move the checkout to another disk", p.examineDisk},
		{"Python packages", setUpAgain, p.examinePackages},
		{"gonb", setUpAgain, tool("gonb", gonb, gonb+p.explains())},
		{"goimports", setUpAgain, tool("goimports", goimports, goimports)},
		{"completion", "", func(context.Context) (string, error) {
			if !exists(p.gopls("bin")) {
				return "gopls is not built; lab builds it where completion is on", nil
			}
			return "gopls " + goplsVersion, nil
		}},
		{"engine program", setUpAgain, tool("mnistkit-engine", "", "there; it is built anew when its sources change")},
		{"backend", setUpAgain, p.examineBackend},
		{"Jupyter kernel", setUpAgain, p.examineKernel},
		{"data", "", examineData},
		{"cells", setUpAgain, p.examineCells},
	}
}

func (p *project) examineDisk(context.Context) (string, error) {
	err := os.MkdirAll(p.own(".tools"), 0o777)
	free, unknown := freeDisk(p.own())
	if err = cmp.Or(err, unknown); err == nil && free < 500e6 {
		err = fmt.Errorf("only %s are free", size(free))
	}
	return size(free) + " free", err
}

func (p *project) examinePackages(ctx context.Context) (string, error) {
	if !p.fresh(p.pythonParts(options{})[0]) {
		return "", fmt.Errorf("a whole .venv is %w", errMissing)
	}
	found, err := output(p.python(ctx, p.path("kernel-setup", "py", "packages.py"), p.path("kernel-setup", "requirements.txt")))
	if err == nil && strings.Contains(found, "\n") {
		err = errors.New(found)
	}
	return found + ", as in requirements.txt", err
}

func (p *project) examineBackend(ctx context.Context) (string, error) {
	chosen, err := p.chosenBackend()
	if err != nil {
		return "", fmt.Errorf("the choice of a backend is %w", errMissing)
	}
	now, err := p.checkBackend(ctx, chosen.Env)
	found := fmt.Sprintf("%s; differs from pure Go by %.1g", chosen.label(), now.MaxDifference)
	if chosen.Gain > 0 {
		chosen.Convolutions = now.Convolutions // as it is today
	}
	if chosen.Convolutions != "" {
		found += "\nconvolutions: " + chosen.Convolutions
	}
	for _, rejected := range chosen.Rejected {
		found += "\nnot taken: " + rejected
	}
	return found, err
}

// examineKernel asks Jupyter itself which kernel a notebook gets.
func (p *project) examineKernel(ctx context.Context) (string, error) {
	found, err := output(p.python(ctx, "-c",
		"import jupyter_client.kernelspec as k; print(k.find_kernel_specs().get('"+kernelName+"', ''))"))
	switch {
	case err == nil && found == "":
		err = fmt.Errorf("the kernelspec is %w", errMissing)
	case err == nil && found != filepath.Dir(p.kernelSpec()):
		err = fmt.Errorf("Jupyter takes the kernel of %s instead of this checkout's", found)
	}
	return kernelName + " in .venv", err
}

func examineData(context.Context) (string, error) {
	var found []string
	for _, name := range fetch.Names() {
		if described := describeData([]string{name}); described != name {
			found = append(found, described)
		}
	}
	return strings.Join(found, "\n"), nil
}

// examineCells runs two cells for real, through Jupyter and the kernel, and tells the time of each, or the
// first failure.
func (p *project) examineCells(ctx context.Context) (string, error) {
	if !exists(p.kernelSpec()) {
		return "", fmt.Errorf("the kernel is %w", errMissing)
	}
	folder, remove, err := files.Scratch(p.own(".tools"), "doctor-")
	if err != nil {
		return "", err
	}
	defer remove()
	execute := p.python(ctx, p.path("kernel-setup", "py", "execute.py"),
		p.path("kernel-setup", "doctor.ipynb"), filepath.Join(folder, "executed.ipynb"))
	found, start := "", time.Now()
	var failed error
	err = watchCells(execute, func(event cellEvent) {
		switch event.Event {
		case "done":
			found += fmt.Sprintf("%s %s, ", []string{"", "hello", "kit"}[event.Cell], show.Duration(event.Seconds))
		case "failed":
			failed = fmt.Errorf("a cell failed:\n%s", event.Message)
		}
	})
	return fmt.Sprintf("%s; kernel and all %s", strings.TrimSuffix(found, ", "), show.Duration(time.Since(start).Seconds())), cmp.Or(failed, err)
}
