package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonblabs/mnistkit/files"
)

// backend is what computes: XLA through a plugin, or pure Go.
type backend struct {
	Env           string   // value of GOMLX_BACKEND
	Name          string   // where the plugin came from
	Kind          string   // "xla:cpu"
	Description   string   // what the engine says of it
	MaxDifference float64  // from the pure-Go backend in the numeric check, as a share of the largest number
	Rejected      []string // what was tried before, and why not
	Convolutions  string   // what computes them on XLA's CPU, and why: "oneDNN 3.2.0, 1.3 times as fast as XLA here"
	Gain          float64  // how many times as fast as XLA a library computes them; 0 without one
}

// environment is what programs that compute need.
func (b backend) environment() []string {
	plugin := strings.TrimPrefix(b.Env, "xla:")
	return slices.Concat([]string{"GOMLX_BACKEND=" + b.Env}, cudaVariables(plugin), wheelVariables(plugin))
}

// candidate is one way to a plugin. Candidates are tried in order.
type candidate struct {
	name    string
	install func(ctx context.Context, status func(string)) (plugin string, err error)
}

// pureGo needs no plugin and is always right: the others are checked against it.
var pureGo = backend{Env: "go", Name: "GoMLX's pure-Go backend", Kind: "go"}

// backendPart chooses what computes and writes the choice down.
func (p *project) backendPart(o options) part {
	candidates := p.candidates(o)
	return part{
		name:    "XLA backend",
		network: true,
		mayWait: func() bool { return !o.CUDA && exists(p.backendFile()) && p.backendOrGo().Env == pureGo.Env },
		inputs: func() string {
			inputs := p.root + platform() + p.version("github.com/gomlx/go-xla")
			for _, c := range candidates {
				inputs += "\n" + c.name
			}
			inputs += fmt.Sprint(wheels, oneDNN)
			if p.backendOrGo().Env == pureGo.Env {
				inputs += time.Now().Format(time.DateOnly) // no plugin could be had: try again another day
			}
			return inputs
		},
		makes: []string{p.backendFile()},
		make: func(ctx context.Context, status func(string)) error {
			chosen, err := p.chooseBackend(ctx, candidates, status)
			if err != nil {
				return err
			}
			return writeJSON(p.backendFile(), chosen)
		},
	}
}

func (p *project) backendFile() string { return p.tools("xla", "backend.json") }

func (p *project) candidates(o options) []candidate {
	var all []candidate
	if o.CUDA {
		all = append(all, candidate{"CUDA 13 plugin of JAX 0.10.2", p.installCUDA})
	}
	if platform() == "linux/amd64" {
		for _, w := range wheels {
			all = append(all, candidate{w.Package + " " + w.Version, func(ctx context.Context, status func(string)) (string, error) {
				return p.installWheel(ctx, status, w)
			}})
		}
	}
	if cgo == "1" {
		all = append(all, candidate{"GoMLX's installer", p.installGoMLX})
	}
	return all
}

// chooseBackend takes the first plugin that computes what the pure-Go backend computes.
func (p *project) chooseBackend(ctx context.Context, candidates []candidate, status func(string)) (backend, error) {
	var rejected []string
	for _, c := range candidates {
		found := backend{}
		status(c.name)
		plugin, err := c.install(ctx, status)
		if err == nil {
			status("check " + c.name)
			_ = os.Remove(besidePlugin(plugin)) // chosen anew below
			found, err = p.checkBackend(ctx, "xla:"+plugin)
		}
		if err == nil && found.Kind == "xla:cpu" && platform() == "linux/amd64" {
			p.chooseConvolutions(ctx, status, plugin, &found)
		}
		if err == nil || ctx.Err() != nil {
			found.Name, found.Rejected = c.name, rejected
			return found, ctx.Err()
		}
		rejected = append(rejected, c.name+": "+clip(strings.Join(strings.Fields(err.Error()), " "), 200))
	}
	found := pureGo
	found.Rejected = rejected
	return found, nil
}

// besidePlugin is where an engine finds oneDNN.
func besidePlugin(plugin string) string {
	return filepath.Join(filepath.Dir(plugin), path.Base(oneDNN.Plugin))
}

