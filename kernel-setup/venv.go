package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// pythonParts are the virtual environment and what TensorBoard and the tests add to it.
func (p *project) pythonParts(o options) []part {
	environment := p.packages("Python packages", "requirements.txt", "python", "jupyter-lab", "jupyter-nbconvert")
	environment.make = p.makeVenv
	parts := []part{environment}
	if o.tests || o.board {
		parts = append(parts, p.packages("TensorBoard", "requirements-tensorboard.txt", "tensorboard"))
	}
	if o.hub {
		parts = append(parts, p.packages("JupyterHub", "requirements-hub.txt", "jupyterhub"))
	}
	if o.tests {
		parts = append(parts, p.packages("Python packages of the tests", "requirements-test.txt", "pytest"))
	}
	if o.grade {
		parts = append(parts, p.gradePart())
	}
	return parts
}

// packages are a list of packages, with programs among them. The list decides them, that of the packages that
// everybody needs, the place (programs of an environment hold their path) and the Python that it stands on.
func (p *project) packages(name, list string, programs ...string) part {
	t := part{name: name, network: true}
	t.inputs = func() string {
		python, _ := filepath.EvalSymlinks(p.program("python"))
		inputs := p.root + "\n" + python + "\n"
		for _, file := range slices.Compact([]string{"requirements.txt", list}) {
			inputs += fileInputs(p.requirements(file))
		}
		return inputs
	}
	for _, program := range programs {
		t.makes = append(t.makes, p.program(program))
	}
	t.make = func(ctx context.Context, status func(string)) error {
		return p.pipInstall(ctx, status, p.program("python"), p.requirements(list))
	}
	return t
}

// requirements is the path of a list of packages.
func (p *project) requirements(list string) string { return p.path("kernel-setup", list) }

// makeVenv starts from an empty environment: pip never has to repair an old one.
func (p *project) makeVenv(ctx context.Context, status func(string)) error {
	python, err := findPython()
	if err != nil {
		return err
	}
	status("virtual environment")
	if _, err := output(p.command(ctx, python, "-m", "venv", "--clear", p.venv())); err != nil {
		return err
	}
	return p.pipInstall(ctx, status, p.program("python"), p.requirements("requirements.txt"))
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
	})
}

// findPython returns a Python that can make the environment: 3.10 or newer, with the venv module.
func findPython() (string, error) {
	problem := errors.New("there is no Python 3 in PATH; install Python 3.10 or newer (apt install python3 python3-venv, or https://www.python.org)")
	for _, name := range []string{"python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		found, err := output(exec.Command(path, "-c", `import sys, importlib.util as u
print("%d.%d" % sys.version_info[:2], sys.version_info >= (3, 10), bool(u.find_spec("venv") and u.find_spec("ensurepip")))`))
		if err != nil {
			continue
		}
		fields := strings.Fields(found)
		switch {
		case fields[1] != "True":
			problem = fmt.Errorf("%s is Python %s, and the labs need 3.10 or newer; install a newer one beside it", path, fields[0])
		case fields[2] != "True":
			problem = fmt.Errorf("%s has no venv module; install it (apt install python%s-venv)", path, fields[0])
		default:
			return path, nil
		}
	}
	return "", problem
}
