package mnistkit_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/janpfeifer/must"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"
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
		"use another than":        {kit.EvaluateOn{Name: "binary", Set: r.Data.Test}},
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

// TestVariationsAreApart: what one variation sets, in a map or list that its base had, is not set in the others.
func TestVariationsAreApart(t *testing.T) {
	base := kit.Run{Name: "a", ClassWeights: map[int]float64{0: 1}, Metrics: []string{"mae"}}
	varied := kit.Vary(base, "weight", []float64{2, 3}, func(r *kit.Run, weight float64) {
		r.ClassWeights[0] = weight
		r.Metrics[0] = "mse"
	})
	for i, r := range append(kit.Sweep{base}, varied...) {
		if r.ClassWeights[0] != float64(i+1) || (r.Metrics[0] == "mae") != (i == 0) {
			t.Errorf("%s has %v and %v", r.Name, r.ClassWeights, r.Metrics)
		}
	}
}

// TestSweepCSV: runs do not write their histories over each other's.
func TestSweepCSV(t *testing.T) {
	r := small(t)
	s := kit.Sweep{r, r.With("test/other", nil)}
	log := kit.CSVLogger{File: filepath.Join(t.TempDir(), "runs.csv")}
	if err := s.Fit(1, log); err == nil || !strings.Contains(err.Error(), "write over the one file of CSVLogger") {
		t.Error(err)
	}
	if err := s[:1].Fit(1, log); err != nil {
		t.Error(err)
	}
}

