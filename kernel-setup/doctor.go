package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"gonblabs/mnistkit/data/fetch"
	"gonblabs/mnistkit/show"
)

// examination is one line of the doctor's table.
type examination struct {
	name   string
	remedy string // what to do when it fails, unless the error says it
	check  func(ctx context.Context) (found string, err error)
}

// setUpAgain mends what is missing; what is damaged is made anew after clean.
const setUpAgain = "run: go run ./kernel-setup setup; if that does not help: go run ./kernel-setup clean first"

func doctorVerb(p *project, _ *flag.FlagSet) action {
	return func(ctx context.Context, _ []string) error {
		failures := 0
		for _, e := range p.examinations() {
			replaceLine(e.name + " ...")
			found, err := e.check(ctx)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err == nil {
				finishLine(fmt.Sprintf("ok       %-18s %s", e.name, found))
				continue
			}
			failures++
			verdict := "broken"
			if errors.Is(err, errMissing) {
				verdict = "missing"
			}
			finishLine(fmt.Sprintf("%-8s %-18s %s", verdict, e.name, indentRest(err.Error())))
			if e.remedy != "" {
				fmt.Printf("%28s-> %s\n", "", e.remedy)
			}
		}
		if failures > 0 {
			return fmt.Errorf("%d of the lines above need attention", failures)
		}
		fmt.Println("Everything works.")
		return nil
	}
}

// errMissing marks what is not there at all, to tell it from what is there and does not work.
var errMissing = errors.New("not there")

func indentRest(text string) string {
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+strings.Repeat(" ", 28))
}

func (p *project) examinations() []examination {
	return []examination{
		{"Go", "", p.examineGo},
		{"C compiler", "", func(context.Context) (string, error) {
			return "links the XLA engine; pure Go needs none", checkCompiler()
		}},
		{"Python", "", func(context.Context) (string, error) { return findPython() }},
		{"disk", "make room, or move the checkout to another disk", p.examineDisk},
		{"Python packages", setUpAgain, p.examinePackages},
		{"gonb", setUpAgain, func(ctx context.Context) (string, error) {
			return p.examineTool(ctx, "gonb", p.version("github.com/janpfeifer/gonb"))
		}},
		{"goimports", setUpAgain, func(ctx context.Context) (string, error) {
			return p.examineTool(ctx, "goimports", p.version("golang.org/x/tools"))
		}},
		{"gopls", "run: go run ./kernel-setup setup --gopls", p.examineGopls},
		{"engine program", setUpAgain, func(ctx context.Context) (string, error) {
			return p.examineTool(ctx, "mnistkit-engine", "")
		}},
		{"backend", setUpAgain, p.examineBackend},
		{"Jupyter kernel", setUpAgain, p.examineKernel},
		{"data", "", p.examineData},
		{"cells", setUpAgain, p.examineCells},
	}
}

func (p *project) examineGo(context.Context) (string, error) {
	toolchain, err := findToolchain()
	return toolchain.Version + " in " + toolchain.Root, err
}

func (p *project) examineDisk(context.Context) (string, error) {
	free, err := freeDisk(p.root)
	if err == nil && free < 500e6 {
		err = fmt.Errorf("only %s are free", size(free))
	}
	return size(free) + " free", err
}

func (p *project) examinePackages(ctx context.Context) (string, error) {
	if !p.fresh(p.pythonParts(options{})[0]) {
		return "", fmt.Errorf("a whole .venv is %w", errMissing)
	}
	found, err := output(p.python(ctx,
		p.path("kernel-setup", "py", "packages.py"), p.path("kernel-setup", "requirements.txt")))
	if err == nil && strings.Contains(found, "\n") {
		err = errors.New(found)
	}
	return found + ", as in requirements.txt", err
}

