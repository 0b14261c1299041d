package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonblabs/mnistkit/files"
)

func TestOverlayChangesOnlyWhatIsAsked(t *testing.T) {
	p := trialProject(t)
	chosen := backend{Env: "xla:/plugin.so", Kind: "xla:cpu"}
	spec := p.newKernelSpec(toolchain{Root: "/go"}, chosen)
	if err := writeJSON(p.kernelSpec(), spec); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := p.overlayKernel(folder, []string{"-raw_error"}, "MNISTKIT_RUNS=/elsewhere"); err != nil {
		t.Fatal(err)
	}
	var got kernelSpec
	if err := readJSON(filepath.Join(folder, "kernels", "gonb", "kernel.json"), &got); err != nil {
		t.Fatal(err)
	}
	spec.Argv = append(spec.Argv, "-raw_error")
	spec.Env["MNISTKIT_RUNS"] = "/elsewhere"
	if !reflect.DeepEqual(got, spec) {
		t.Errorf("the overlay is\n%+v\nwant\n%+v", got, spec)
	}
}

func TestKernelSpecFixesTheEnvironment(t *testing.T) {
	p := &project{root: "/labs"}
	spec := p.newKernelSpec(toolchain{"/go", "/modules", "go1", "/builds"}, backend{Env: "xla:/plugin.so"})
	if spec.Argv[0] != "/labs/.tools/bin/kernel" {
		t.Errorf("argv is %q", spec.Argv)
	}
	for name, want := range map[string]string{
		"GOMLX_BACKEND": "xla:/plugin.so", "GOMLX_NO_AUTO_INSTALL": "1", "GOPROXY": "off", "GOWORK": "",
		"KERNEL_GO": "/go/bin", "KERNEL_GOMODCACHE": "/modules", "KERNEL_GOCACHE": "/builds",
	} {
		if got, set := spec.Env[name]; !set || got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"PATH", "MNISTKIT_RUNS"} { // whoever starts the kernel has these
		if got, set := spec.Env[name]; set {
			t.Errorf("%s is %q", name, got)
		}
	}
	spec.setEnv("MNISTKIT_RUNS=/it's $HOME") // Jupyter reads $$ as a dollar
	if got := spec.Env["MNISTKIT_RUNS"]; got != "/it's $$HOME" {
		t.Errorf("MNISTKIT_RUNS is %s", got)
	}
}

