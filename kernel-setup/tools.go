package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"gonblabs/mnistkit/files"
)

// goplsVersion is pinned here, not in go.mod: gopls is built on request only.
const goplsVersion = "v0.21.1"

// goTools are the programs that the kernel calls. Those at the versions of go.mod are built inside this module,
// whose go.sum fixes the versions of all that they need. The checksum database vouches for gopls.
func (p *project) goTools(toolchain toolchain, o options) []part {
	parts := []part{
		p.goTool(toolchain, "github.com/janpfeifer/gonb", p.version("github.com/janpfeifer/gonb")),
		p.goTool(toolchain, "golang.org/x/tools/cmd/goimports", p.version("golang.org/x/tools")),
	}
	if o.Gopls {
		parts = append(parts, p.goTool(toolchain, "golang.org/x/tools/gopls@"+goplsVersion, goplsVersion))
	}
	return parts
}

// goTool installs a program into the tools folder.
func (p *project) goTool(toolchain toolchain, pkg, version string) part {
	name, _, _ := strings.Cut(path.Base(pkg), "@")
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

// cachePart compiles what cells import, in the way of the kernel, so that the first cell is not a minute.
func (p *project) cachePart(toolchain toolchain) part {
	return part{
		name: "Go build cache",
		inputs: func() string {
			return toolchain.Version + toolchain.Cache + goFlags + fileInputs(p.path("go.mod"))
		},
		make: func(ctx context.Context, status func(string)) error { return p.buildCell(ctx, cellImports...) },
	}
}

// cellImports are what the cells of the notebooks import.
var cellImports = []string{"fmt", "github.com/janpfeifer/must", "github.com/janpfeifer/gonb/gonbui", "gonblabs/mnistkit",
	"gonblabs/mnistkit/layer", "gonblabs/mnistkit/score", "gonblabs/mnistkit/text", "gonblabs/mnistkit/engine"}

// buildCell builds a program like a cell's: in a folder of its own, joined to the checkout by a go.work.
// Go writes that file itself, as GoNB lets it, and quotes what the checkout's path needs.
func (p *project) buildCell(ctx context.Context, imports ...string) error {
	folder := p.tools("warm")
	defer os.RemoveAll(folder)
	cell := "package main\n\n"
	for _, pkg := range imports {
		cell += fmt.Sprintf("import _ %q\n", pkg)
	}
	cell += "\nfunc main() {}\n"
	if err := files.Write(filepath.Join(folder, "main.go"), []byte(cell)); err != nil {
		return err
	}
	for _, arguments := range [][]string{{"mod", "init", "warm"}, {"work", "init", ".", p.root}, {"build", "-o", "cell", "."}} {
		step := with(p.command(ctx, "go", arguments...), "GOWORK="+filepath.Join(folder, "go.work"))
		step.Dir = folder
		if _, err := output(step); err != nil {
			return err
		}
	}
	return nil
}
