package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
)

// goTools are the programs that the kernel calls, at the versions of go.mod. They are built inside this module,
// whose go.sum fixes the versions of all that they need.
func (p *project) goTools(toolchain toolchain) []part {
	ours := slices.Concat(glob(p.path("kernel-setup", "launcher"), "*.go"), glob(p.path("mnistkit", "files"), "*.go"))
	launcher := p.goTool(toolchain, "kernel", "./kernel-setup/launcher", p.version("github.com/rogpeppe/go-internal"), ours...) // what the kernelspec starts
	launcher.name = "Kernel launcher"
	return []part{
		p.gonbPart(toolchain),
		launcher,
		p.goTool(toolchain, "goimports", "golang.org/x/tools/cmd/goimports", p.version("golang.org/x/tools")),
	}
}

// goTool builds a program into the tools folder, from a package of some version and from files of ours.
func (p *project) goTool(toolchain toolchain, name, pkg, version string, ours ...string) part {
	return part{
		name:    name + " " + version,
		network: len(ours) == 0 || !exists(p.tool(name)), // our files change with the course, and its modules are in Go's cache by then
		inputs:  func() string { return version + toolchain.Version + platform() + goFlags + fileInputs(ours...) },
		makes:   []string{p.tool(name)},
		make: func(ctx context.Context, status func(string)) error {
			_, err := output(p.command(ctx, "go", "build", "-o", p.tool(name), pkg))
			return err
		},
	}
}

// cachePart compiles what cells import, in the way of the kernel, so that the first cell is not a minute.
func (p *project) cachePart(toolchain toolchain) part {
	return part{
		name: "Go build cache",
		inputs: func() string {
			return "build, test" + toolchain.Version + toolchain.Cache + goFlags + fileInputs(p.path("go.mod"))
		},
		make: func(ctx context.Context, status func(string)) error {
			return p.tryCell(ctx, cellImports, "go", "test", "-c", "-o", "cell", ".") // all that go build compiles, and testing
		},
	}
}

// cellImports are what the cells of the notebooks import.
var cellImports = []string{"fmt", "github.com/janpfeifer/must", "github.com/janpfeifer/gonb/gonbui", "gonblabs/mnistkit",
	"gonblabs/mnistkit/layer", "gonblabs/mnistkit/score", "gonblabs/mnistkit/text", "gonblabs/mnistkit/engine"}

// tryCell runs a command on a program like a cell's: in a folder of its own, joined to the checkout by a go.work.
// Go writes that file itself, as GoNB lets it, and quotes what the checkout's path needs.
func (p *project) tryCell(ctx context.Context, imports []string, command ...string) error {
	folder, remove, err := files.Scratch(p.tools(), "cell-")
	if err != nil {
		return err
	}
	defer remove()
	cell := "package main\n\n"
	for _, pkg := range imports {
		cell += fmt.Sprintf("import _ %q\n", pkg)
	}
	cell += "\nfunc main() {}\n"
	for name, source := range map[string]string{"main.go": cell, "main_test.go": "package main\n\nimport _ \"testing\"\n"} {
		if err := files.Write(filepath.Join(folder, name), []byte(source)); err != nil {
			return err
		}
	}
	environment := append(p.goplsEnvironment(), "GOWORK="+filepath.Join(folder, "go.work"))
	for _, words := range [][]string{{"go", "mod", "init", "warm"}, {"go", "work", "init", ".", p.root}, command} {
		step := with(p.command(ctx, words[0], words[1:]...), environment...)
		step.Dir = folder
		if _, err := output(step); err != nil {
			return err
		}
	}
	return nil
}

// goplsVersion is pinned here, not in go.mod: no cell needs gopls, and JupyterLab opens before it is built.
const goplsVersion = "v0.21.1"

// wantsGopls says whether JupyterLab completes code: as asked, or else where py/completion.py finds that there is room.
func (p *project) wantsGopls(ctx context.Context, o options) bool {
	if o.Completion != nil {
		return *o.Completion
	}
	said, _ := output(p.python(ctx, p.path("kernel-setup", "py", "completion.py")))
	return said == "True"
}

// gopls is a path in a folder of its own: GoNB starts the gopls that it finds in PATH, and only the kernels of JupyterLab
// shall find one. It is complete as soon as bin/ holds it.
func (p *project) gopls(elem ...string) string { return p.tools("gopls", filepath.Join(elem...)) }

// goplsEnvironment is what a kernel needs to complete code.
func (p *project) goplsEnvironment() []string {
	return []string{"PATH=" + pathWith(p.gopls(), p.gopls("bin")), "GOPLSCACHE=" + p.own(".tools", "gopls", "cache")}
}

// goplsStarter is the gopls that GoNB finds, but on Windows. It waits for the real one, which set-up may still be building,
// and lets it end when its kernel is gone; GoNB ends it only if nobody kills the kernel.
const goplsStarter = `#!/bin/sh
here=$(dirname "$0")
for second in $(seq 600); do
	[ -x "$here/bin/gopls" ] && exec "$here/bin/gopls" -listen.timeout=30s "$@"
	sleep 1
done
`