// oddFolder is a folder whose name has a meaning in go.work, in a shell, in a pattern and in Jupyter.
func oddFolder(t *testing.T) string {
	folder := filepath.Join(t.TempDir(), "it's (a) [lab] $HOME")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestCellsBuildInAnyFolder(t *testing.T) {
	p := &project{root: oddFolder(t)}
	p.useEnvironment(t)
	for name, contents := range map[string]string{
		"go.mod": "module gonblabs\n\ngo 1.26\n", "lab/lab.go": "package lab\n", "notebooks/00-start.ipynb": "{}",
	} {
		if err := files.Write(p.path(name), []byte(contents)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(p.tools(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := p.tryCell(t.Context(), []string{"gonblabs/lab"}, "go", "build", "-o", "cell", "."); err != nil {
		t.Error(err)
	}
	if found, err := p.notebooks(); err != nil || len(found) != 1 || found[0] != p.path("notebooks", "00-start.ipynb") {
		t.Errorf("the notebooks are %q, %v", found, err)
	}
	if err := p.checkFolder(); err != nil {
		t.Error(err)
	}
	for _, root := range []string{"/a, b", "/a" + string(filepath.ListSeparator) + "b"} {
		if err := (&project{root: root}).checkFolder(); err == nil || !strings.Contains(err.Error(), "rename or move the folder") {
			t.Errorf("%s gives %v", root, err)
		}
	}
}

// useEnvironment is cleanEnvironment until the test's end.
func (p *project) useEnvironment(t *testing.T) {
	for name := range p.environment() {
		t.Setenv(name, os.Getenv(name)) // put back at the end
	}
	p.cleanEnvironment()
}

func TestCleanEnvironment(t *testing.T) {
	for name, value := range map[string]string{
		"GOFLAGS": "-mod=mod", "GOWORK": "/other/go.work", "GOMLX_BACKEND": "go", "PYTHONPATH": "/x", "JUPYTER_PATH": "/x",
	} {
		t.Setenv(name, value)
	}
	p := &project{root: "/labs"}
	p.useEnvironment(t)
	for name, want := range map[string]string{
		"GOFLAGS": goFlags, "GOWORK": "off", "GOMLX_BACKEND": "", "PYTHONPATH": "", "JUPYTER_PATH": "",
		"JUPYTER_CONFIG_DIR": "/labs/.tools/jupyter/config",
	} {
		if got := os.Getenv(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestBackendLabel(t *testing.T) {
	tests := []struct {
		backend backend
		want    string
	}{
		{pureGo, "GoMLX's pure-Go backend"},
		{backend{Env: "xla:/p.so", Kind: "xla:cpu", Name: "wheel 1.2", Description: "/home/me/p.so - PJRT plugin v0.115"},
			"XLA on CPU, PJRT v0.115 (wheel 1.2)"},
	}
	for _, test := range tests {
		if got := test.backend.label(); got != test.want {
			t.Errorf("label is %q, want %q", got, test.want)
		}
	}
}

func TestCUDAVariables(t *testing.T) {
	packages := oddFolder(t)
	if err := os.MkdirAll(filepath.Join(packages, "nvidia", "cudnn", "lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	got := cudaVariables(filepath.Join(packages, "jax_plugins", "xla_cuda13", cudaPlugin))
	want := []string{
		"LD_LIBRARY_PATH=" + filepath.Join(packages, "nvidia", "cudnn", "lib"),
		`XLA_FLAGS=--xla_gpu_cuda_data_dir="` + filepath.Join(packages, "nvidia", "cu13") + `"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("a CUDA plugin gets %q, want %q", got, want)
	}
	if got := cudaVariables("/wheel/pjrt_c_api_cpu_plugin.so"); len(got) > 0 {
		t.Errorf("a CPU plugin gets %v", got)
	}
}

// TestInstallWheel: of a wheel only the plugin stays.
func TestInstallWheel(t *testing.T) {
	python, err := findPython()
	if err == nil {
		python, err = output(exec.Command(python, "-c", "import pip, sys; print(sys.executable)"))
	}
	if err != nil {
		t.Skip("this Python has no pip of its own")
	}
	p := &project{root: t.TempDir()}
	if err := os.MkdirAll(filepath.Dir(p.program("python")), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(python, p.program("python")); err != nil {
		t.Skip("no links here:", err)
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for name, contents := range map[string]string{
		"pkg/plugin.so": "machine code", "pkg/other": "x", "pkg-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n",
		"pkg-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n", "pkg-1.0.dist-info/RECORD": "",
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(contents)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	wheels := t.TempDir()
	if err := os.WriteFile(filepath.Join(wheels, "pkg-1.0-py3-none-any.whl"), archive.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", wheels)
	sum := fmt.Sprintf("%x", sha256.Sum256(archive.Bytes()))
	place := func(plugin, sha256 string) (string, error) {
		return p.installWheel(t.Context(), func(string) {}, wheel{Package: "pkg", Version: "1.0", Plugin: plugin, SHA256: sha256})
	}
	if _, err := place("pkg/plugin.so", strings.Repeat("0", 64)); err == nil || !strings.Contains(err.Error(), "DO NOT MATCH THE HASHES") {
		t.Errorf("another wheel's sha256 gives %v", err)
	}
	if _, err := place("pkg/missing.so", sum); err == nil || !strings.Contains(err.Error(), "missing.so") {
		t.Errorf("error is %v", err)
	}
	plugin, err := place("pkg/plugin.so", sum)
	if err != nil || plugin != p.tools("xla", "pkg-1.0", "plugin.so") {
		t.Fatalf("%s, %v", plugin, err)
	}
	if got, _ := os.ReadFile(plugin); string(got) != "machine code" {
		t.Errorf("unpacked %q", got)
	}
	if left := glob(p.tools("xla"), "*"); len(left) != 1 {
		t.Errorf("left behind: %q", left)
	}
}

func TestWheelVariables(t *testing.T) {
	for plugin, want := range map[string]string{
		"/labs/.tools/xla/lammps-jax-pjrt-cpu-0.11.2/pjrt_c_api_cpu_plugin.so": "XLA_FLAGS=" + wheels[0].Flags,
		"/labs/.tools/xla/xla-cpu-pjrt-0.0.1/xla_cpu_pjrt.so":                  "",
	} {
		got := wheelVariables(plugin)
		flags := slices.DeleteFunc(slices.Clone(got), func(variable string) bool { return !strings.HasPrefix(variable, "XLA_FLAGS=") })
		if strings.Join(flags, "") != want || !slices.Contains(got, "MALLOC_MMAP_MAX_=0") {
			t.Errorf("%s: %v", plugin, got)
		}
	}
	if got := wheelVariables("/elsewhere/pjrt_c_api_cpu_plugin.so"); got != nil {
		t.Errorf("a plugin of unknown origin gets %v; it may not know XLA's flags", got)
	}
}

// TestChooseConvolutions: oneDNN lies beside the plugin where it is right and quick, and nowhere else.
func TestChooseConvolutions(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the engine is a script of sh")
	}
	for answer, want := range map[string]string{
		`"ok": true, "convolutions": "oneDNN 3", "gain": 1.3`:                "oneDNN 3, 1.3 times as fast as XLA here",
		`"ok": true, "convolutions": "oneDNN 3", "gain": 1.01`:               "XLA itself; oneDNN was tried: oneDNN 3, 1.0 times as fast as XLA here",
		`"ok": false, "max_difference": 0.5, "gain": 2`:                      "XLA itself; oneDNN was tried: its results differ from pure Go by 0.5",
		`"ok": true, "convolutions": "libgomp.so.1: cannot open", "gain": 0`: "XLA itself; oneDNN was tried: it needs libgomp.so.1, which comes with gcc",
	} {
		p := &project{root: t.TempDir()}
		plugin, library := p.tools("xla", "wheel-1", "plugin.so"), p.tools("xla", oneDNN.folder(), "libdnnl.so.3")
		script := "#!/bin/sh\ncase $MNISTKIT_ONEDNN in *libdnnl.so.3) echo '{" + answer + "}';; esac\n"
		for name, contents := range map[string]string{plugin: "", library: "code", p.tool("mnistkit-engine"): script} {
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(contents), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		found := backend{Env: "xla:" + plugin, Kind: "xla:cpu"}
		p.chooseConvolutions(t.Context(), func(string) {}, plugin, &found)
		taken := strings.HasPrefix(want, "oneDNN")
		if found.Convolutions != want || exists(besidePlugin(plugin)) != taken || exists(library) != taken {
			t.Errorf("after %s it says %q, beside the plugin: %v, left: %v", answer, found.Convolutions, exists(besidePlugin(plugin)), exists(library))
		}
	}
}
