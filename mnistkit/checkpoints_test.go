package mnistkit_test

import (
	"archive/zip"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"
)

func names(t *testing.T, r kit.Run) (list []string) {
	t.Helper()
	all, err := r.Checkpoints()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		list = append(list, c.Name)
	}
	return list
}

func accuracyOf(t *testing.T, r kit.Run) float64 {
	t.Helper()
	s, err := r.Evaluate(r.Data.Test())
	if err != nil {
		t.Fatal(err)
	}
	return s.Accuracy()
}

// TestCheckpoints: weights are kept by name and epoch, the newest of each
// series; they answer as the run did at that epoch.
func TestCheckpoints(t *testing.T) {
	r := small(t)
	every := kit.SaveWeights{Keep: 2}
	second := kit.SaveWeights{Every: 2, Name: "e{epoch}-{val_loss:.1f}"}
	fitted(t, r, 3, every, second)
	fitted(t, r, 5, every, second) // gone on with
	fitted(t, r, 5, every, second) // replayed
	got := names(t, r)
	if len(got) != 4 || got[1] != "cp-0004" && got[2] != "cp-0004" || got[3] != "cp-0005" || !strings.HasPrefix(got[0], "e2-") {
		t.Fatalf("%v", got)
	}
	latest, err := r.Latest()
	if err != nil || latest.Name != "cp-0005" || latest.Epoch != 5 || latest.Bytes < 20_000 {
		t.Errorf("%+v, %v", latest, err)
	}
	short := r.With("test/short", nil)
	fitted(t, short, 4)
	if a, b := accuracyOf(t, r.At("cp-0004")), accuracyOf(t, short); a != b {
		t.Errorf("epoch 4 gives %g, a run of four epochs %g", a, b)
	}
	if a, b := accuracyOf(t, r.At("cp-0005")), accuracyOf(t, r); a != b {
		t.Errorf("epoch 5 gives %g, the run %g", a, b)
	}
	answers, err := r.At("cp-0004").Predict(r.Data.Test())
	if err != nil || answers.Model != "test/small@cp-0004" {
		t.Errorf("%s, %v", answers.Model, err)
	}
	dir, err := runs.Open(r.Name)
	if err != nil {
		t.Fatal(err)
	}
	scores, err := dir.Scores()
	if err != nil || len(scores) != 1 {
		t.Errorf("%d scores are kept with the run, %v; those of At are not to be", len(scores), err)
	}
}

// TestInitial: a model that was never trained guesses, with another's weights
// it answers as that one does, and goes on from there.
func TestInitial(t *testing.T) {
	r := small(t)
	fitted(t, r, 3, kit.SaveWeights{})
	fresh := r.With("test/fresh", func(r *kit.Run) { r.Seed = 7 })
	if got := accuracyOf(t, fresh.At(kit.Initial)); got > 0.3 {
		t.Errorf("an untrained model has %g right", got)
	}
	restored := fresh.With("test/restored", func(r *kit.Run) { r.Initial = "test/small@cp-0002" })
	if a, b := accuracyOf(t, restored.At(kit.Initial)), accuracyOf(t, r.At("cp-0002")); a != b {
		t.Errorf("restored: %g, its source: %g", a, b)
	}
	h := fitted(t, restored, 1)
	if h[0].Metrics["loss"] > fitted(t, r, 3)[1].Metrics["loss"] {
		t.Errorf("the first epoch from two epochs' weights has the loss %g", h[0].Metrics["loss"])
	}
	if diff := same(h, fitted(t, restored, 1)); diff != "" {
		t.Error(diff)
	}
	loaded, err := kit.Load("test/restored")
	if err != nil || loaded.Initial != "test/small@cp-0002" {
		t.Errorf("%q, %v", loaded.Initial, err)
	}
	if a, b := accuracyOf(t, loaded), accuracyOf(t, restored); a != b {
		t.Errorf("loaded: %g, as trained: %g", a, b)
	}
}

