package main

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

func TestWeb(t *testing.T) {
	p := &project{root: t.TempDir()}
	git := func(arguments ...string) {
		t.Helper()
		if said, err := exec.Command("git", append([]string{"-C", p.root}, arguments...)...).CombinedOutput(); err != nil {
			t.Skipf("git: %v %s", err, said)
		}
	}
	git("init", "-q")
	if web := p.web(t.Context()); web != "" {
		t.Errorf("without an origin its pages are at %s", web)
	}
	git("remote", "add", "origin", "none")
	const want = "https://git.example.com/ada/labs/blob/HEAD/"
	for origin, want := range map[string]string{
		"https://git.example.com/ada/labs.git":        want,
		"https://git.example.com/ada/labs/":           want,
		"https://ada:secret@git.example.com/ada/labs": want,
		"git@git.example.com:ada/labs.git":            want,
		"ssh://git@git.example.com:2222/ada/labs.git": want,
		"/home/ada/labs.git":                          "",
		"../labs":                                     "",
		`C:\ada\labs`:                                 "",
		"file:///home/ada/labs":                       "",
	} {
		git("remote", "set-url", "origin", origin)
		if web := p.web(t.Context()); web != want {
			t.Errorf("the pages of %s are at %q, want %q", origin, web, want)
		}
	}
}

func TestOldPrintsGo(t *testing.T) {
	out := t.TempDir()
	for _, name := range []string{"01-mine.pdf", "02-other.pdf"} {
		write(t, filepath.Join(out, name), "%PDF")
	}
	done := []execution{{Name: "01-mine"}, {Name: "03-new"}}
	removeOldPrints(done, reportOptions{out: out, pdf: true})
	if len(glob(out, "*.pdf")) != 2 {
		t.Error("what was just printed is removed")
	}
	removeOldPrints(done, reportOptions{out: out})
	if left := glob(out, "*.pdf"); len(left) != 1 || filepath.Base(left[0]) != "02-other.pdf" {
		t.Errorf("left are %q", left)
	}
}

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
