package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gonblabs/mnistkit/files"
)

// kernelSpec is Jupyter's kernel.json.
type kernelSpec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env"`
	Metadata      map[string]string `json:"metadata"` // the version of Go, for py/contents.py
}

// kernelName is what the notebooks name in their metadata.
const kernelName = "gonb"

// newKernelSpec describes the kernel of this checkout: paths are absolute, so that it starts the same
// from JupyterLab, from an editor, or from a system service. The launcher decides what depends on who starts it.
func (p *project) newKernelSpec(toolchain toolchain, backend backend) kernelSpec {
	spec := kernelSpec{
		Argv:          []string{p.tool("kernel"), "--kernel", "{connection_file}"},
		DisplayName:   "Go (gonb)",
		Language:      "go",
		InterruptMode: "message",
		Env:           map[string]string{},
		Metadata:      map[string]string{"go": toolchain.Version},
	}
	spec.setEnv(
		"KERNEL_GO="+toolchain.programs(),
		"KERNEL_GOMODCACHE="+toolchain.Modules,
		"KERNEL_GOCACHE="+toolchain.Cache,
		"GOMLX_NO_AUTO_INSTALL=1",
		"GOFLAGS="+goFlags+" -vet=off", // vetting costs a %test cell more than its compilation
		"GOWORK=",                      // the kernel keeps a go.work of its own
		// GoNB runs go get before each cell, which takes the newest version of what the checkout does
		// not require; offline it takes what go.mod fixes, and a stray import is a clear error.
		"GOPROXY=off",
		"CGO_ENABLED="+cgo,
	)
	spec.setEnv(backend.environment()...)
	return spec
}

// setEnv sets variables to these very values: Jupyter would take $NAME in them for another variable.
func (s kernelSpec) setEnv(variables ...string) {
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		s.Env[name] = strings.ReplaceAll(value, "$", "$$")
	}
}

// kernelPart writes the kernelspec.
func (p *project) kernelPart(toolchain toolchain) part {
	return part{
		name:   "Jupyter kernel",
		inputs: func() string { return fmt.Sprint(p.newKernelSpec(toolchain, p.backendOrGo())) },
		makes:  []string{p.kernelSpec()},
		make: func(ctx context.Context, status func(string)) error {
			return p.installKernel(p.kernelSpec(), p.newKernelSpec(toolchain, p.backendOrGo()))
		},
	}
}

func (p *project) backendOrGo() backend {
	if chosen, err := p.chosenBackend(); err == nil {
		return chosen
	}
	return pureGo
}

// installKernel writes kernel.json and the logo to where a Jupyter looks for them.
func (p *project) installKernel(file string, spec kernelSpec) error {
	// The Go gopher by Renée French, CC BY 3.0, as GoNB itself installs it.
	logo, err := os.ReadFile(p.tools("src", "gonb", "internal", "kernel", "Go_gopher_favicon.svg"))
	if err == nil {
		if err := files.Write(filepath.Join(filepath.Dir(file), "logo-svg.svg"), logo); err != nil {
			return err
		}
	}
	return writeJSON(file, spec)
}

// overlayKernel writes a copy of the kernelspec under folder with more arguments and other environment
// variables. With folder as JUPYTER_PATH, Jupyter finds the copy first.
func (p *project) overlayKernel(folder string, arguments []string, env ...string) error {
	var spec kernelSpec
	if err := readJSON(p.kernelSpec(), &spec); err != nil {
		return err
	}
	spec.Argv = append(spec.Argv, arguments...)
	spec.setEnv(env...)
	return writeJSON(filepath.Join(folder, "kernels", kernelName, "kernel.json"), spec)
}
