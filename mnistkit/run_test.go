package mnistkit_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/engine" // linked into the tests
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
)

// small is a run on the bundled sample that trains in a blink.
func small(t *testing.T) kit.Run {
	t.Helper()
	t.Setenv("MNISTKIT_DATA", "bundled")
	if os.Getenv("MNISTKIT_RUNS") == "" || !strings.Contains(os.Getenv("MNISTKIT_RUNS"), t.Name()) {
		t.Setenv("MNISTKIT_RUNS", filepath.Join(t.TempDir(), filepath.FromSlash(t.Name())))
	}
	return kit.Run{
		Name: "test/small", Data: kit.MNIST().Holdout(0.15).Seed(1), Optimizer: kit.Adam(1e-2), Seed: 1,
		Model: layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(8).ReLU(), layer.Dropout(0.2), layer.Dense(10)},
	}
}

func fitted(t *testing.T, r kit.Run, n int, callbacks ...kit.Callback) kit.History {
	t.Helper()
	h, err := r.Fit(n, callbacks...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// same compares histories in all but the time they took.
func same(a, b kit.History) string {
	return cmp.Diff(a, b, cmpopts.IgnoreFields(kit.Epoch{}, "Seconds"), cmpopts.EquateNaNs(), cmpopts.EquateEmpty())
}

// TestDevices: several devices train, also what one began, and are not needed for answers.
func TestDevices(t *testing.T) {
	r := small(t)
	began := fitted(t, r, 1)
	r.Devices = 2
	if _, err := r.Evaluate(r.Data.Test()); err != nil {
		t.Error(err)
	}
	h, err := r.Fit(2)
	switch {
	case session.ChosenBackend() == "go":
		if err == nil || !strings.Contains(err.Error(), "Devices is 2, but pure Go computes on one") {
			t.Errorf("two devices of pure Go: %v", err)
		}
	case err != nil || len(h) != 2 || same(began, h[:1]) != "":
		t.Errorf("%d epochs, %v", len(h), err)
	}
}

// Four epochs are two and then two more, to the last bit, dropout included.
func TestResumeLaw(t *testing.T) {
	whole := small(t)
	want := fitted(t, whole, 4)
	parts := whole.With("test/parts", nil)
	fitted(t, parts, 2)
	if diff := same(want, fitted(t, parts, 4)); diff != "" {
		t.Errorf("Fit(4) differs from Fit(2) and Fit(4):\n%s", diff)
	}
	a, err := whole.Weights()
	if err != nil {
		t.Fatal(err)
	}
	b, err := parts.Weights()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("the weights differ:\n%s", diff)
	}
}

// A second Fit trains nothing and gives the same history; the files stay.
func TestReplayLaw(t *testing.T) {
	r := small(t)
	want := fitted(t, r, 2)
	before := modified(t, "last")
	if diff := cmp.Diff(want, fitted(t, r, 2)); diff != "" {
		t.Errorf("the replay differs:\n%s", diff)
	}
	if diff := cmp.Diff(want, fitted(t, r, 1)); diff != "" {
		t.Errorf("Fit(1) after Fit(2) differs:\n%s", diff)
	}
	if after := modified(t, "last"); after != before {
		t.Errorf("a replay wrote the weights anew")
	}
}

func modified(t *testing.T, folder string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(runs.Root(), "test", "small", folder, "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime().UnixNano()
}

// A changed recipe trains anew; the earlier results are kept in the attic, and
// an old model never answers for a new recipe.
func TestEditLaw(t *testing.T) {
	r := small(t)
	fitted(t, r, 1)
	edited := r.With(r.Name, func(r *kit.Run) { r.Optimizer = kit.Adam(1e-3) })
	_, err := edited.Evaluate(r.Data.Test())
	if err == nil || !strings.Contains(err.Error(), "Optimizer was Adam(0.01), now Adam(0.001)") {
		t.Errorf("Evaluate of an edited run gives %v; it should say that the optimiser has changed", err)
	}
	if h := fitted(t, edited, 1); len(h) != 1 {
		t.Errorf("the edited run has %d epochs", len(h))
	}
	old, _ := filepath.Glob(filepath.Join(runs.Root(), ".old", "test", "small-*", "history.jsonl"))
	if len(old) != 1 {
		t.Errorf("the attic holds %v, want the earlier run", old)
	}
	// A recipe that cannot work moves nothing away.
	for name, broken := range map[string]kit.Run{
		"too few units": edited.With(r.Name, func(r *kit.Run) { r.Model = layer.Stack{layer.Flatten(), layer.Dense(5)} }),
		"softmax twice": edited.With(r.Name, func(r *kit.Run) { r.Model = append(r.Model, layer.Activation("softmax")) }),
	} {
		if _, err := broken.Fit(1); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := edited.With(r.Name, func(r *kit.Run) { r.BatchSize = 64 }).Fit(1, kit.EarlyStopping{Monitor: "typo"}); err == nil {
		t.Error("a misspelt monitor is no error")
	}
	if h, err := edited.History(); err != nil || len(h) != 1 {
		t.Errorf("after the failed edits the run has %d epochs (%v)", len(h), err)
	}
	// Epochs, callbacks and the like do not make another run.
	if h := fitted(t, edited, 2, kit.ModelCheckpoint{}); len(h) != 2 {
		t.Errorf("a callback made the run start anew: %d epochs", len(h))
	}
}

// Evaluate, Predict and the confusion matrix agree, now and from the disk, and
// by the run's name alone.
func TestEvaluateAndPredict(t *testing.T) {
	r := small(t)
	fitted(t, r, 3, kit.ModelCheckpoint{Monitor: "val_accuracy"})
	s, err := r.Evaluate(r.Data.Test())
	if err != nil {
		t.Fatal(err)
	}
	if s.Accuracy() < 0.5 || s.Kind != "best" {
		t.Errorf("score %v of the %s weights; want at least 0.5 of the best", s.Accuracy(), s.Kind)
	}
	p, err := r.Predict(r.Data.Test())
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(p.Accuracy()-s.Accuracy()) > 1e-6 {
		t.Errorf("Predict is right in %v, Evaluate says %v", p.Accuracy(), s.Accuracy())
	}
	again, err := r.Predict(r.Data.Test())
	if err != nil || !cmp.Equal(p.Values, again.Values) {
		t.Errorf("the kept answers differ (%v)", err)
	}
	loaded, err := kit.Load(r.Name)
	if err != nil {
		t.Fatal(err)
	}
	if s2, err := loaded.Evaluate(loaded.Data.Test()); err != nil || !cmp.Equal(s, s2) {
		t.Errorf("the loaded run scores %v (%v), want %v", s2, err, s)
	}
}

func TestResetStartsOver(t *testing.T) {
	r := small(t)
	first := fitted(t, r, 2)
	if err := r.Reset(); err != nil {
		t.Fatal(err)
	}
	if h, err := r.History(); err != nil || len(h) != 0 {
		t.Errorf("after Reset the history is %v (%v)", h, err)
	}
	if diff := same(first, fitted(t, r, 2)); diff != "" {
		t.Errorf("the second start differs from the first:\n%s", diff)
	}
}

// Early stopping decides by the history alone, so a replay stops there too.
func TestEarlyStoppingReplays(t *testing.T) {
	r := small(t)
	stop := kit.AfterEpoch(func(h kit.History) kit.Action {
		if len(h) >= 2 {
			return kit.Action{Stop: "two are enough"}
		}
		return kit.Action{}
	})
	if h := fitted(t, r, 9, stop); len(h) != 2 {
		t.Fatalf("stopped after %d epochs, want 2", len(h))
	}
	if h := fitted(t, r, 9, stop); len(h) != 2 {
		t.Errorf("the replay trained on to %d epochs", len(h))
	}
	if h := fitted(t, r, 3); len(h) != 3 {
		t.Errorf("without the callback it went to %d epochs, want 3", len(h))
	}
}

func TestReshuffledSplitValidatesOnTrainingData(t *testing.T) {
	r := small(t)
	r.Data = kit.MNIST().Holdout(0.15).Seed(1).Reshuffled()
	h := fitted(t, r, 2)
	if math.IsNaN(h.Values("val_loss")[1]) {
		t.Errorf("no validation loss: %v", h)
	}
}

func TestErrorsAreSentences(t *testing.T) {
	r := small(t)
	for _, c := range []struct {
		name string
		do   func() error
		want string
	}{
		{"no name", func() error { _, err := r.With("", nil).Fit(1); return err }, "Run.Fit: the run has no name"},
		{"bad name", func() error { _, err := r.With("../x", nil).Fit(1); return err }, "cannot be a folder"},
		{"no data", func() error {
			_, err := r.With("test/a", func(r *kit.Run) { r.Data = nil }).Fit(1)
			return err
		}, "a.Fit: there are no data; set Data"},
		{"too few units", func() error {
			_, err := r.With("test/five", func(r *kit.Run) { r.Model = layer.Stack{layer.Flatten(), layer.Dense(5)} }).Fit(1)
			return err
		}, "five.Fit: labels of data set \"mnist/train\" go up to 9 but the model ends in 5 units; end it with layer.Dense(10)"},
		{"no Flatten", func() error {
			_, err := r.With("test/b", func(r *kit.Run) { r.Model = layer.Stack{layer.Dense(10)} }).Fit(1)
			return err
		}, "put layer.Flatten() before it"},
		{"no epochs", func() error { _, err := r.Fit(0); return err }, "ask for at least 1"},
		{"unknown metric", func() error { _, err := r.Fit(1, kit.EarlyStopping{Monitor: "val_acuracy"}); return err }, `there is no metric "val_acuracy"`},
		{"not trained", func() error { _, err := r.With("test/new", nil).Evaluate(r.Data.Test()); return err }, "has not been trained; call its Fit first"},
		{"labels of bytes", func() error {
			x := data.Array{Shape: []int{2}, F32: []float32{1, 2, 3, 4}}
			_, err := r.With("test/d", func(r *kit.Run) {
				r.Data = kit.Sets{TrainSet: &data.Set{Name: "mine", Inputs: x, Labels: data.Array{U8: []uint8{0, 1}}}}
				r.Model = layer.Stack{layer.Dense(2)}
			}).Fit(1)
			return err
		}, `the labels are of type uint8`},
		{"nothing to load", func() error { _, err := kit.Load("test/none"); return err }, `there is no run "test/none"`},
		{"wrong class weight", func() error {
			_, err := r.With("test/c", func(r *kit.Run) { r.ClassWeights = map[int]float64{10: 2} }).Fit(1)
			return err
		}, "ClassWeights names class 10 but the model tells 10 classes apart"},
		{"class weights of values", func() error {
			_, err := r.With("test/v", func(r *kit.Run) {
				r.Data, r.Model, r.ClassWeights = kit.AutoMPG().OneHot("origin").DropMissing(), layer.Stack{layer.Dense(1)}, map[int]float64{0: 2}
			}).Fit(1)
			return err
		}, "ClassWeights are of classes, but the model gives values"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.do()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant a sentence with %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %v", err)
			}
		})
	}
}

// A run with a layer written as a graph function evaluates, loads by name and
// is trained anew when the function is edited.
func TestGraphFunctionAsLayer(t *testing.T) {
	r := small(t)
	with := func(factor float64) kit.Run {
		scale := engine.Layer("test scale", func(_ *model.Scope, x *graph.Node) *graph.Node { return graph.MulScalar(x, factor) })
		return r.With("test/custom", func(r *kit.Run) {
			r.Model = layer.Stack{layer.Flatten(), scale, layer.Dense(10)}
		})
	}
	first := with(1.0 / 255)
	fitted(t, first, 2)
	s, err := first.Evaluate(first.Data.Test())
	if err != nil || s.Accuracy() < 0.5 {
		t.Fatalf("score %v, %v", s.Accuracy(), err)
	}
	loaded, err := kit.Load("test/custom")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := loaded.Predict(loaded.Data.Test()); err != nil {
		t.Errorf("the loaded run: %v", err)
	}
	edited := with(1.0 / 128)
	if _, err := edited.Evaluate(edited.Data.Test()); err == nil || !strings.Contains(err.Error(), "recipe has changed") {
		t.Errorf("an edited function gives %v", err)
	}
}

// A fit of a run that another program trains waits, and takes what that has
// trained; stopped while it waits, it says so.
func TestFitWaits(t *testing.T) {
	r := small(t)
	want := fitted(t, r, 2)
	unlock, err := files.Lock(t.Context(), filepath.Join(runs.Root(), ".locks", "test%small"), func() {})
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { _ = self.Signal(os.Interrupt) })
	if _, err := r.Fit(2); !errors.Is(err, kit.ErrStopped) || !strings.Contains(err.Error(), "waited for another program") {
		t.Errorf("stopped while it waits: %v", err)
	}
	if _, err := r.Fit(0); err == nil || errors.Is(err, kit.ErrStopped) {
		t.Errorf("no epochs are an error before it waits, got %v", err)
	}
	var released atomic.Bool
	time.AfterFunc(500*time.Millisecond, func() { released.Store(true); unlock() })
	got := fitted(t, r, 2)
	if !released.Load() {
		t.Error("it did not wait")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what it replays differs:\n%s", diff)
	}
}
