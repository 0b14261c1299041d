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
	here, err := os.Getwd()
	start, gone := filepath.EvalSymlinks(here)
	if err = cmp.Or(err, gone); err != nil {
		return nil, err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		contents, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(contents), "module gonblabs") {
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
	contents, _ := json.MarshalIndent(value, "", "  ") // texts and numbers, which have JSON
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

// goFlags is for every build, in set-up and in the kernel: without a symbol table a cell links in half
// the time; with debug tables uncompressed, and on Linux without a build id, Go has less to ask the
// system's linker first (macOS wants the id); a checkout whose git is odd still builds, and a cell that
// reads a tar archive links no C. Being set, it also overrides the user's own.
var goFlags = func() string {
	link := "-s -compressdwarf=false"
	if runtime.GOOS == "linux" {
		link += " -B=none"
	}
	return "'-ldflags=" + link + "' -buildvcs=false -tags=osusergo"
}()

// foreign variables would send Python, Jupyter or Go out of the checkout.
var foreign = []string{
	"PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV", "CONDA_PREFIX",
	"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV",
	"JUPYTER_PATH",
	"GOBIN", "GOOS", "GOARCH", "GO111MODULE",
	"GOMLX_BACKEND",
}

// cleanEnvironment makes the environment of every program that kernel-setup starts.
func (p *project) cleanEnvironment() {
	if flags := os.Getenv("GOFLAGS"); strings.Contains(flags, "-mod") {
		fmt.Fprintf(os.Stderr, "GOFLAGS=%s of your environment is left out: the notebooks' Go workspace refuses -mod.\n", flags)
	}
	for _, name := range foreign {
		os.Unsetenv(name)
	}
	for name, value := range p.environment() {
		os.Setenv(name, value)
	}
}

// jupyterFolder holds what Jupyter itself writes: settings, signatures, connection files. Tests give
// each server one of its own.
func (p *project) jupyterFolder(name string) string {
	return filepath.Join(cmp.Or(os.Getenv("KERNEL_SETUP_JUPYTER"), p.own(".tools", "jupyter")), name)
}

// environment keeps Go's workspace mode off, and what Jupyter writes among what the user makes.
func (p *project) environment() map[string]string {
	return map[string]string{
		"PATH":                     pathWith(p.tools("go", "bin")), // that of an installation
		"GOFLAGS":                  goFlags,
		"GOWORK":                   "off",
		"CGO_ENABLED":              cgo,
		"GOMLX_NO_AUTO_INSTALL":    "1",
		"PYTHONNOUSERSITE":         "1",
		"PYTHONDONTWRITEBYTECODE":  map[bool]string{true: "1"}[p.shared()],
		"JUPYTER_PREFER_ENV_PATH":  "1",
		"JUPYTER_CONFIG_PATH":      p.path("kernel-setup", "jupyter"),
		"JUPYTER_CONFIG_DIR":       p.jupyterFolder("config"),
		"JUPYTER_DATA_DIR":         p.jupyterFolder("data"),
		"JUPYTER_RUNTIME_DIR":      cmp.Or(os.Getenv("KERNEL_SETUP_SOCKETS"), p.jupyterFolder("runtime")), // a hub's choice
		"IPYTHONDIR":               p.jupyterFolder("ipython"),
		"PLAYWRIGHT_BROWSERS_PATH": p.tools("playwright"),
		"MNISTKIT_ROOT":            p.root,
	}
}

// pathWith puts folders before the PATH of the environment.
func pathWith(folders ...string) string {
	return strings.Join(append(folders, filepath.SplitList(os.Getenv("PATH"))...), string(filepath.ListSeparator))
}
