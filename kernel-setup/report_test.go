package main

import (
	"runtime"
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
