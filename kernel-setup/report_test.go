package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestAtATime(t *testing.T) {
	both := min(2, runtime.GOMAXPROCS(0))
	for _, c := range []struct {
		kind string
		save bool
		want int
	}{
		{"xla:cpu", false, both},
		{"go", false, both},
		{"xla:cpu", true, 1},
		{"xla:cuda", false, 1},
	} {
		if got := atATime(c.kind, c.save); got != c.want {
			t.Errorf("%s, save %t: %d notebooks at a time, want %d", c.kind, c.save, got, c.want)
		}
	}
}

// TestTemporary: what a killed program left goes, whether it had a lock or is of an older version; what is held stays.
func TestTemporary(t *testing.T) {
	p := &project{root: t.TempDir()}
	mine, done, err := p.temporary(t.Context(), "report")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"report-1/held", "report-2/kernels/kernel.json", "report-old/mine", "doctor-3/mine"} {
		if err := os.MkdirAll(filepath.Dir(p.tools(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p.tools(name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	other, doneToo, err := p.temporary(t.Context(), "report")
	if err != nil || other == mine || !exists(mine) || !exists(other) {
		t.Fatalf("%s and %s, %v", mine, other, err)
	}
	done()
	doneToo()
	left, err := filepath.Glob(p.tools("*-*"))
	if want := p.tools("doctor-3") + " " + p.tools("report-old"); err != nil || strings.Join(left, " ") != want {
		t.Errorf("%v is left (%v), want %s", left, err, want)
	}
}

func TestShortcomings(t *testing.T) {
	if err := shortcomings([]execution{{Name: "fine", Cells: 3}}); err != nil {
		t.Error(err)
	}
	err := shortcomings([]execution{{Name: "a", Failed: 2, Problems: []string{"x is gone; y"}}, {Name: "fine"}, {Name: "b", Problems: []string{"z"}}})
	want := "these notebooks or their pages are not whole:\n  a stopped at code cell 2\n  a: x is gone; y\n  b: z"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
