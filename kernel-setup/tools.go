package main

import (
	"context"
	"os"
	"path/filepath"

	"gonblabs/mnistkit/files"
)

// goplsVersion is pinned here, not in go.mod: gopls is built on request only.
const goplsVersion = "v0.21.1"

// goTools are the programs that the kernel calls, at the versions of go.mod.
func (p *project) goTools(toolchain toolchain, o options) []part {
	parts := []part{
		p.goTool(toolchain, "gonb", "github.com/janpfeifer/gonb", p.version("github.com/janpfeifer/gonb")),
		p.goTool(toolchain, "goimports", "golang.org/x/tools/cmd/goimports", p.version("golang.org/x/tools")),
	}
	if o.Gopls {
		gopls := p.goTool(toolchain, "gopls", "golang.org/x/tools/gopls", goplsVersion)
		gopls.make = p.makeGopls
		parts = append(parts, gopls)
	}
	return parts
}

// goTool builds a program inside this module, so that go.mod and go.sum fix every version.
func (p *project) goTool(toolchain toolchain, name, pkg, version string) part {
	return part{
		name:    name + " " + version,
		network: true,
		inputs:  func() string { return version + toolchain.Version + platform() + goFlags },
		makes:   []string{p.tool(name)},
		make: func(ctx context.Context, status func(string)) error {
			return p.build(ctx, p.root, name, pkg)
		},
	}
}

// makeGopls builds gopls in a module of its own, whose go.sum the checksum database vouches for.
func (p *project) makeGopls(ctx context.Context, status func(string)) error {
	folder := p.tools("gopls")
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := files.Write(filepath.Join(folder, "go.mod"), []byte("module gopls\n\ngo 1.26\n")); err != nil {
		return err
	}
	get := p.command(ctx, "go", "get", "golang.org/x/tools/gopls@"+goplsVersion)
	get.Dir = folder
	status("download")
	if _, err := output(get); err != nil {
		return err
	}
	status("build")
	if err := p.build(ctx, folder, "gopls", "golang.org/x/tools/gopls"); err != nil {
		return err
	}
	return os.RemoveAll(folder)
}

// build compiles a program into the tools folder, under another name until it is whole.
func (p *project) build(ctx context.Context, folder, name, pkg string) error {
	if err := os.MkdirAll(filepath.Dir(p.tool(name)), 0o755); err != nil {
		return err
	}
	temporary := p.tool(name) + ".part"
	build := p.command(ctx, "go", "build", "-o", temporary, pkg)
	build.Dir = folder
	if _, err := output(build); err != nil {
		return err
	}
	return files.Move(temporary, p.tool(name))
}