// chooseConvolutions puts oneDNN beside the plugin if it computes what pure Go computes, and the processor gains from it.
func (p *project) chooseConvolutions(ctx context.Context, status func(string), plugin string, found *backend) {
	status("oneDNN")
	library, err := p.installWheel(ctx, status, oneDNN)
	tried := *found
	if err == nil {
		status("check oneDNN")
		tried, err = p.checkBackend(ctx, found.Env, "MNISTKIT_ONEDNN="+library)
	}
	if err == nil && tried.Gain >= 1.05 {
		if err = os.Link(library, besidePlugin(plugin)); err == nil {
			*found = tried
			return
		}
	}
	why := tried.Convolutions
	if err != nil {
		why = clip(strings.Join(strings.Fields(err.Error()), " "), 200)
	}
	found.Convolutions = "XLA itself; oneDNN was tried: " + why
	_ = os.RemoveAll(p.tools("xla", oneDNN.folder())) // 55 MB that nobody uses
}

// checkBackend has the engine multiply matrices and differentiate a convolution on a backend.
func (p *project) checkBackend(ctx context.Context, env string, variables ...string) (backend, error) {
	variables = append(backend{Env: env}.environment(), variables...)
	printed, err := output(with(p.command(ctx, p.tool("mnistkit-engine"), "check"), variables...))
	if err != nil {
		return backend{}, err
	}
	var result struct {
		backend
		OK         bool
		Backend    string
		Difference float64 `json:"max_difference"`
	}
	if err := json.Unmarshal([]byte(printed), &result); err != nil {
		return backend{}, fmt.Errorf("the engine's check answered %q", clip(printed, 80))
	}
	if !result.OK {
		return backend{}, fmt.Errorf("its results differ from pure Go by %g", result.Difference)
	}
	found := result.backend
	found.Env, found.Kind, found.MaxDifference = env, result.Backend, result.Difference
	switch {
	case found.Gain > 0:
		found.Convolutions += fmt.Sprintf(", %.1f times as fast as XLA here", found.Gain)
	case strings.Contains(found.Convolutions, "libgomp"):
		found.Convolutions = "it needs libgomp.so.1, which comes with gcc"
	}
	return found, nil
}

// chosenBackend reads what set-up chose.
func (p *project) chosenBackend() (chosen backend, err error) {
	if err = readJSON(p.backendFile(), &chosen); err != nil {
		err = fmt.Errorf("%s is missing or damaged; %s", p.backendFile(), p.setUpAgain())
	}
	return chosen, err
}

// label says in a line what computes, without the paths of this machine.
func (b backend) label() string {
	if b.Env == pureGo.Env {
		return b.Name
	}
	label := "XLA on " + strings.ToUpper(strings.TrimPrefix(b.Kind, "xla:"))
	if version := regexp.MustCompile(`v\d+\.\d+`).FindString(b.Description); version != "" {
		label += ", PJRT " + version
	}
	return fmt.Sprintf("%s (%s)", label, b.Name)
}

// wheel is a Python package that carries an XLA CPU plugin. Only the plugin is taken from it: no Python runs.
type wheel struct {
	Package, Version string
	Plugin           string // the library's path in the wheel
	SHA256           string // of the wheel
	Flags            string // for XLA, which ends the program at a flag that it does not know
}

// wheels for Linux on x86_64 with glibc 2.27 or newer, fastest first.
var wheels = []wheel{
	{"lammps-jax-pjrt-cpu", "0.11.2", "lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so",
		"1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1",
		// The fusions leave out convolutions, which are slower than XLA's own. Level 1 compiles up to a third
		// quicker, and the steps of mlp, lenet, custom1 and custom2 took the same within the noise.
		"--xla_cpu_experimental_ynn_fusion_type=individual_dot,reduce --xla_backend_optimization_level=1"},
	{"fastatomstruct-xla-cpu", "2026.6.23", "fastatomstruct_xla_cpu/libpjrt_cpu.so",
		"88b1c430b341b4bea40a37420311c9c75db6e22b46d2ff95b6986577bee6afe9", ""},
	{"xla-cpu-pjrt", "0.0.1", "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so",
		"55837b6b7b47daa717f2d9a5a03563ea0ceaa338d06a81a1e2d3f060d960decc", ""},
}

// oneDNN computes convolutions for such a plugin. Its licence is Apache 2.0.
var oneDNN = wheel{"onednn-cpu-gomp", "2023.2.0", "lib/libdnnl.so.3", "2f22a54d6a890ed14bfa185d42a4be65d8b5b1df85dc1f0f3a9abe31620416fb", ""}

// folder is where the plugin lies.
func (w wheel) folder() string { return w.Package + "-" + w.Version }