// examineTool reads the version that Go stamps into a program; wanted may be "".
func (p *project) examineTool(ctx context.Context, name, wanted string) (string, error) {
	if !exists(p.tool(name)) {
		return "", fmt.Errorf(".tools/bin/%s is %w", name, errMissing)
	}
	stamp, err := output(p.command(ctx, "go", "version", "-m", p.tool(name)))
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`(?m)^\s*(?:mod|dep)\s+(?:\S+/gonb|golang.org/x/tools|golang.org/x/tools/gopls)\s+(v\S+)`).FindStringSubmatch(stamp)
	switch {
	case wanted == "":
		return "there; it is built anew when its sources change", nil
	case found == nil || found[1] != wanted:
		return "", fmt.Errorf("it is not the %s that go.mod asks for", wanted)
	}
	return wanted, nil
}

func (p *project) examineGopls(ctx context.Context) (string, error) {
	if !p.savedOptions().Gopls {
		return "not asked for (completion in JupyterLab: setup --gopls)", nil
	}
	return p.examineTool(ctx, "gopls", goplsVersion)
}

func (p *project) examineBackend(ctx context.Context) (string, error) {
	chosen, err := p.chosenBackend()
	if err != nil {
		return "", fmt.Errorf("the choice of a backend is %w", errMissing)
	}
	now, err := p.checkBackend(ctx, chosen.Env)
	if err != nil {
		return "", err
	}
	found := fmt.Sprintf("%s; differs from pure Go by %.1g", chosen.label(), now.MaxDifference)
	for _, rejected := range chosen.Rejected {
		found += "\nnot taken: " + rejected
	}
	return indentRest(found), nil
}

// examineKernel asks Jupyter itself which kernel a notebook gets.
func (p *project) examineKernel(ctx context.Context) (string, error) {
	printed, err := output(p.python(ctx, "-m", "jupyter_client.kernelspecapp", "list", "--json"))
	if err != nil {
		return "", err
	}
	var list struct {
		Kernelspecs map[string]struct {
			Folder string `json:"resource_dir"`
		} `json:"kernelspecs"`
	}
	if err := json.Unmarshal([]byte(printed), &list); err != nil {
		return "", err
	}
	found := list.Kernelspecs[kernelName].Folder
	if found == "" {
		return "", fmt.Errorf("the kernelspec is %w", errMissing)
	}
	if found != filepath.Dir(p.kernelSpec()) {
		return "", fmt.Errorf("Jupyter takes the kernel of %s instead of this checkout's", found)
	}
	return kernelName + " in .venv", nil
}

func (p *project) examineData(context.Context) (string, error) {
	var found []string
	for _, name := range fetch.Names() {
		if described := describeData([]string{name}); described != name {
			found = append(found, described)
		}
	}
	return indentRest(strings.Join(found, "\n")), nil
}

// examineCells runs two cells for real, through Jupyter and the kernel.
func (p *project) examineCells(ctx context.Context) (string, error) {
	if !exists(p.kernelSpec()) {
		return "", fmt.Errorf("the kernel is %w", errMissing)
	}
	folder, err := os.MkdirTemp(p.tools(), "doctor-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	return p.runCells(ctx, p.path("kernel-setup", "doctor.ipynb"), filepath.Join(folder, "executed.ipynb"))
}

// runCells executes a notebook and tells the time of each cell, or the first failure.
func (p *project) runCells(ctx context.Context, notebook, executed string) (string, error) {
	var times []string
	var failed error
	start := time.Now()
	err := watchCells(p.python(ctx, p.path("kernel-setup", "py", "execute.py"), notebook, executed), func(event cellEvent) {
		switch event.Event {
		case "done":
			times = append(times, show.Duration(event.Seconds))
		case "failed":
			failed = fmt.Errorf("a cell failed:\n%s", event.Message)
		}
	})
	if failed != nil {
		return "", failed
	}
	names := []string{"hello", "kit"}
	for i := range times {
		times[i] = names[i] + " " + times[i]
	}
	return fmt.Sprintf("%s; kernel and all %s", strings.Join(times, ", "), show.Duration(time.Since(start).Seconds())), err
}
