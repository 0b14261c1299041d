package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonblabs/mnistkit/runs"
)

func TestCleanOldRemovesOnlyOldRuns(t *testing.T) {
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
	mine, tool := filepath.Join(p.runs(), "mnist", "mlp", "run.json"), p.tools("bin", "gonb")
	write(t, mine, "{}")
	write(t, tool, "")
	flags := flag.NewFlagSet("clean", flag.ContinueOnError)
	act := cleanVerb(p, flags)
	if err := flags.Parse([]string{"--old"}); err != nil {
		t.Fatal(err)
	}
	clean := func() string {
		t.Helper()
		return printed(t, func() error { return act(t.Context(), nil) })
	}
	if said := clean(); !strings.Contains(said, "removed .old        15 kB") || exists(filepath.Join(p.runs(), ".old")) || !exists(mine) || !exists(tool) {
		t.Errorf("clean --old says\n%s", said)
	}
	if again := clean(); !strings.Contains(again, "0 kB are free again") {
		t.Errorf("without old runs it says\n%s", again)
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