// wheelVariables make a wheel's plugin quick: XLA's flags, and a heap that keeps what it has. Otherwise
// tens of megabytes go back to the system after each step and come again with the next, page by page.
// Two arenas serve all threads: each of its own would keep the most that its part of a compilation took.
// It is empty for other plugins.
func wheelVariables(plugin string) []string {
	i := slices.IndexFunc(wheels, func(w wheel) bool { return filepath.Base(filepath.Dir(plugin)) == w.folder() })
	if i < 0 {
		return nil
	}
	variables := []string{"MALLOC_ARENA_MAX=2", "MALLOC_MMAP_MAX_=0", "MALLOC_TRIM_THRESHOLD_=8000000000", "MALLOC_TOP_PAD_=67108864"}
	if wheels[i].Flags != "" {
		variables = append(variables, "XLA_FLAGS="+wheels[i].Flags)
	}
	return variables
}

// installWheel has pip download and unpack the wheel, and keeps its plugin, unless that is there.
func (p *project) installWheel(ctx context.Context, status func(string), w wheel) (string, error) {
	plugin := p.tools("xla", w.folder(), path.Base(w.Plugin))
	if exists(plugin) {
		return plugin, nil
	}
	folder := p.tools("xla", "download")
	pinned := filepath.Join(folder, "requirements.txt")
	line := fmt.Sprintf("%s==%s --hash=sha256:%s\n", w.Package, w.Version, w.SHA256)
	if err := cmp.Or(os.RemoveAll(folder), files.Write(pinned, []byte(line))); err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	unpacked := filepath.Join(folder, "unpacked")
	into := "--target=" // leaves out what a wheel has in lib
	if strings.HasPrefix(w.Plugin, "lib/") {
		into = "--prefix="
	}
	if err := p.pipInstall(ctx, status, p.program("python"), pinned, "--no-deps", "--no-compile", into+unpacked); err != nil {
		return "", err
	}
	return plugin, files.Move(filepath.Join(unpacked, filepath.FromSlash(w.Plugin)), plugin)
}

const cudaPlugin = "xla_cuda_plugin.so"

// installCUDA installs NVIDIA's libraries beside the CUDA plugin in the virtual environment, where the plugin
// looks for them.
func (p *project) installCUDA(ctx context.Context, status func(string)) (string, error) {
	if platform() != "linux/amd64" {
		return "", fmt.Errorf("the CUDA plugin exists for linux/amd64 only, this is %s", platform())
	}
	if len(glob("/dev", "nvidia*")) == 0 {
		return "", errors.New("there is no NVIDIA device here (/dev/nvidia*)")
	}
	if err := p.pipInstall(ctx, status, p.program("python"), p.path("kernel-setup", "requirements-cuda.txt")); err != nil {
		return "", err
	}
	return lastOf(glob(p.venv(), "lib/python3*/site-packages/jax_plugins/xla_cuda13/"+cudaPlugin), "pip left no CUDA plugin in .venv")
}

// lastOf is the last of the plugins that are there, which is the newest.
func lastOf(plugins []string, none string) (string, error) {
	if len(plugins) == 0 {
		return "", errors.New(none)
	}
	return plugins[len(plugins)-1], nil
}

// cudaVariables lead a CUDA plugin to the libraries and the assembler beside it. Python would load them
// beforehand; a Go program has only the loader's path. It is empty for other plugins.
func cudaVariables(plugin string) []string {
	if filepath.Base(plugin) != cudaPlugin {
		return nil
	}
	nvidia := filepath.Join(filepath.Dir(plugin), "..", "..", "nvidia")
	return []string{
		"LD_LIBRARY_PATH=" + strings.Join(glob(nvidia, "*/lib"), string(filepath.ListSeparator)),
		"XLA_FLAGS=--xla_gpu_cuda_data_dir=" + strconv.Quote(filepath.Join(nvidia, "cu13")), // XLA reads it as Go writes it
	}
}

// installGoMLX is GoMLX's own download, for the machines that no wheel fits. It has no checksum, so the
// numeric check is all that vouches for it.
func (p *project) installGoMLX(ctx context.Context, _ func(string)) (string, error) {
	folder := p.tools("xla", "gomlx")
	if _, err := output(p.command(ctx, "go", "run", "./kernel-setup/xla-installer", folder)); err != nil {
		return "", err
	}
	const plugins = "pjrt_c_api_cpu*_plugin."
	return lastOf(append(glob(folder, plugins+"dylib"), glob(folder, plugins+"so")...), "GoMLX's installer left no plugin")
}
