package mnistkit

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestComplaint(t *testing.T) {
	got := complaint(errors.New("lenet.Fit: no data"), "must.M1(lenet.Fit(20))")
	if want := "✗ lenet.Fit: no data\n  in: must.M1(lenet.Fit(20))"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := complaint(errors.New("no data"), ""); got != "✗ no data" {
		t.Errorf("without a line: %q", got)
	}
}

func TestSourceLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte("a\n\tb()\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{1: "a", 2: "b()", 0: "", 9: ""} {
		if got := sourceLine(file, n); got != want {
			t.Errorf("line %d is %q, want %q", n, got, want)
		}
	}
	if got := sourceLine(file+"x", 1); got != "" {
		t.Errorf("a file that is not there gives %q", got)
	}
}