// goplsPart builds gopls and lets it read a cell, so that it has what a first answer needs. The checksum database vouches
// for it.
func (p *project) goplsPart(toolchain toolchain) part {
	return part{
		name:    "gopls " + goplsVersion,
		network: true,
		inputs:  func() string { return toolchain.Version + platform() + goFlags },
		makes:   []string{p.gopls("bin", "gopls"+exe)},
		make: func(ctx context.Context, status func(string)) error {
			install := p.command(ctx, "go", "install", "golang.org/x/tools/gopls@"+goplsVersion)
			if _, err := output(with(install, "GOBIN="+p.gopls("new"))); err != nil {
				return err
			}
			if err := p.tryCell(ctx, cellImports, p.gopls("new", "gopls"+exe), "check", "main.go"); err != nil {
				return err
			}
			return cmp.Or(os.RemoveAll(p.gopls("bin")), os.Rename(p.gopls("new"), p.gopls("bin")))
		},
	}
}

// makeGoplsMeanwhile lets a set-up of its own make gopls, while JupyterLab opens. JupyterLab's settings start it, so that
// it ends with the server.
func (p *project) makeGoplsMeanwhile() error {
	if p.shared() {
		return nil // it came with the installation
	}
	err := cmp.Or(os.MkdirAll(p.gopls(), 0o777), os.WriteFile(p.gopls("gopls"), []byte(goplsStarter), 0o777))
	toolchain, missing := findToolchain()
	if err = cmp.Or(err, missing); err != nil || p.fresh(p.goplsPart(toolchain)) {
		return err
	}
	self, err := os.Executable() // without a network it fails here too; whoever calls it sees why
	os.Setenv("KERNEL_SETUP_MEANWHILE", self)
	return err
}

// pythonParts are the virtual environment and what TensorBoard and the tests add to it.
func (p *project) pythonParts(o options) []part {
	environment := p.packages("Python packages", "requirements.txt", p.program, "python", "jupyter-lab", "jupyter-nbconvert")
	parts := []part{p.inVenv(p.venv(), findPython, environment)}
	if o.tests || o.board {
		parts = append(parts, p.packages("TensorBoard", "requirements-tensorboard.txt", p.program, "tensorboard"))
	}
	if o.hub {
		parts = append(parts, p.packages("JupyterHub", "requirements-hub.txt", p.program, "jupyterhub"))
	}
	if o.tests {
		parts = append(parts, p.packages("Python packages of the tests", "requirements-test.txt", p.program, "pytest"))
	}
	if o.grade {
		parts = append(parts, p.gradePart())
	}
	return parts
}

// packages are a list of packages of an environment, with programs among them. The list decides them, that of the packages that
// everybody needs, the place (programs of an environment hold their path) and the Python that it stands on.
func (p *project) packages(name, list string, program func(name string) string, programs ...string) part {
	t := part{name: name, network: true}
	t.inputs = func() string {
		python, _ := filepath.EvalSymlinks(p.program("python"))
		lists := slices.Compact([]string{p.path("kernel-setup", "requirements.txt"), p.path("kernel-setup", list)})
		return p.root + "\n" + python + "\n" + fileInputs(lists...)
	}
	for _, name := range programs {
		t.makes = append(t.makes, program(name))
	}
	t.make = func(ctx context.Context, status func(string)) error {
		return p.pipInstall(ctx, status, program("python"), p.path("kernel-setup", list))
	}
	return t
}

// inVenv starts from an empty environment for packages: pip never has to repair an old one.
func (p *project) inVenv(folder string, find func() (python string, err error), packages part) part {
	install := packages.make
	packages.make = func(ctx context.Context, status func(string)) error {
		python, err := find()
		if err == nil {
			status("virtual environment")
			_, err = output(p.command(ctx, python, "-m", "venv", "--clear", folder))
		}
		if err != nil {
			return err
		}
		return install(ctx, status)
	}
	return packages
}

// pipInstall installs a list of packages, each checked by its sha256, and tells how far it is.
func (p *project) pipInstall(ctx context.Context, status func(string), python, list string, options ...string) error {
	total := strings.Count(fileInputs(list), "==")
	arguments := append([]string{"-m", "pip", "install",
		"--disable-pip-version-check", "--no-input", "--progress-bar=off",
		"--require-hashes", "--only-binary=:all:", "-r", list}, options...)
	collected := 0
	return watch(p.command(ctx, python, arguments...), func(line string) {
		switch {
		case strings.HasPrefix(line, "Collecting "):
			collected++
			status(fmt.Sprintf("%d of up to %d", collected, total))
		case strings.HasPrefix(line, "Installing "):
			status("unpacking")
		}
	}, commandError)
}

// findPython returns a Python that can make the environment: 3.10 or newer, with the venv module.
func findPython() (string, error) {
	problem := errors.New("there is no Python 3 in PATH; install Python 3.10 or newer (apt install python3 python3-venv, or https://www.python.org)")
	for _, name := range []string{"python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"} {
		python := exec.Command(name, "-c", `import sys, importlib.util as u
print("%d.%d" % sys.version_info[:2], sys.version_info >= (3, 10), bool(u.find_spec("venv") and u.find_spec("ensurepip")))`)
		found, err := output(python) // not that of the current folder, which exec refuses
		if err != nil {
			continue
		}
		fields := strings.Fields(found)
		switch {
		case fields[1] != "True":
			problem = fmt.Errorf("%s is Python %s, and the labs need 3.10 or newer; install a newer one beside it", python.Path, fields[0])
		case fields[2] != "True":
			problem = fmt.Errorf("%s has no venv module; install it (apt install python%s-venv)", python.Path, fields[0])
		default:
			return python.Path, nil
		}
	}
	return "", problem
}
