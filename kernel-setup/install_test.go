package main

import (
	"cmp"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"gonblabs/mnistkit/files"
)

// trialInstallation is one with a tree, as makeTree leaves it, that is small.
func trialInstallation(t *testing.T) (i installation, tree *project) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no installation for many users")
	}
	dir := t.TempDir()
	i = installation{prefix: filepath.Join(dir, "opt", "course"), Kernel: filepath.Join(dir, "jupyter", "kernels", "gonb2", "kernel.json"), Link: filepath.Join(dir, "bin", "gonblabs")}
	return i, trialTree(t, i, "20260102-030405")
}

func trialTree(t *testing.T, i installation, name string) *project {
	t.Helper()
	tree := &project{root: i.path(name)}
	spec := tree.newKernelSpec(toolchain{Root: tree.tools("go")}, pureGo)
	err := cmp.Or(writeJSON(i.record(), i), files.Write(tree.tools("src", "gonb", "internal", "kernel", "Go_gopher_favicon.svg"), []byte("<svg/>")),
		tree.installKernel(tree.kernelSpec(), spec),
		files.Write(tree.tool("kernel-setup"), []byte("the program")), files.Write(i.path(".lock"), nil))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// left are the files below a folder.
func left(folder string) (names []string) {
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, path)
		}
		return nil
	})
	return names
}

// Users have one version or the other at each moment, under the same command and kernel; uninstall leaves nothing.
func TestTakeAndRemove(t *testing.T) {
	i, first := trialInstallation(t)
	for _, tree := range []*project{first, trialTree(t, i, "20270102-030405")} {
		if err := cmp.Or(i.check(), i.take(tree)); err != nil {
			t.Fatal(err)
		}
		if got := target(i.Kernel); got != tree.tool("kernel") {
			t.Errorf("the kernel is %s, want that of %s", got, tree.root)
		}
		if said, err := os.ReadFile(i.Link); err != nil || string(said) != "the program" {
			t.Errorf("the command does not lead to the program: %v", err)
		}
		if real, err := filepath.EvalSymlinks(i.Link); err != nil || !strings.HasPrefix(real, tree.root) {
			t.Errorf("the command is %s, %v; want that of %s", real, err, tree.root)
		}
	}
	var spec kernelSpec
	if err := readJSON(i.Kernel, &spec); err != nil || spec.DisplayName != "Go (gonb2)" {
		t.Errorf("the kernel is called %q, %v", spec.DisplayName, err)
	}
	second := i.path(target(i.path("current")))
	if err := i.removeTrees(second, target(i.Kernel)); err != nil || exists(first.root) || !exists(second) {
		t.Errorf("the next version keeps %s: %t, and %s: %t; %v", first.root, exists(first.root), second, exists(second), err)
	}
	top := filepath.Dir(filepath.Dir(i.prefix))
	if err := i.remove(); err != nil || len(left(top)) > 0 {
		t.Errorf("%v; left are %q", err, left(top))
	}
	if _, err := os.Stat(i.prefix); err == nil {
		t.Error("the folder is left")
	}
	if err := i.remove(); err == nil || !strings.Contains(err.Error(), "is no installation of the course") {
		t.Errorf("removed twice: %v", err)
	}
}

// An install or uninstall that was killed at any step is done by the same command; what others put there stays.
func TestInterrupted(t *testing.T) {
	for step := range 4 {
		i, tree := trialInstallation(t)
		if err := i.take(tree); err != nil {
			t.Fatal(err)
		}
		for _, gone := range []string{tree.root, i.Kernel, i.Link, i.path("current")}[:step] {
			if err := os.RemoveAll(gone); err != nil {
				t.Fatal(err)
			}
		}
		mine := i.path("mine.txt")
		if err := cmp.Or(i.check(), files.Write(mine, nil), i.check(), i.remove()); err != nil {
			t.Errorf("after %d steps: %v", step, err)
		}
		if got := left(filepath.Dir(filepath.Dir(i.prefix))); len(got) != 1 || got[0] != mine {
			t.Errorf("after %d steps there is %q", step, got)
		}
	}
}

