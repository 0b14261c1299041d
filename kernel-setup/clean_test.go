package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonblabs/mnistkit/runs"
)

func TestCleanOldRemovesOnlyOldRunsAndOnlyIfToldTo(t *testing.T) {
	p := &project{root: t.TempDir()}
	t.Setenv("MNISTKIT_RUNS", p.path("kept elsewhere"))
	for _, name := range []string{"mnist/mlp", "mnist/mlp", "loop"} {
		dir, err := runs.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir.Path("run.json"), "{}")
		write(t, dir.Path("last", "weights"), strings.Repeat("x", 5000))
		if _, err := dir.Archive(); err != nil {
			t.Fatal(err)
		}
	}
	mine := filepath.Join(p.runs(), "mnist", "mlp", "run.json")
	write(t, mine, "{}")
	script, err := os.Open(mine) // no terminal
	if err != nil {
		t.Fatal(err)
	}
	defer script.Close()
	clean := func(yes bool) string {
		t.Helper()
		return printed(t, func() error { return p.cleanOld(yes, script) })
	}
	listed := clean(false)
	if strings.Count(listed, "mnist/mlp-2") != 2 || !strings.Contains(listed, "loop-2") || !strings.Contains(listed, ": 3, of 15 kB together") {
		t.Errorf("it lists\n%s", listed)
	}
	if again := clean(true); strings.Count(again, " 5 kB") != 3 || !strings.Contains(again, "15 kB are free again") {
		t.Errorf("without --yes some are gone:\n%s", again)
	}
	if left := clean(false); !strings.Contains(left, ": 0, of 0 kB") || !exists(mine) {
		t.Errorf("what is left is\n%s", left)
	}
}

// printed is what work prints.
func printed(t *testing.T, work func() error) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stdout := os.Stdout
	os.Stdout = file
	err = work()
	os.Stdout = stdout
	if err != nil {
		t.Fatal(err)
	}
	return read(t, file.Name())
}
