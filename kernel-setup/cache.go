package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// cachePart compiles what cells import, in the way of the kernel, so that the first cell is not a minute.
func (p *project) cachePart(toolchain toolchain) part {
	return part{
		name: "Go build cache",
		inputs: func() string {
			return toolchain.Version + toolchain.Cache + goFlags + fileInputs(p.path("go.mod"))
		},
		make: func(ctx context.Context, status func(string)) error { return p.warmCache(ctx) },
	}
}

// warmCache builds a program like a cell's: in a folder of its own, joined to the checkout by a go.work.
func (p *project) warmCache(ctx context.Context) error {
	folder := p.tools("warm")
	defer os.RemoveAll(folder)
	version := "go " + p.goVersion() + "\n"
	cell := "package main\n\nimport (\n"
	for _, pkg := range p.cellImports() {
		cell += fmt.Sprintf("\t_ %q\n", pkg)
	}
	cell += ")\n\nfunc main() {}\n"
	for name, contents := range map[string]string{
		"go.mod":  "module warm\n\n" + version,
		"go.work": version + "\nuse (\n\t.\n\t" + p.root + "\n)\n",
		"main.go": cell,
	} {
		if err := replaceFile(filepath.Join(folder, name), []byte(contents)); err != nil {
			return err
		}
	}
	build := longCommand(ctx, "go", "build", "-o", "cell", ".")
	build.Dir = folder
	build.Env = append(os.Environ(), "GOWORK="+filepath.Join(folder, "go.work"))
	_, err := output(build)
	return err
}

// cellImports are the packages that notebooks import, those of the kit that exist first.
func (p *project) cellImports() []string {
	imports := []string{"fmt", "github.com/janpfeifer/must", "github.com/janpfeifer/gonb/gonbui"}
	for _, pkg := range []string{"", "/layer", "/score", "/text", "/engine"} {
		if sources, _ := filepath.Glob(p.path("mnistkit"+pkg, "*.go")); len(sources) > 0 {
			imports = append(imports, "gonblabs/mnistkit"+pkg)
		}
	}
	return imports
}

// goVersion is the language version of go.mod.
func (p *project) goVersion() string {
	var version string
	contents, _ := os.ReadFile(p.path("go.mod"))
	for line := range linesOf(string(contents)) {
		if n, _ := fmt.Sscanf(line, "go %s", &version); n == 1 {
			return version
		}
	}
	return "1.26"
}
