package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// options are what a person asked for beyond the default. They stay until asked otherwise.
type options struct {
	Gopls bool // completion and documentation in JupyterLab
	CUDA  bool // the CUDA plugin before the CPU plugins
	tests bool // what only the tests need
}

// optionFlags adds the flags of every verb that sets up. Without them the earlier choice stays.
func (p *project) optionFlags(fs *flag.FlagSet) *options {
	saved := p.savedOptions()
	o := &saved
	fs.BoolVar(&o.Gopls, "gopls", o.Gopls, "build gopls "+goplsVersion+": completion in JupyterLab, for about 300 MB of memory; stays on until --gopls=false")
	fs.BoolVar(&o.CUDA, "cuda", o.CUDA, "install the CUDA plugin and NVIDIA's libraries (3 GB); stays on until --cuda=false")
	return o
}

// savedOptions are what earlier calls asked for.
func (p *project) savedOptions() options {
	var o options
	if contents, err := os.ReadFile(p.optionsFile()); err == nil {
		_ = json.Unmarshal(contents, &o)
	}
	return o
}

func (p *project) optionsFile() string { return p.tools("options.json") }

func runSetup(ctx context.Context, p *project, v verb, args []string) error {
	fs := newFlags(v)
	o := p.optionFlags(fs)
	if _, err := parse(fs, v, args); err != nil {
		return err
	}
	start := time.Now()
	if err := p.setUp(ctx, *o); err != nil {
		return err
	}
	chosen, err := p.chosenBackend()
	if err != nil {
		return err
	}
	fmt.Printf("Ready after %s: backend %s.\n", seconds(time.Since(start)), chosen.Name)
	return nil
}

// setUp makes what is missing or out of date, part by part.
func (p *project) setUp(ctx context.Context, o options) error {
	unlock, err := p.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	toolchain, err := findToolchain()
	if err != nil {
		return err
	}
	contents, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if err := replaceFile(p.optionsFile(), contents); err != nil {
		return err
	}
	checks := &checks{}
	parts := p.pythonParts(o.tests)
	parts = append(parts, p.goTools(toolchain, o)...)
	if err := p.finishAll(ctx, parts, checks); err != nil {
		return err
	}
	if err := p.engine(ctx, checks); err != nil {
		return err
	}
	parts = []part{p.backendPart(o), p.kernelPart(toolchain, o), p.cachePart(toolchain)}
	if err := p.finishAll(ctx, parts, checks); err != nil {
		return err
	}
	os.Setenv("PATH", pathWith(p.tools("bin"), p.venv("bin"), toolchain.programs()))
	return nil
}

// finishAll makes the parts that are not fresh.
func (p *project) finishAll(ctx context.Context, parts []part, checks *checks) error {
	for _, t := range parts {
		if p.fresh(t) {
			continue
		}
		if err := checks.before(ctx, t.network); err != nil {
			return err
		}
		err := step(t.name, func(status func(string)) error { return p.finish(ctx, t, status) })
		if err != nil {
			return err
		}
	}
	return nil
}

// engine brings the engine program up to date; it is quiet when there is nothing to do.
func (p *project) engine(ctx context.Context, checks *checks) error {
	if !exists(p.tool("mnistkit-engine")) {
		if err := checks.before(ctx, true); err != nil {
			return err
		}
	}
	start, built := time.Now(), false
	_, err := p.ensureEngine(func(string) {
		built = true
		replaceLine("Engine program ...")
	})
	if built {
		finishLine(fmt.Sprintf("%-46s %s", "Engine program", seconds(time.Since(start))))
	}
	return err
}

// checks looks at the machine once, and only when there is work to do.
type checks struct{ machine, network bool }

func (c *checks) before(ctx context.Context, network bool) error {
	if !c.machine {
		if err := checkMachine(); err != nil {
			return err
		}
		c.machine = true
	}
	if network && !c.network {
		if err := checkNetwork(ctx); err != nil {
			return err
		}
		c.network = true
	}
	return nil
}

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
