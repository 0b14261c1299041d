package main

import (
	"archive/zip"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"

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

func (w wheel) name() string { return w.Package + " " + w.Version }

// folder is where the plugin lies.
func (w wheel) folder() string { return w.Package + "-" + w.Version }

// wheelVariables make a wheel's plugin quick: XLA's flags, and a heap that keeps what it has. Otherwise
// tens of megabytes go back to the system after each step and come again with the next, page by page.
// Two arenas serve all threads: each of its own would keep the most that its part of a compilation took.
// It is empty for other plugins.
func wheelVariables(plugin string) map[string]string {
	for _, w := range wheels {
		if filepath.Base(filepath.Dir(plugin)) != w.folder() {
			continue
		}
		variables := map[string]string{
			"MALLOC_ARENA_MAX":       "2",
			"MALLOC_MMAP_MAX_":       "0",
			"MALLOC_TRIM_THRESHOLD_": "8000000000",
			"MALLOC_TOP_PAD_":        "67108864",
		}
		if w.Flags != "" {
			variables["XLA_FLAGS"] = w.Flags
		}
		return variables
	}
	return nil
}

func (p *project) wheelCandidate(w wheel) candidate {
	return candidate{w.name(), func(ctx context.Context, status func(string)) (string, error) {
		return p.placeWheel(ctx, w)
	}}
}

// placeWheel downloads the wheel and unpacks the plugin, unless it is there.
func (p *project) placeWheel(ctx context.Context, w wheel) (string, error) {
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
	_, err := output(p.python(ctx, "-m", "pip", "download",
		"--disable-pip-version-check", "--no-input", "--progress-bar=off", "--quiet",
		"--no-deps", "--only-binary=:all:", "--require-hashes", "-r", pinned, "-d", folder))
	if err != nil {
		return "", err
	}
	found := glob(folder, "*.whl")
	if len(found) != 1 {
		return "", fmt.Errorf("pip left %d wheels of %s instead of one", len(found), w.Package)
	}
	return plugin, unpack(found[0], w.Plugin, plugin)
}

// unpack takes one file out of a zip archive.
func unpack(archive, name, to string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer z.Close()
	from, err := z.Open(name)
	if err != nil {
		return fmt.Errorf("%s does not hold %s", filepath.Base(archive), name)
	}
	defer from.Close()
	return files.Copy(to, from)
}

// installerCandidate is GoMLX's own download, for the machines that no wheel fits. It has no checksum,
// so the numeric check is all that vouches for it.
func (p *project) installerCandidate() candidate {
	return candidate{"GoMLX's installer", func(ctx context.Context, status func(string)) (string, error) {
		return output(p.command(ctx, "go", "run", "./kernel-setup/xla-installer", p.tools("xla", "gomlx")))
	}}
}
