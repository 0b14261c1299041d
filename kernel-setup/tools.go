package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"gonblabs/mnistkit/files"
)

// goTools are the programs that the kernel calls, at the versions of go.mod. They are built inside this module,
// whose go.sum fixes the versions of all that they need.
func (p *project) goTools(toolchain toolchain) []part {
	return []part{
		p.gonbPart(toolchain),
		p.launcherPart(toolchain),
		p.goTool(toolchain, "golang.org/x/tools/cmd/goimports", p.version("golang.org/x/tools")),
	}
}

// goTool installs a program into the tools folder.
func (p *project) goTool(toolchain toolchain, pkg, version string) part {
	name := path.Base(pkg)
	return part{
		name:    name + " " + version,
		network: true,
		inputs:  func() string { return version + toolchain.Version + platform() + goFlags },
		makes:   []string{p.tool(name)},
		make: func(ctx context.Context, status func(string)) error {
			_, err := output(with(p.command(ctx, "go", "install", pkg), "GOBIN="+p.tools("bin")))
			return err
		},
	}
}

// launcherPart builds what the kernelspec starts.
func (p *project) launcherPart(toolchain toolchain) part {
	launcher := p.path("kernel-setup", "launcher")
	return part{
		name: "Kernel launcher",
		inputs: func() string {
			return toolchain.Version + platform() + goFlags + fileInputs(slices.Concat(glob(launcher, "*.go"), glob(p.path("mnistkit", "files"), "*.go"))...)
		},
		makes: []string{p.tool("kernel")},
		make: func(ctx context.Context, status func(string)) error {
			_, err := output(with(p.command(ctx, "go", "build", "-o", p.tool("kernel"), "./kernel-setup/launcher"), "CGO_ENABLED=0"))
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
			err := p.tryCell(ctx, cellImports, "go", "build", "-o", "cell", ".")
			if err == nil {
				err = p.tryCell(ctx, cellImports, "go", "test", "-c", "-o", "cell", ".")
			}
			return err
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
