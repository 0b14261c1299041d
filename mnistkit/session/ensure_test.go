package session

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// checkout makes a small one, whose engine prints what text says.
func checkout(t *testing.T) (root string, write func(name, text string)) {
	t.Helper()
	root = t.TempDir()
	write = func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module gonblabs\n\ngo 1.26\n")
	write("go.sum", "")
	for _, pkg := range []string{"layer", "data", "session", "files", "internal/a"} {
		write("mnistkit/"+pkg+"/a.go", "package "+filepath.Base(pkg)+"\n\nconst A = 1\n")
	}
	write("mnistkit/engine/mnistkit-engine/main.go", "package main\n\nimport \"gonblabs/mnistkit/layer\"\n\nfunc main() { println(layer.A) }\n")
	return root, write
}

// TestEnsureEngine: the program is built when it is missing or older than its
// sources, and only then.
func TestEnsureEngine(t *testing.T) {
	root, write := checkout(t)
	ensure := func() (said string, builds int) {
		t.Helper()
		path, err := EnsureEngine(root, func(line string) {
			if strings.HasPrefix(line, "mnistkit: engine program built in ") {
				builds++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(path).CombinedOutput()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out)), builds
	}
	expect := func(when, said string, builds int) {
		t.Helper()
		if gotSaid, gotBuilds := ensure(); gotSaid != said || gotBuilds != builds {
			t.Errorf("%s: %d builds, and it says %q; want %d and %q", when, gotBuilds, gotSaid, builds, said)
		}
	}
	expect("at first", "1", 1)
	expect("at once again", "1", 0)
	write("mnistkit/layer/a_test.go", "package layer\n")
	write("mnistkit/chart/b.go", "package chart\n")
	write("mnistkit/layer/notes.txt", "none")
	expect("after a change that is not its own", "1", 0)
	write("mnistkit/layer/a.go", "package layer\n\nconst A = 22\n")
	expect("after a change of a source", "22", 1)
	write("mnistkit/files/b.go", "package files\n")
	expect("after a new internal source", "22", 1)

	stamp, err := sourceStamp(root)
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(root, "mnistkit/layer/a.go")
	if err := os.Chtimes(source, time.Now(), time.Now().Truncate(time.Second).Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	expect("after a copy that changed only times", "22", 0)
	write("mnistkit/layer/a.go", "package layer\n\nconst A = \n")
	_, err = EnsureEngine(root, func(string) {})
	oneSentence(t, err, "the engine program does not build", "a.go:4:1: syntax error", "go run ./kernel-setup doctor")
	write("mnistkit/layer/a.go", "package layer\n\nconst A = 22\n")
	if again, err := sourceStamp(root); err != nil || again != stamp {
		t.Errorf("the same sources have the stamps %s and %s, %v", stamp, again, err)
	}
	expect("when the source is whole again", "22", 0)
	if files, _ := filepath.Glob(filepath.Join(root, ".tools", "bin", "*")); len(files) != 2 {
		t.Errorf("there is more than the program and its stamp: %v", files)
	}
}

// TestSharedEngine: an engine in a folder that cannot be written is taken as it is.
func TestSharedEngine(t *testing.T) {
	root, write := checkout(t)
	bin := filepath.Join(root, ".tools", "bin")
	write(".tools/bin/mnistkit-engine", "of somebody else")
	path := filepath.Join(bin, "mnistkit-engine")
	if runtime.GOOS == "windows" || os.Getuid() == 0 && exec.Command("chattr", "+i", bin).Run() != nil || os.Chmod(bin, 0o555) != nil && os.Getuid() != 0 {
		t.Skip("a folder cannot be closed here")
	}
	defer func() { _ = exec.Command("chattr", "-i", bin).Run(); _ = os.Chmod(bin, 0o755) }()
	got, err := EnsureEngine(root, func(line string) { t.Error(line) })
	if err != nil || got != path {
		t.Errorf("%q, %v", got, err)
	}
}

// TestEngineFolders: what the program is built from is looked at, all of it.
func TestEngineFolders(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("go", "list", "-deps", enginePackage)
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range strings.Fields(string(out)) {
		folder, own := strings.CutPrefix(pkg, "gonblabs/")
		if own && !slices.ContainsFunc(engineSources, func(f string) bool { return strings.HasPrefix(folder+"/", f+"/") }) {
			t.Errorf("the engine is built from %s, whose changes would not be noticed", folder)
		}
	}
}

// TestRoot: the checkout is found by the environment, or by this source.
func TestRoot(t *testing.T) {
	root, _ := checkout(t)
	t.Setenv("MNISTKIT_ROOT", root)
	if got, err := Root(); err != nil || got != root {
		t.Errorf("%q, %v", got, err)
	}
	t.Setenv("MNISTKIT_ROOT", t.TempDir())
	_, err := Root()
	oneSentence(t, err, "the sources of mnistkit are not at", "set MNISTKIT_ROOT", "import gonblabs/mnistkit/engine")
	t.Setenv("MNISTKIT_ROOT", "")
	got, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(got, "mnistkit", "session", "ensure_test.go")); err != nil {
		t.Error(err)
	}
	_, err = EnsureEngine(t.TempDir(), func(string) {})
	oneSentence(t, err, "is not whole", "go.mod")
}

// TestChosenBackend: the environment, else what set-up chose, else pure Go.
func TestChosenBackend(t *testing.T) {
	root, write := checkout(t)
	t.Setenv("MNISTKIT_ROOT", root)
	t.Setenv("GOMLX_BACKEND", "")
	if got := ChosenBackend(); got != "go" {
		t.Errorf("without a choice: %q", got)
	}
	write(".tools/xla/backend.json", `{"name": "xla", "env": "xla:/plugin.so"}`)
	if got := ChosenBackend(); got != "xla:/plugin.so" {
		t.Errorf("set-up's choice: %q", got)
	}
	write(".tools/xla/backend.json", `{"env": `)
	if got := ChosenBackend(); got != "go" {
		t.Errorf("a damaged choice: %q", got)
	}
	t.Setenv("GOMLX_BACKEND", "xla:other")
	if got := ChosenBackend(); got != "xla:other" {
		t.Errorf("the environment: %q", got)
	}
}
