package main

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
)

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
