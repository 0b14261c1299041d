package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"gonblabs/mnistkit/files"
)

// module is the first line of the go.mod that marks the checkout's root.
const module = "module gonblabs"

// project knows where things lie: in the checkout or installation at root, and what its user makes in home, which is
// root or "" where that is the user's own.
type project struct{ root, home string }

// findProject takes the installation that this program belongs to, or the checkout from the current folder upwards.
func findProject() (*project, error) {
	if self, err := os.Executable(); err == nil {
		self, _ = filepath.EvalSymlinks(self)
		if root := filepath.Dir(filepath.Dir(filepath.Dir(self))); exists(filepath.Join(root, files.Installed)) {
			return &project{root, files.Own(root)}, nil
		}
	}
	start, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if start, err = filepath.EvalSymlinks(start); err != nil {
		return nil, err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		contents, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(contents), module) {
			return &project{dir, files.Own(dir)}, nil
		}
		if dir == filepath.Dir(dir) {
			return nil, fmt.Errorf("%s is not inside the checkout; change to the folder that holds go.mod and notebooks/", start)
		}
	}
}

func (p *project) path(elem ...string) string { return filepath.Join(p.root, filepath.Join(elem...)) }

// own is a path in the folder of what this user makes.
func (p *project) own(elem ...string) string {
	return filepath.Join(cmp.Or(p.home, p.root), filepath.Join(elem...))
}

// shared says whether this user only reads the course, as that of an installation or of another user.
func (p *project) shared() bool { return p.own() != p.root }

func (p *project) venv(elem ...string) string { return p.path(".venv", filepath.Join(elem...)) }

func (p *project) tools(elem ...string) string { return p.path(".tools", filepath.Join(elem...)) }

// program is a program of the virtual environment, such as "jupyter-lab".
func (p *project) program(name string) string { return p.venv(scripts, name+exe) }

// tool is a program that set-up built, such as "gonb".
func (p *project) tool(name string) string { return p.tools("bin", name+exe) }

func (p *project) kernelSpec() string {
	return p.venv("share", "jupyter", "kernels", "gonb", "kernel.json")
}

// runs is the folder that keeps trained models: the user's choice, or runs/ among what the user makes.
func (p *project) runs() string {
	folder := files.Home(os.Getenv("MNISTKIT_RUNS"))
	if absolute, err := filepath.Abs(folder); folder != "" && err == nil {
		return absolute
	}
	return p.own("runs")
}

// version is the version of a module that go.mod requires, "unknown" if it does not.
func (p *project) version(module string) string {
	contents, _ := os.ReadFile(p.path("go.mod"))
	line := regexp.MustCompile(`(?m)^\s*(?:require\s+)?` + regexp.QuoteMeta(module) + `\s+(v\S+)`)
	if found := line.FindSubmatch(contents); found != nil {
		return string(found[1])
	}
	return "unknown"
}

// toolchain is the Go that runs this command.
type toolchain struct{ Root, Modules, Version, Cache string }

func findToolchain() (toolchain, error) {
	printed, err := output(exec.Command("go", "env", "GOROOT", "GOMODCACHE", "GOVERSION", "GOCACHE"))
	lines := strings.Split(printed, "\n")
	if len(lines) > 1 && lines[1] == "" {
		return toolchain{}, errors.New("Go has no folder for its modules; set HOME to a folder of yours")
	}
	if err != nil || len(lines) != 4 {
		return toolchain{}, errors.New("the go program is not in PATH or does not answer; install Go from https://go.dev/dl and open a new terminal")
	}
	return toolchain{lines[0], lines[1], lines[2], lines[3]}, nil
}

// programs is the folder of the go program itself.
func (t toolchain) programs() string { return filepath.Join(t.Root, "bin") }

func platform() string { return runtime.GOOS + "/" + runtime.GOARCH }

// glob lists the files below a folder that match a pattern such as "chromium-*/chrome". The folder's
// own path may hold any sign.
func glob(folder, pattern string) []string {
	found, _ := fs.Glob(os.DirFS(folder), pattern) // only a pattern that is wrong has an error
	for i, name := range found {
		found[i] = filepath.Join(folder, filepath.FromSlash(name))
	}
	return found
}

func writeJSON(path string, value any) error {
	contents, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return files.Write(path, append(contents, '\n'))
}

func readJSON(path string, value any) error {
	contents, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(contents, value)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
