package training

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	_ "gonblabs/mnistkit/engine" // linked in
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/table"
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

// noting keeps the notices of a training.
type noting struct {
	silent
	notices *[]string
}

func (n noting) Began(s fit.Start) { *n.notices = s.Notices }

// Epochs after the end of a schedule hardly train, and Fit says so.
func TestScheduleEnds(t *testing.T) {
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	var got []string
	was := Watch
	defer func() { Watch = was }()
	Watch = func(Sweep) Watcher { return noting{notices: &got} }
	r := Run{Name: "test/ends", Data: table.Iris(), Model: layer.Stack{layer.Dense(3)}, Optimizer: session.Adam(0.1).WithSchedule(session.Cosine(2).WithAlpha(0.5))}
	const want = "The schedule Cosine(2).WithAlpha(0.5) ends after 2 of 3 epochs; then the rate stays at 0.5 times that of the optimiser."
	for n, told := range map[int]bool{2: false, 3: true} {
		if _, err := r.Fit(n); err != nil || slices.Contains(got, want) != told {
			t.Errorf("Fit(%d) notes %q (%v)", n, got, err)
		}
	}
}
