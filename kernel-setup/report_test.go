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
