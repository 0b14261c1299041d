package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonblabs/mnistkit/files"
)

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
	if err := os.RemoveAll(folder); err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	pinned := filepath.Join(folder, "requirements.txt")
	line := fmt.Sprintf("%s==%s --hash=sha256:%s\n", w.Package, w.Version, w.SHA256)
	if err := files.Write(pinned, []byte(line)); err != nil {
		return "", err
	}
	unpacked := filepath.Join(folder, "unpacked")
	if err := p.pipInstall(ctx, status, p.program("python"), pinned, "--no-deps", "--no-compile", "--target="+unpacked); err != nil {
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
	if err := p.pipInstall(ctx, status, p.program("python"), p.requirements("requirements-cuda.txt")); err != nil {
		return "", err
	}
	found := glob(p.venv(), "lib/python3*/site-packages/jax_plugins/xla_cuda13/"+cudaPlugin)
	if len(found) == 0 {
		return "", errors.New("pip left no CUDA plugin in .venv")
	}
	return found[0], nil
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
	return output(p.command(ctx, "go", "run", "./kernel-setup/xla-installer", p.tools("xla", "gomlx")))
}
