package mnistkit_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/janpfeifer/must"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
)

// EvaluateOn measures what Evaluate would have measured after that epoch,
// trains the same, and stays in a replay.
func TestEvaluateOn(t *testing.T) {
	r := small(t)
	plain := fitted(t, r.With("test/plain", nil), 2)
	on := kit.EvaluateOn{Name: "test", Set: r.Data.Test}
	first := fitted(t, r, 1, on)
	score, err := r.Evaluate(r.Data.Test())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range score.Metrics {
		if got := first[0].Metrics["test_"+name]; math.Abs(got-want) > 1e-6 {
			t.Errorf("test_%s is %g, Evaluate gives %g", name, got, want)
		}
	}
	h := fitted(t, r, 2, on)
	if diff := cmp.Diff(h, fitted(t, r, 2, on)); diff != "" {
		t.Errorf("the replay differs:\n%s", diff)
	}
	want := []string{"loss", "accuracy", "val_loss", "val_accuracy", "test_loss", "test_accuracy"}
	if diff := cmp.Diff(want, h.Metrics()); diff != "" {
		t.Error(diff)
	}
	if got, want := h.Values("val_loss"), plain.Values("val_loss"); !cmp.Equal(got, want) {
		t.Errorf("with EvaluateOn the run learns otherwise: %v, not %v", got, want)
	}
	if score, err = r.Evaluate(r.Data.Test()); err != nil {
		t.Fatal(err)
	}
	if row := text(t, kit.Leaderboard("test/small")); !strings.Contains(row, kit.Percent(score.Accuracy())) {
		t.Errorf("the leaderboard lacks the test score:\n%s", row)
	}
}

