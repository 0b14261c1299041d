package main

import (
	"context"
	"path"
	"strings"
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
