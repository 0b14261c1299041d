package main

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
)

// goplsVersion is pinned here, not in go.mod: no cell needs gopls, and JupyterLab opens before it is built.
const goplsVersion = "v0.21.1"

// goplsMemory has to be free where nobody has asked for gopls: each kernel starts one, which takes some 300 MB.
const goplsMemory = 4_000_000_000

// wantsGopls says whether JupyterLab completes code: as asked, or else where the memory is there. Under a hub many
// people share it.
func (o options) wantsGopls() bool {
	if o.Completion != nil {
		return *o.Completion
	}
	hub := func(variable string) bool { return strings.HasPrefix(variable, "JUPYTERHUB_") }
	free, err := freeMemory()
	return err == nil && free >= goplsMemory && !slices.ContainsFunc(os.Environ(), hub)
}

// gopls is a path in a folder of its own: GoNB starts the gopls that it finds in PATH, and only the kernels of JupyterLab
// shall find one. It is complete as soon as bin/ holds it.
func (p *project) gopls(elem ...string) string { return p.tools(append([]string{"gopls"}, elem...)...) }

// goplsEnvironment is what a kernel needs to complete code.
func (p *project) goplsEnvironment() []string {
	return []string{"PATH=" + pathWith(p.gopls(), p.gopls("bin")), "GOPLSCACHE=" + p.gopls("cache")}
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

// ensureGopls makes gopls where it is missing. It has a lock of its own: nothing else has to wait for it.
func (p *project) ensureGopls(ctx context.Context) error {
	unlock, err := files.Lock(ctx, p.gopls("lock"), func() {})
	if err != nil {
		return err
	}
	defer unlock()
	toolchain, err := findToolchain()
	if err != nil {
		return err
	}
	return p.finishAll(ctx, []part{p.goplsPart(toolchain)}, checkMachine, func() error { return checkNetwork(ctx) })
}

// ensureGoplsMeanwhile lets a program of its own do that, while JupyterLab opens.
func (p *project) ensureGoplsMeanwhile() error {
	err := cmp.Or(os.MkdirAll(p.gopls(), 0o777), os.WriteFile(p.gopls("gopls"), []byte(goplsStarter), 0o777))
	if err != nil {
		return err
	}
	toolchain, err := findToolchain()
	if err != nil || p.fresh(p.goplsPart(toolchain)) {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(p.tools(), "gopls.log"))
	if err != nil {
		return err
	}
	setup := exec.Command(self, "setup")
	setup.Dir, setup.Stdout, setup.Stderr = p.root, log, log
	return cmp.Or(setup.Start(), log.Close())
}