// TestSweepShares: programs that each train their share at the same time leave what one program leaves.
func TestSweepShares(t *testing.T) {
	r := small(t)
	seeds := func(name string) kit.Sweep {
		return kit.Vary(r.With(name, nil), "seed", []uint64{1, 2, 3, 4, 5}, func(r *kit.Run, seed uint64) { r.Seed = seed })
	}
	if os.Getenv("TEST_SWEEP_SHARES") != "" {
		if err := seeds("test/shared").Fit(2); err != nil {
			t.Error(err)
		}
		return
	}
	want := seeds("test/alone")
	if err := want.Fit(2); err != nil {
		t.Fatal(err)
	}
	shared := seeds("test/shared")
	t.Setenv("MNISTKIT_SHARE", "2/3")
	if out := printed(t, func() { must.M(shared.Fit(2)) }); !strings.Contains(out, "Share 2 of 3 has its 2 of 5 runs: other shares have not ended yet, and \"test/shared-seed=1\" is missing") {
		t.Errorf("the first of three says\n%s", out)
	}
	t.Run("without data", func(t *testing.T) {
		for _, name := range []string{"HOME", "XDG_CACHE_HOME"} {
			t.Setenv(name, t.TempDir())
		}
		t.Setenv("MNISTKIT_DATA", "")
		if err := seeds("test/dataless").Fit(1); err == nil || !strings.Contains(err.Error(), "this share does not find the data on its machine (bundled sample") {
			t.Error(err)
		}
		cars := kit.Run{Name: "test/cars", Data: kit.AutoMPG().OneHot("origin").DropMissing(), Model: layer.Stack{layer.Dense(1)}}
		if _, err := cars.Fit(1); err != nil { // its notice is of rows that are left out
			t.Error(err)
		}
	})
	for i, r := range shared {
		h, err := r.History()
		if mine := i%3 == 1; (len(h) == 2) != mine || (err == nil) != mine {
			t.Errorf("share 2 of 3 has %d epochs of %s, %v", len(h), r.Name, err)
		}
	}
	if _, err := shared[0].Evaluate(r.Data.Test()); err == nil || !strings.HasSuffix(err.Error(), runs.Elsewhere) {
		t.Errorf("a run of another share: %v", err)
	}
	var tasks []*exec.Cmd
	for _, share := range []string{"1/3", "2/3", "3/3"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSweepShares$")
		cmd.Env = append(os.Environ(), "TEST_SWEEP_SHARES=1", "MNISTKIT_SHARE="+share)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		tasks = append(tasks, cmd)
	}
	for _, cmd := range tasks {
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if out := printed(t, func() { must.M(shared.Fit(2)) }); strings.Contains(out, "missing") {
		t.Errorf("all is there, and yet:\n%s", out)
	}
	for i := range shared {
		if got, want := must.M1(shared[i].History()), must.M1(want[i].History()); !cmp.Equal(got.Values("loss"), want.Values("loss")) {
			t.Errorf("%s: %v, one program gives %v", shared[i].Name, got.Values("loss"), want.Values("loss"))
		}
	}
}

// TestSearch: of a grid some runs are drawn, and the better half of them goes on, each as it would have been trained alone.
func TestSearch(t *testing.T) {
	r := small(t)
	rates := kit.Vary(r, "rate", []float64{1e-5, 1e-3, 1e-1, 1e-2}, func(r *kit.Run, rate float64) { r.Optimizer = kit.SGD(rate) })
	grid := kit.Vary(rates, "batch", []int{32, 64}, func(r *kit.Run, batch int) { r.BatchSize = batch })
	if len(grid) != 8 || grid[3].Name != "test/small-rate=0.001-batch=64" || grid[3].BatchSize != 64 || grid[3].Optimizer != kit.SGD(1e-3) {
		t.Fatalf("the grid has %d runs, among them %q of batch %d, %v", len(grid), grid[3].Name, grid[3].BatchSize, grid[3].Optimizer)
	}
	search := kit.Search{Sweep: grid, Random: 5, Halving: true, Seed: 1}
	var found kit.Sweep
	if out := printed(t, func() { found = must.M1(search.Fit(5)) }); !strings.Contains(out, "of 40 for all runs of the sweep; the best is "+found[0].Name+", of 5 drawn from 8 by seed 1.") {
		t.Errorf("it says\n%s", out)
	}
	var lengths []int
	for _, r := range found {
		lengths = append(lengths, len(must.M1(r.History())))
	}
	if diff := cmp.Diff([]int{5, 5, 3, 2, 2}, lengths); diff != "" { // rungs of 2, 3 and 5 epochs, for 5, 3 and 2 runs
		t.Error(diff)
	}
	alone := found[0].With("test/alone", nil)
	if diff := same(fitted(t, alone, 5), must.M1(found[0].History())); diff != "" {
		t.Errorf("the best run differs from one that was trained at once:\n%s", diff)
	}
	again := must.M1(search.Fit(5))
	for i := range found {
		if again[i].Name != found[i].Name {
			t.Errorf("the same search once more puts %s where %s was", again[i].Name, found[i].Name)
		}
	}
	shared := search
	shared.Sweep = nil
	for _, r := range grid {
		shared.Sweep = append(shared.Sweep, r.With(strings.Replace(r.Name, "test/", "test/shared-", 1), nil))
	}
	for task, waits := range []bool{true, true, true, false} { // for the other's first runs, its second, its third
		t.Setenv("MNISTKIT_SHARE", fmt.Sprintf("%d/2", 1+task%2))
		again, err := shared.Fit(5)
		if waits != (err != nil && strings.HasSuffix(err.Error(), runs.Elsewhere)) {
			t.Fatalf("task %d: %v", task, err)
		}
		for i := range again {
			if diff := same(must.M1(again[i].History()), must.M1(found[i].History())); diff != "" {
				t.Errorf("by two shares %s differs:\n%s", again[i].Name, diff)
			}
		}
	}
	t.Setenv("MNISTKIT_SHARE", "")
	if all := must.M1(kit.Search{Sweep: rates}.Fit(2)); len(all) != 4 || all[0].Name != "test/small-rate=0.1" {
		t.Errorf("all four rates: %v", all[0].Name)
	}
	// The weights that a callback keeps decide, not those of the last epoch, which here ruins what learnt well.
	kept := kit.Vary(r.With("test/kept", nil), "rate", []float64{1e-5, 1e-2}, func(r *kit.Run, rate float64) { r.Optimizer = kit.SGD(rate) })
	ruin := kit.LearningRateScheduler(func(epoch int, rate float64) float64 { return rate * []float64{1, 1000}[epoch] })
	for want, c := range map[string]kit.Callback{"1e-05": kit.AfterEpoch(func(kit.History) kit.Action { return kit.Action{} }), "0.01": kit.ModelCheckpoint{}} {
		if all := must.M1(kit.Search{Sweep: kept}.Fit(2, ruin, c)); all[0].Name != "test/kept-rate="+want {
			t.Errorf("with %T the best is %s, want rate %s", c, all[0].Name, want)
		}
	}
	blind := r.With("test/blind", func(r *kit.Run) { r.Data = kit.MNIST() })
	for want, s := range map[string]kit.Search{
		"there are no runs":   {},
		"Search.Random is -1": {Sweep: grid, Random: -1},
		"test/blind has none": {Sweep: kit.Sweep{blind}},
	} {
		if _, err := s.Fit(1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := search.Fit(0); err == nil {
		t.Error("no epochs are no error")
	}
}