// Nothing is written over, or removed, that is not ours.
func TestInstallRefuses(t *testing.T) {
	refused := func(want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	i, tree := trialInstallation(t)
	if err := i.take(tree); err != nil {
		t.Fatal(err)
	}
	other := i
	other.Kernel += "b"
	refused("has the kernel "+i.Kernel+"; uninstall it first", other.check())
	other = i
	other.prefix += "-b"
	refused(i.Kernel+" is there already, and leads to \""+tree.tool("kernel"), other.check())
	other.Kernel += "b"
	refused(i.Link+" is there already", other.check())
	other.Link = ""
	if err := other.check(); err != nil {
		t.Errorf("beside another: %v", err)
	}
	foreign := filepath.Join(t.TempDir(), "a", "file")
	if err := files.Write(foreign, nil); err != nil {
		t.Fatal(err)
	}
	other.prefix = filepath.Dir(foreign)
	refused("is no installation of the course; choose another folder", other.check())
	refused("is no installation of the course; name its folder", other.remove())

	// A record that leads elsewhere removes nothing there.
	forged := installation{prefix: filepath.Join(t.TempDir(), "forged"), Kernel: i.Kernel, Link: i.Link}
	before := len(left(filepath.Dir(filepath.Dir(i.prefix))))
	if err := cmp.Or(writeJSON(forged.record(), forged), forged.remove()); err != nil {
		t.Fatal(err)
	}
	if after := len(left(filepath.Dir(filepath.Dir(i.prefix)))); after != before {
		t.Errorf("%d files of another installation are gone", before-after)
	}
	named := (&project{}).installationFlags(flag.NewFlagSet("install", flag.ContinueOnError))
	if _, err := named(); os.Geteuid() != 0 {
		refused("belongs to root", err)
	}
	flags := flag.NewFlagSet("install", flag.ContinueOnError)
	named = (&project{}).installationFlags(flags)
	if err := flags.Parse([]string{"--user", "--name", "../gonb"}); err != nil {
		t.Fatal(err)
	}
	_, err := named()
	refused(`--name "../gonb" is no name of a kernel`, err)
}

// A folder that only its owner enters holds no Python for other users.
func TestClosedFolders(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other permissions")
	}
	home := filepath.Join(t.TempDir(), "home")
	if err := os.MkdirAll(filepath.Join(home, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(home, 0o750); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(home, "bin"), link); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]bool{filepath.Join(home, "bin"): true, link: true, "/usr/bin": false, "/none": false, "relative": false} {
		if got := closed(folder); got != want {
			t.Errorf("%s is closed: %t", folder, got)
		}
	}
}

// What git tracks is in an installation.
func TestCourseIsWhole(t *testing.T) {
	tracked, err := exec.Command("git", "-C", "..", "ls-tree", "--name-only", "HEAD").Output()
	if err != nil {
		t.Skip("this is no clone: ", err)
	}
	if got := strings.Fields(string(tracked)); !strings.EqualFold(strings.Join(withoutHidden(got), " "), strings.Join(course, " ")) {
		t.Errorf("git tracks %q, an installation has %q", got, course)
	}
}

func withoutHidden(names []string) (shown []string) {
	for _, name := range names {
		if !strings.HasPrefix(name, ".") {
			shown = append(shown, name)
		}
	}
	return shown
}

// Who only reads the course works at home, and is told what only its owner can do.
func TestSharedCourse(t *testing.T) {
	p := trialProject(t)
	home := t.TempDir()
	p.home = home
	for _, name := range []string{"MNISTKIT_RUNS", "KERNEL_SETUP_WORK", "KERNEL_SETUP_JUPYTER"} {
		t.Setenv(name, "")
	}
	t.Setenv("PATH", os.Getenv("PATH")) // which setUp changes
	for what, path := range map[string]string{"runs": p.runs(), "copies": p.work("notebooks"), "Jupyter's files": p.jupyterFolder("config"), "options": p.optionsFile(), "completion": p.goplsEnvironment()[1]} {
		if !strings.Contains(path, home) || strings.Contains(path, p.root) {
			t.Errorf("%s are in %s", what, path)
		}
	}
	if _, err := p.renewCopies(); err != nil || !exists(filepath.Join(home, "work", "notebooks", "00-start-here.ipynb")) {
		t.Errorf("no copies: %v", err)
	}
	if err := p.setUp(t.Context(), options{}); err == nil || !strings.Contains(err.Error(), "; ask whoever installed") {
		t.Error(err)
	}
	for _, path := range []string{p.kernelSpec(), p.tool("mnistkit-engine"), p.tools("options.json")} {
		if err := files.Write(path, []byte(`{"CUDA": true}`)); err != nil {
			t.Fatal(err)
		}
	}
	if o := p.savedOptions(); !o.CUDA {
		t.Error("what the installer chose is not known")
	}
	if err := p.setUp(t.Context(), options{board: true}); err == nil || !strings.Contains(err.Error(), "has no TensorBoard") {
		t.Error(err)
	}
	if err := p.setUp(t.Context(), options{CUDA: true}); err == nil || !strings.Contains(err.Error(), "has no CUDA; ask whoever") {
		t.Error(err)
	}
	before := len(left(p.root))
	if err := p.setUp(t.Context(), options{}); err != nil || len(left(p.root)) != before {
		t.Errorf("%v; %d files became %d", err, before, len(left(p.root)))
	}
}

// TestRefusedFlagsRemoveNothing: an uninstall that is refused leaves the installation in whose folder it was typed.
func TestRefusedFlagsRemoveNothing(t *testing.T) {
	i := installation{prefix: t.TempDir(), Kernel: filepath.Join(t.TempDir(), "kernels", "gonb", "kernel.json")}
	if err := writeJSON(i.record(), i); err != nil {
		t.Fatal(err)
	}
	t.Chdir(i.prefix)
	p := &project{root: t.TempDir()}
	fs := flag.NewFlagSet("uninstall", flag.ContinueOnError)
	act := uninstallVerb(p, fs)
	if err := fs.Parse([]string{"--name", "No name"}); err != nil {
		t.Fatal(err)
	}
	if err := act(t.Context(), nil); err == nil {
		t.Error("a wrong name is taken")
	}
	if !exists(i.record()) {
		t.Error("the installation is gone")
	}
}
