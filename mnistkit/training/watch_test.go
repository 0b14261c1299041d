package training

import (
	"os"
	"path/filepath"
	"testing"
)

// A program that only trains is shown nothing.
func TestShowsNothing(t *testing.T) {
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stdout := os.Stdout
	os.Stdout = file
	defer func() { os.Stdout = stdout }()
	l := Loop{Name: "test/loop", Start: Variables{"x": {0}}}
	for range 2 { // trained, then replayed
		if h, err := l.Fit(2, func(int, Variables) (Metrics, error) { return Metrics{"loss": 1}, nil }); err != nil || len(h) != 2 {
			t.Errorf("%d epochs, %v", len(h), err)
		}
	}
	if written, err := os.ReadFile(file.Name()); err != nil || len(written) > 0 {
		t.Errorf("it wrote %q (%v)", written, err)
	}
}
