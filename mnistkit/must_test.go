package mnistkit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"gonblabs/mnistkit/training"
)

// What tests from outside the package need.
var (
	BlockOf = blockOf
	Made    = made
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

// inNotebook makes the verbs tell their errors as in a notebook; written is what
// they told so far.
func inNotebook(t *testing.T) (written func() string) {
	t.Helper()
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	t.Setenv("MNISTKIT_DATA", "bundled")
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	was, stderr := training.Tell, os.Stderr
	training.Tell, os.Stderr = tell, file
	t.Cleanup(func() { training.Tell, os.Stderr = was, stderr; file.Close() })
	return func() string {
		b, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
}

// only is the error of a verb.
func only[T any](_ T, err error) error { return err }

// Every verb tells its failure once, whatever hands it on.
func TestVerbsTellTheirFailures(t *testing.T) {
	r, bad, loop := Run{Name: "test/never", Data: MNIST()}, Run{Name: "../x"}, Loop{Name: "../x"}
	for name, verb := range map[string]func() error{
		"Run.Fit":         func() error { return only(r.Fit(1)) },
		"Run.Evaluate":    func() error { return only(r.Evaluate(MNIST().Test())) },
		"Run.Predict":     func() error { return only(r.Predict(MNIST().Test())) },
		"Run.Summary":     func() error { return only(r.Summary()) },
		"Run.Weights":     func() error { return only(r.Weights()) },
		"Run.Save":        func() error { return r.Save("x") },
		"Run.Encode":      func() error { return only(r.Encode()) },
		"Run.Latest":      func() error { return only(r.Latest()) },
		"Run.Augmented":   func() error { return only(r.Augmented(2, 2)) },
		"Run.Checkpoints": func() error { return only(bad.Checkpoints()) },
		"Run.History":     func() error { return only(bad.History()) },
		"Run.Reset":       func() error { return bad.Reset() },
		"Loop.Fit":        func() error { return only(loop.Fit(1, nil)) },
		"Loop.Reset":      func() error { return loop.Reset() },
		"Loop.History":    func() error { return only(loop.History()) },
		"Loop.Variables":  func() error { return only(loop.Variables()) },
		"Sweep.Fit":       func() error { return Sweep{r}.Fit(1) },
		"Sweep.Evaluate":  func() error { return only(Sweep{r}.Evaluate(MNIST().Test())) },
		"Sweep.Predict":   func() error { return only(Sweep{}.Predict(MNIST().Test())) },
		"Load":            func() error { return only(Load("test/never")) },
		"Open":            func() error { return only(Open("nowhere.mnistkit")) },
		"FindRate":        func() error { return only(FindRate(r)) },
		"Ensemble":        func() error { return only(Ensemble("none")) },
		"Pictures":        func() error { return only(Pictures("nowhere.png")) },
		"Pictures, asked": func() error { return only(r.Predict(Pictures("nowhere.png"))) },
	} {
		written := inNotebook(t)
		err := verb()
		if err == nil || !errors.As(err, &told{}) {
			t.Errorf("%s: %v is not told", name, err)
			continue
		}
		_ = tell(err) // as must and Show do
		if got := written(); strings.Count(got, "✗ ") != 1 || strings.Contains(name, ",") != (got != complaint(err, "")+"\n") {
			t.Errorf("%s: %v was told as %q", name, err, got)
		}
	}
	var stopped error = told{ErrStopped}
	if !errors.Is(stopped, ErrStopped) || stopped.Error() != ErrStopped.Error() {
		t.Errorf("%v is no stop any more", stopped)
	}
}

// Outside a notebook nothing is written.
func TestVerbsOnlyReturn(t *testing.T) {
	written, was := inNotebook(t), training.Tell
	training.Tell = func(err error) error { return err }
	defer func() { training.Tell = was }()
	if err := only(Load("test/never")); err == nil || written() != "" {
		t.Errorf("%v, and %q was written", err, written())
	}
}

func TestExpectError(t *testing.T) {
	written := inNotebook(t)
	r := Run{Name: "test/never", Data: MNIST()}
	for name, do := range map[string]func(){
		"must ends it": func() { must.M1(r.Evaluate(MNIST().Test())); t.Error("it went on") },
		"a verb alone": func() { _, _ = r.Evaluate(MNIST().Test()) },
	} {
		if err := failure(do); err == nil || err.Error() != `never.Evaluate: the run "test/never" has not been trained; call its Fit first` {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := failure(func() {}); err != nil || written() != "" {
		t.Errorf("%v, and %q was written", err, written())
	}
	m := must.M
	defer func() { must.M = m }()
	for _, c := range []struct {
		do   func()
		want string
	}{
		{func() {}, "nothing failed"},
		{func() { must.M(fmt.Errorf("small.Fit: %w", ErrStopped)) }, ErrStopped.Error()},
	} {
		var ended error
		must.M = func(err error) { ended = errors.Join(ended, err) }
		if _ = ExpectError(c.do); ended == nil || !strings.Contains(ended.Error(), c.want) {
			t.Errorf("%v ended the cell, want %q", ended, c.want)
		}
	}
	func() {
		defer func() {
			if r := recover(); r != "mine" {
				t.Errorf("the panic of another became %v", r)
			}
		}()
		_ = failure(func() { panic("mine") })
	}()
	if err := only(Load("test/never")); !strings.HasPrefix(written(), "✗ "+err.Error()) {
		t.Errorf("after it %q was told of %v", written(), err)
	}
}
