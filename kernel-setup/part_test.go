package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestPartIsMadeWhenSomethingChanged(t *testing.T) {
	p := &project{root: t.TempDir()}
	file, inputs, made := filepath.Join(p.root, "thing"), "one", 0
	thing := part{
		name:   "a thing",
		inputs: func() string { return inputs },
		makes:  []string{file},
		make: func(context.Context, func(string)) error {
			made++
			return os.WriteFile(file, nil, 0o644)
		},
	}
	finish := func(wanted int, why string) {
		t.Helper()
		if !p.fresh(thing) {
			if err := p.finish(t.Context(), thing, nil); err != nil {
				t.Fatal(err)
			}
		}
		if made != wanted {
			t.Fatalf("%s: made %d times, want %d", why, made, wanted)
		}
	}
	finish(1, "nothing is there")
	finish(1, "nothing changed")
	inputs = "two"
	finish(2, "the inputs changed")
	os.Remove(file)
	finish(3, "the file is gone")
}

func TestInterruptedPartIsMadeAgain(t *testing.T) {
	p := &project{root: t.TempDir()}
	problem := errors.New("stopped half way")
	thing := part{name: "thing", inputs: func() string { return "" }, make: func(context.Context, func(string)) error { return nil }}
	if err := p.finish(t.Context(), thing, nil); err != nil || !p.fresh(thing) {
		t.Fatalf("a finished part is not fresh: %v", err)
	}
	broken := thing
	broken.make = func(context.Context, func(string)) error { return problem }
	if err := p.finish(t.Context(), broken, nil); !errors.Is(err, problem) {
		t.Fatalf("error is %v", err)
	}
	if p.fresh(thing) {
		t.Error("a part whose making failed counts as fresh")
	}
}

func TestPartThatMayWaitForTheNetwork(t *testing.T) {
	t.Setenv("PIP_NO_INDEX", "")
	t.Setenv("PIP_INDEX_URL", "http://127.0.0.1:1")
	p := &project{root: t.TempDir()}
	there, made := false, false
	machine, network := func() error { return nil }, func() error { return checkNetwork(t.Context()) }
	thing := part{
		name: "thing", network: true, inputs: func() string { return "" },
		mayWait: func() bool { return there },
		make:    func(context.Context, func(string)) error { made = true; return nil },
	}
	if err := p.finishAll(t.Context(), []part{thing}, machine, network); err == nil {
		t.Error("without a network a part that is not there counts as made")
	}
	there = true
	if err := p.finishAll(t.Context(), []part{thing}, machine, network); err != nil {
		t.Errorf("what is there does not do without a network: %v", err)
	}
	if made {
		t.Error("it was made without a network")
	}
}

func TestLockKeepsTwoSetUpsApart(t *testing.T) {
	p := &project{root: t.TempDir()}
	unlock, err := p.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.lock(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the second lock gives %v while the first is held", err)
	}
	unlock()
	again, err := p.lock(t.Context())
	if err != nil {
		t.Fatalf("the lock is not free after unlock: %v", err)
	}
	again()
}

func TestSkip(t *testing.T) {
	reason := errors.New("there is no Chromium")
	t.Setenv("CI", "")
	if err := skip("JupyterLab in a browser", reason); err != nil {
		t.Errorf("a suite that lacks something fails: %v", err)
	}
	t.Setenv("CI", "true")
	if err := skip("JupyterLab in a browser", reason); !errors.Is(err, reason) {
		t.Errorf("in CI nothing may be left out, got %v", err)
	}
}

func TestStepsGoOnAfterAFailure(t *testing.T) {
	ran := 0
	steps := &tests{}
	for name, err := range map[string]error{"one": errors.New("no"), "two": nil, "three": errors.New("no")} {
		steps.check(t.Context(), name, func(func(string)) error { ran++; return err })
	}
	slices.Sort(steps.failed)
	err := steps.verdict()
	if ran != 3 || err == nil || err.Error() != "these tests failed: one, three" {
		t.Errorf("%d steps ran, error %v", ran, err)
	}
}
