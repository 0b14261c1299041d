package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

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

// environment keeps Go's workspace mode off, and what Jupyter writes among what the user makes. An installation has its
// own Go.
func (p *project) environment() map[string]string {
	path := pathWith()
	if exists(p.tools("go")) {
		path = pathWith(p.tools("go", "bin"))
	}
	return map[string]string{
		"PATH":                     path,
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

// pathWith puts folders before the PATH of the environment, each folder once.
func pathWith(folders ...string) string {
	var path []string
	for _, folder := range append(folders, filepath.SplitList(os.Getenv("PATH"))...) {
		if folder != "" && !slices.Contains(path, folder) {
			path = append(path, folder)
		}
	}
	return strings.Join(path, string(filepath.ListSeparator))
}