func TestEvaluateOnRefuses(t *testing.T) {
	r := small(t)
	for want, on := range map[string][]kit.Callback{
		`the name "" is not one`:  {kit.EvaluateOn{Set: r.Data.Test}},
		`the name "a b"`:          {kit.EvaluateOn{Name: "a b", Set: r.Data.Test}},
		"use another":             {kit.EvaluateOn{Name: "val", Set: r.Data.Test}},
		"has no data":             {kit.EvaluateOn{Name: "test"}},
		"its data are nil":        {kit.EvaluateOn{Name: "test", Set: func() (*data.Set, error) { return nil, nil }}},
		"two EvaluateOn":          {kit.EvaluateOn{Name: "test", Set: r.Data.Test}, kit.EvaluateOn{Name: "test", Set: r.Data.Test}},
		"no metric \"test_loss\"": {kit.EarlyStopping{Monitor: "test_loss"}},
	} {
		if _, err := r.Fit(1, on...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if h, err := r.History(); err != nil || len(h) != 0 {
		t.Errorf("after the errors there are %d epochs (%v)", len(h), err)
	}
}

// A sweep is its runs, one after the other; one that diverges is said to.
func TestSweep(t *testing.T) {
	base := small(t)
	rates := kit.Vary(base, "rate", []float64{0.01, 1e30}, func(r *kit.Run, rate float64) { r.Optimizer = kit.SGD(rate) })
	if rates[0].Name != "test/small-rate=0.01" || rates[1].Name != "test/small-rate=1e+30" {
		t.Fatalf("the runs are named %q and %q", rates[0].Name, rates[1].Name)
	}
	if err := rates.Fit(3); err != nil {
		t.Fatal(err)
	}
	alone := fitted(t, rates[0].With("test/alone", nil), 3)
	h, err := rates[0].History()
	if err != nil {
		t.Fatal(err)
	}
	if diff := same(alone, h); diff != "" {
		t.Errorf("in a sweep the run learns otherwise:\n%s", diff)
	}
	scores, err := rates.Evaluate(base.Data.Test())
	if err != nil || len(scores) != 2 {
		t.Fatalf("%d scores, %v", len(scores), err)
	}
	table := text(t, rates)
	for _, want := range []string{"Learning curves of 2 runs over 3 epochs: the best val_accuracy is", "Runs compared", "test/small-rate=0.01", kit.Percent(scores[0].Accuracy()), "diverged: the loss is not a number from epoch"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
	if err := (kit.Sweep{base, base}).Fit(1); err == nil || !strings.Contains(err.Error(), "two runs are named") {
		t.Errorf("two runs of one name: %v", err)
	}
	if err := (kit.Sweep{}).Fit(1); err == nil {
		t.Error("an empty sweep is no error")
	}
}

// A sweep that ended in the middle goes on there: what is done is not trained
// again, what is half done is finished, and all end as without the break.
func TestSweepResumes(t *testing.T) {
	base := small(t)
	seeds := kit.Vary(base, "seed", []uint64{1, 2, 3}, func(r *kit.Run, seed uint64) { r.Seed = seed })
	done, half := fitted(t, seeds[0], 2), fitted(t, seeds[1], 1)
	if err := seeds.Fit(2); err != nil {
		t.Fatal(err)
	}
	for i, r := range seeds {
		h, err := r.History()
		if err != nil {
			t.Fatal(err)
		}
		straight := fitted(t, r.With("test/straight-"+filepath.Base(r.Name), nil), 2)
		if diff := same(straight, h); diff != "" {
			t.Errorf("%s learns otherwise after the break:\n%s", r.Name, diff)
		}
		if kept := []kit.History{done, half, {}}[i]; !cmp.Equal(kept, h[:len(kept)]) { // with the seconds it took
			t.Errorf("%s was trained again: %v, then %v", r.Name, kept, h)
		}
	}
}

// A replay of fewer epochs than are stored shows those asked for.
func TestSweepReplaysFewer(t *testing.T) {
	base := small(t)
	seeds := kit.Vary(base, "seed", []uint64{1, 2}, func(r *kit.Run, seed uint64) { r.Seed = seed })
	shown := func(n int) string {
		return printed(t, func() {
			if err := seeds.Fit(n); err != nil {
				t.Error(err)
			}
		})
	}
	shown(3)
	if _, err := seeds.Evaluate(base.Data.Test()); err != nil {
		t.Fatal(err)
	}
	score := kit.Percent(must.M1(seeds[0].Evaluate(base.Data.Test())).Accuracy())
	whole, part := shown(3), shown(2)
	for _, c := range []struct {
		words       string
		whole, part bool
	}{
		{" over 3 epochs", true, false},
		{" over 2 epochs", false, true},
		{"3/3", true, false},
		{"2/2", false, true},
		{"3 epochs are stored, the weights of epoch 3 answer", false, true},
		{score, true, false}, // of the third epoch's weights
	} {
		if strings.Contains(whole, c.words) != c.whole || strings.Contains(part, c.words) != c.part {
			t.Errorf("%q is to be in the whole: %t, in the part: %t\n%s\n%s", c.words, c.whole, c.part, whole, part)
		}
	}
	if !strings.Contains(text(t, seeds), "3/3") {
		t.Error("shown by itself the sweep has fewer epochs than are stored")
	}
}

// text is what Show prints of a value outside notebooks.
func text(t *testing.T, v any) string {
	t.Helper()
	return printed(t, func() { kit.Show(v) })
}

// printed is what f writes to the standard output.
func printed(t *testing.T, f func()) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stdout := os.Stdout
	os.Stdout = file
	f()
	os.Stdout = stdout
	written, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(written)
}

// The runs of a sweep answer in its order, and their mean is that of the
// probabilities.
func TestSweepPredict(t *testing.T) {
	r := small(t)
	seeds := kit.Vary(r, "seed", []uint64{1, 2}, func(r *kit.Run, seed uint64) { r.Seed = seed })
	if err := seeds.Fit(1); err != nil {
		t.Fatal(err)
	}
	answers, err := seeds.Predict(r.Data.Test())
	if err != nil {
		t.Fatal(err)
	}
	if len(answers) != 2 || answers[0].Model != seeds[0].Name || answers[1].Model != seeds[1].Name {
		t.Fatalf("%d answers, of %q and so on", len(answers), answers[0].Model)
	}
	both, err := kit.Ensemble("both", answers...)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range both.Row(0) {
		if mean := (answers[0].Row(0)[i] + answers[1].Row(0)[i]) / 2; math.Abs(float64(v-mean)) > 1e-6 {
			t.Errorf("class %d of the first example: %g, the mean of both is %g", i, v, mean)
		}
	}
	if _, err := seeds.Predict(nil); err == nil || !strings.Contains(err.Error(), "seed=1") {
		t.Errorf("error %v, want one that names the run", err)
	}
}

// The names of a sweep's runs can be folders, whatever varies.
func TestVaryNames(t *testing.T) {
	byOptimizer := kit.Vary(kit.Run{Name: "a"}, "optimizer", []kit.Optimizer{kit.Adam(0.001), kit.SGD(0.01).WithMomentum(0.9)},
		func(r *kit.Run, o kit.Optimizer) { r.Optimizer = o })
	bySizes := kit.Vary(kit.Run{Name: "a"}, "hidden units", [][]int{{32, 64}}, func(*kit.Run, []int) {})
	want := []string{"a-optimizer=Adam-0.001", "a-optimizer=SGD-0.01-WithMomentum-0.9", "a-hidden-units=32-64"}
	for i, r := range slices.Concat(byOptimizer, bySizes) {
		if r.Name != want[i] {
			t.Errorf("%q, want %q", r.Name, want[i])
		}
		if _, err := r.History(); err != nil {
			t.Error(err)
		}
	}
}