func TestCheckpointErrors(t *testing.T) {
	r := small(t)
	fitted(t, r, 1, kit.SaveWeights{})
	wide := r.With("test/wide", func(r *kit.Run) {
		r.Initial, r.Model[2] = "test/small@cp-0001", layer.Dense(9).ReLU()
	})
	with := func(initial string) kit.Run { return r.With("test/x", func(r *kit.Run) { r.Initial = initial }) }
	fit := func(r kit.Run, callbacks ...kit.Callback) func() error {
		return func() error { _, err := r.Fit(2, callbacks...); return err }
	}
	evaluate := func(r kit.Run) func() error {
		return func() error { _, err := r.Evaluate(r.Data.Test()); return err }
	}
	for _, c := range []struct {
		do   func() error
		want string
	}{
		{fit(wide), "they have dense/kernel [784 8] where this model has dense/kernel [784 9]; use a model with the same layers"},
		{evaluate(wide.At(kit.Initial)), "they have dense/kernel [784 8] where"},
		{fit(with("test/small")), `Initial is "test/small"; name a run and its checkpoint`},
		{fit(with("@best")), `Initial is "@best"; name a run and its checkpoint`},
		{fit(with("test/none@best")), `the run "test/none" has not been trained`},
		{fit(with("test/small@cp-9")), `run "test/small" has no checkpoint "cp-9"; it has last, cp-0001`},
		{evaluate(r.At("../last")), `"../last" cannot be the name of a checkpoint`},
		{evaluate(r.With("test/new", nil).At("last")), "has not been trained; call its Fit first"},
		{fit(r.At("last")), `At("last") answers with those weights and is not trained`},
		{fit(r, kit.SaveWeights{Name: "cp"}), `the name "cp" is the same for all epochs`},
		{fit(r, kit.SaveWeights{Name: "a/{epoch}"}), `"a/1" cannot be the name of a folder`},
		{fit(r, kit.SaveWeights{Name: "cp-{epoch:x}"}), "the format of {epoch:x} is not known"},
		{fit(r, kit.SaveWeights{Name: "{epoch}-{val_auc}"}), "there is no {val_auc}; this run has epoch, loss"},
		{fit(r, kit.SaveWeights{Name: "{epoch}-{val_loss:2f}"}), "the format of {val_loss:2f} is not known"},
		{fit(r, kit.SaveWeights{Name: "cp-{epoch"}), "is not closed"},
		{fit(r, kit.SaveWeights{Every: -1}), "SaveWeights: Every is -1; it must be a number from 0 to"},
		{func() error { _, err := r.With("test/none", nil).Latest(); return err }, `the run "test/none" has no checkpoints`},
		{func() error { return r.At(kit.Initial).Save("x") }, "cannot be saved; train it first"},
		{func() error { _, err := kit.Open(filepath.Join(t.TempDir(), "x")); return err }, "there is no file"},
	} {
		if err := c.do(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

// TestModelFile: a saved model is opened where the run is not, and answers as
// it did.
func TestModelFile(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	r := small(t)
	h := fitted(t, r, 3, kit.SaveWeights{})
	file := filepath.Join(t.TempDir(), "models", "small.mnistkit")
	if err := r.Save(file); err != nil {
		t.Fatal(err)
	}
	early := filepath.Join(t.TempDir(), "early.mnistkit")
	if err := r.At("cp-0001").Save(early); err != nil {
		t.Fatal(err)
	}
	want, err := r.Predict(r.Data.Test())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	for range 2 { // unpacked, and found unpacked
		opened, err := kit.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := opened.Predict(r.Data.Test())
		if err != nil || !slices.Equal(got.Values, want.Values) {
			t.Errorf("the answers differ: %v", err)
		}
		if stored, err := opened.History(); err != nil || same(h, stored) != "" {
			t.Errorf("%v\n%s", err, same(h, stored))
		}
		if s, err := opened.Summary(); err != nil || s.Counts.Total != 6370 {
			t.Errorf("%+v, %v", s, err)
		}
		if _, err := opened.Fit(4); err == nil || !strings.Contains(err.Error(), "opened from a file") {
			t.Errorf("Fit: %v", err)
		}
		if err := opened.Reset(); err == nil {
			t.Error("Reset of a file")
		}
	}
	one, err := kit.Open(early)
	if err != nil {
		t.Fatal(err)
	}
	if stored, err := one.History(); err != nil || same(h[:1], stored) != "" {
		t.Errorf("%v\n%s", err, same(h[:1], stored))
	}
}

func TestModelFileErrors(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	r := small(t)
	fitted(t, r, 1)
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole")
	if err := r.Save(whole); err != nil {
		t.Fatal(err)
	}
	contents, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	zipped := func(name string, files ...string) string {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(f)
		for _, file := range files {
			w, err := z.Create(file)
			if err == nil {
				_, err = w.Write([]byte("{}"))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return f.Name()
	}
	damaged := slices.Clone(contents)
	damaged[len(damaged)/2] ^= 0xff
	for path, want := range map[string]string{
		put("text", []byte("hello")):                                       "it is not a model file, or cut short",
		put("half", contents[:len(contents)/2]):                            "it is not a model file, or cut short",
		put("damaged", damaged):                                            "is damaged",
		zipped("climbs", "run.json", "last/../../evil"):                    "which is not part of a model",
		zipped("other", "notes.txt"):                                       `it holds "notes.txt", which is not part of a model`,
		zipped("lacking", "run.json"):                                      "it lacks weights, history or name",
		zipped("nameless", "run.json", "history.jsonl", "last/state.json"): "it lacks weights, history or name",
	} {
		if _, err := kit.Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", filepath.Base(path), err, want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "mnistkit", "models", "*")); len(left) > 0 {
		t.Errorf("refused files left %v", left)
	}
}

// TestInitialOutlivesItsSource: what has started from a checkpoint answers, replays
// and goes on when the checkpoint is gone or damaged; nothing new starts from it.
func TestInitialOutlivesItsSource(t *testing.T) {
	for _, c := range []struct {
		name, want string
		lose       func(t *testing.T, r kit.Run)
	}{
		{"gone", "has not been trained", func(t *testing.T, r kit.Run) {
			if err := r.Reset(); err != nil {
				t.Fatal(err)
			}
		}},
		{"damaged", "cp-0001 (epoch 1) is damaged", func(t *testing.T, r kit.Run) { flip(t, r, "checkpoints/cp-0001") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := small(t)
			fitted(t, r, 1, kit.SaveWeights{})
			from := func(r *kit.Run) { r.Initial, r.Seed = "test/small@cp-0001", 7 }
			restored, whole := r.With("test/restored", from), r.With("test/whole", from)
			h, want := fitted(t, restored, 1), fitted(t, whole, 2)
			before := accuracyOf(t, restored)
			c.lose(t, r)
			if got := accuracyOf(t, restored); got != before {
				t.Errorf("it had %g right, now %g", before, got)
			}
			if diff := same(h, fitted(t, restored, 1)); diff != "" {
				t.Error(diff)
			}
			if diff := same(want, fitted(t, restored, 2)); diff != "" {
				t.Errorf("gone on with, it differs from one go:\n%s", diff)
			}
			if _, err := r.With("test/late", from).Fit(1); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("a start from weights that are %s: %v", c.name, err)
			}
		})
	}
}

// TestSaveAsStaysInside: a callback's name cannot leave the run's checkpoints.
func TestSaveAsStaysInside(t *testing.T) {
	r := small(t)
	for _, name := range []string{"../last", "../../../evil", "a/b", ".hidden", "last", "best", "initial"} {
		_, err := r.Fit(1, kit.AfterEpoch(func(kit.History) kit.Action { return kit.Action{SaveAs: name} }))
		if err == nil || !strings.Contains(err.Error(), "cannot be the name of a checkpoint") {
			t.Errorf("%q: %v", name, err)
		}
		if err := r.Reset(); err != nil {
			t.Fatal(err)
		}
	}
}

// Averaged weights answer for a run wherever it is opened, and a run that starts from it starts from them.
func TestAveragedWeights(t *testing.T) {
	plain := small(t)
	fitted(t, plain, 1)
	r := plain.With("test/averaged", func(r *kit.Run) { r.Optimizer = r.Optimizer.WithEMA(0.9).WithSchedule(kit.OneCycle(3)) })
	whole := r.With("test/whole", nil)
	fitted(t, r, 1)
	if diff := same(fitted(t, whole, 3), fitted(t, r, 3)); diff != "" {
		t.Errorf("three epochs differ from one and then two:\n%s", diff)
	}
	file := filepath.Join(t.TempDir(), "averaged.mnistkit")
	if err := r.Save(file); err != nil {
		t.Fatal(err)
	}
	opened, err := kit.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	inside, err := kit.OpenFS(os.DirFS(filepath.Dir(file)), filepath.Base(file))
	if err != nil {
		t.Fatal(err)
	}
	next := plain.With("test/next", func(r *kit.Run) { r.Initial = "test/averaged@last" })
	want, err := r.Weights()
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string]kit.Run{"Fit in one go": whole, "Open": opened, "OpenFS": inside, "Initial": next.At(kit.Initial)} {
		if got, err := other.Weights(); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%s has other weights (%v)", name, err)
		}
		score, err := other.Evaluate(plain.Data.Test())
		if measured, failed := r.Evaluate(plain.Data.Test()); err != nil || failed != nil || score.Loss() != measured.Loss() {
			t.Errorf("%s measures %v, %v; the run itself %v, %v", name, score.Loss(), err, measured.Loss(), failed)
		}
	}
	h := fitted(t, r, 3)
	validation, err := plain.Data.Validation()
	if err != nil {
		t.Fatal(err)
	}
	if score, err := r.Evaluate(validation); err != nil || math.Abs(score.Loss()-h.Last().Metrics["val_loss"]) > 1e-5 {
		t.Errorf("after the last epoch %v is measured on the validation data, in it %v (%v)", score.Loss(), h.Last().Metrics["val_loss"], err)
	}
}
