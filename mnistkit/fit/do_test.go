package fit_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
)

// TestFit is a whole run: what the engine is asked, what is kept, what a
// watcher hears.
func TestFit(t *testing.T) {
	s := newSession(10)
	var orders [][]int32
	s.onTrain = func(e trained) {
		orders = append(orders, e.Order)
		if e.Set != fit.TrainSet || e.LearningRate != 0.1 || e.Number != len(orders) || e.From.Batches != 0 {
			t.Errorf("epoch %d: %+v", len(orders), e.Epoch)
		}
	}
	job := s.job(t, 2)
	job.Callbacks = []fit.Callback{fit.ModelCheckpoint{Monitor: "val_loss"}}
	job.Notices = []string{"a notice"}
	out := done(t, job)
	keeper, watcher := job.Keeper.(*fakeKeeper), job.Watcher.(*fakeWatcher)

	if out.Replayed || out.Interrupted || out.Why != "" || len(out.History) != 2 || out.Err != nil {
		t.Errorf("%+v", out)
	}
	e := out.History[1]
	if got := out.History.Metrics(); !slices.Equal(got, []string{"loss", "accuracy", "val_loss", "val_accuracy"}) || e.Number != 2 || e.LearningRate != 0.1 {
		t.Errorf("%v, %+v", got, e)
	}
	if diff := cmp.Diff(out.History, keeper.h); diff != "" || keeper.weights(t, keeper.last) != s.weights {
		t.Errorf("what is kept is not what came out: %s", diff)
	}
	if best, _ := out.History.Best("val_loss"); out.Best != best.Number || keeper.best != best.Number {
		t.Errorf("best %d, kept %d, want %d", out.Best, keeper.best, best.Number)
	}
	want := []string{"began", "progress 1", "epoch 1", "progress 2", "epoch 2", "ended"}
	if diff := cmp.Diff(want, watcher.events); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(fit.Start{Run: "test/run", Backend: "fake", Examples: 10, Epochs: 2, Notices: []string{"a notice"}}, watcher.start); diff != "" {
		t.Error(diff)
	}
	if !slices.Contains(s.calls, "close") {
		t.Error("the engine was not closed")
	}
	for _, order := range orders {
		if sorted := slices.Sorted(slices.Values(order)); !slices.Equal(sorted, []int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
			t.Errorf("an epoch trains %v", order)
		}
	}
	if slices.Equal(orders[0], orders[1]) || slices.IsSorted(orders[0]) {
		t.Errorf("the epochs train in the orders %v", orders)
	}
}

// TestCallbackSorts: a callback may sort the history that it is given; neither the run nor another callback sees it.
func TestCallbackSorts(t *testing.T) {
	var seen []int
	s := newSession(10)
	job := s.job(t, 4)
	job.Callbacks = []fit.Callback{
		fit.AfterEpoch(func(h fit.History) fit.Action {
			slices.SortFunc(h, func(a, b fit.Epoch) int { return b.Number - a.Number })
			h[0].Notes = []string{"mine"}
			return fit.Action{}
		}),
		fit.AfterEpoch(func(h fit.History) fit.Action { seen = append(seen, h.Last().Number); return fit.Action{} }),
	}
	for range 2 { // trained, then replayed
		for i, e := range done(t, job).History {
			if e.Number != i+1 || e.Notes != nil {
				t.Errorf("epoch %d is %+v", i+1, e)
			}
		}
	}
	if !slices.Equal(seen, []int{1, 2, 3, 4, 1, 2, 3, 4}) {
		t.Errorf("another callback sees the epochs %v as the last", seen)
	}
}

// TestTwoPlateaus: with two that lower the rate after one epoch both do, as in Keras.
func TestTwoPlateaus(t *testing.T) {
	s := newSession(10)
	job := s.job(t, 5)
	job.Callbacks = []fit.Callback{
		fit.ReduceLROnPlateau{Factor: 0.5, Patience: 1, MinDelta: 100},
		fit.ReduceLROnPlateau{Factor: 0.1, Patience: 1, MinDelta: 100, MinLR: 1e-4},
	}
	want := []float64{0.1, 0.1, 0.005, 2.5e-4, 1e-4} // the last is the second's MinLR
	for i, e := range done(t, job).History {
		if !sameRate(e.LearningRate, want[i]) {
			t.Errorf("epoch %d has the rate %g, want %g", i+1, e.LearningRate, want[i])
		}
	}

	// What a callback of the reader's makes of the answer counts.
	job = newSession(10).job(t, 3)
	job.Callbacks = []fit.Callback{fit.AfterEpoch(func(h fit.History) fit.Action {
		a := fit.ReduceLROnPlateau{Factor: 0.5, Patience: 1, MinDelta: 100}.AfterEpoch(h)
		a.LearningRate = max(a.LearningRate, 0.07)
		return a
	})}
	if got := done(t, job).History.Last().LearningRate; got != 0.07 {
		t.Errorf("the rate is %g, want 0.07", got)
	}
}

// TestResumeLaw: two epochs and then two more are four, in order, rates,
// numbers and weights; also when the fit goes on with a new engine.
func TestResumeLaw(t *testing.T) {
	callbacks := []fit.Callback{
		fit.ReduceLROnPlateau{Monitor: "val_loss", Factor: 0.5, Patience: 2, MinDelta: 1},
		fit.ModelCheckpoint{Monitor: "val_accuracy"},
		fit.LearningRateScheduler(func(epoch int, rate float64) float64 {
			if epoch == 3 {
				return rate / 3
			}
			return rate
		}),
	}
	whole := newSession(10)
	job := whole.job(t, 6)
	job.Callbacks = callbacks
	want := done(t, job)
	keeper := job.Keeper.(*fakeKeeper)
	if first, last := want.History[0].LearningRate, want.History[5].LearningRate; last > first/5 {
		t.Fatalf("the rates are %g to %g; this test needs them to fall", first, last)
	}

	for _, parts := range [][]int{{2, 6}, {1, 2, 3, 4, 5, 6}, {4, 3, 6}} {
		keep := newKeeper(t)
		var s *fakeSession
		var got fit.Outcome
		for _, epochs := range parts {
			s = newSession(10)
			job := s.job(t, epochs)
			job.Callbacks, job.Keeper = callbacks, keep
			got = done(t, job)
		}
		if diff := cmp.Diff(numbers(want.History), numbers(got.History)); diff != "" {
			t.Errorf("%v: %s", parts, diff)
		}
		if s.weights != whole.weights || keep.best != keeper.best || keep.weights(t, keep.bestDir) != keeper.weights(t, keeper.bestDir) {
			t.Errorf("%v: the weights differ", parts)
		}
	}
}

// TestReplay: a run that has its epochs is shown, not trained.
func TestReplay(t *testing.T) {
	s := newSession(10)
	job := s.job(t, 3)
	first := done(t, job)
	for _, epochs := range []int{3, 1} {
		again := newSession(10)
		second := again.job(t, epochs)
		second.Keeper, second.Watcher = job.Keeper, &fakeWatcher{}
		out := done(t, second)
		if !out.Replayed || len(again.calls) != 0 {
			t.Errorf("Fit(%d): replayed %v, calls %v", epochs, out.Replayed, again.calls)
		}
		if diff := cmp.Diff(first.History, out.History); diff != "" {
			t.Error(diff)
		}
		watcher := second.Watcher.(*fakeWatcher)
		if diff := cmp.Diff([]string{"began", "ended"}, watcher.events); diff != "" || len(watcher.start.History) != 3 || watcher.start.Backend != "" {
			t.Errorf("%s %+v", diff, watcher.start)
		}
	}
}

// TestInterrupt: a training that is stopped keeps its last whole batch, and
// goes on from there as if nothing had been.
func TestInterrupt(t *testing.T) {
	whole := newSession(10)
	want := done(t, whole.job(t, 3))

	for _, stopAt := range []int{1, 2, 3} { // of three batches: in the middle, and before the validation
		keep := newKeeper(t)
		ctx, cancel := context.WithCancel(t.Context())
		s := newSession(10)
		batches := 0
		s.onBatch = func(int) {
			if batches++; batches == 3+stopAt {
				cancel()
			}
		}
		job := s.job(t, 3)
		job.Keeper = keep
		out, err := fit.Do(ctx, job)
		cancel()
		if !errors.Is(err, fit.ErrStopped) || !out.Interrupted {
			t.Fatalf("%+v, %v", out, err)
		}
		if len(out.History) != 1 || out.Partial.Batches != stopAt {
			t.Errorf("stopped at batch %d: %d epochs and %+v", stopAt, len(out.History), out.Partial)
		}

		again := newSession(10)
		froms := []session.Partial{}
		again.onTrain = func(e trained) { froms = append(froms, e.From) }
		job = again.job(t, 3)
		job.Keeper = keep
		got := done(t, job)
		if got.Interrupted || again.weights != whole.weights {
			t.Errorf("stopped at batch %d: the weights differ", stopAt)
		}
		if diff := cmp.Diff(numbers(want.History), numbers(got.History)); diff != "" {
			t.Errorf("stopped at batch %d: %s", stopAt, diff)
		}
		if froms[0].Batches != stopAt || froms[len(froms)-1].Batches != 0 && len(froms) > 1 {
			t.Errorf("stopped at batch %d: went on from %+v", stopAt, froms)
		}
		if keep.partial.Batches != 0 {
			t.Errorf("a partial epoch is kept after a whole one: %+v", keep.partial)
		}
	}
}

// TestStoppedWhileValidating: the epoch is trained, and is validated when the
// run goes on; nothing is trained twice.
func TestStoppedWhileValidating(t *testing.T) {
	whole := newSession(10)
	want := done(t, whole.job(t, 2))

	keep := newKeeper(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := newSession(10)
	s.onEvaluate = cancel
	job := s.job(t, 2)
	job.Keeper = keep
	out, err := fit.Do(ctx, job)
	if !errors.Is(err, fit.ErrStopped) || !out.Interrupted || len(out.History) != 0 || !out.Partial.Done() {
		t.Fatalf("%+v, %v", out, err)
	}
	again := newSession(10)
	job = again.job(t, 2)
	job.Keeper = keep
	if diff := cmp.Diff(numbers(want.History), numbers(done(t, job).History)); diff != "" || again.weights != whole.weights {
		t.Error(diff)
	}
}

// TestStoppedBeforeItBegan: a fit whose context is over does no batch and
// loses nothing.
func TestStoppedBeforeItBegan(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := newSession(10)
	job := s.job(t, 2)
	out, err := fit.Do(ctx, job)
	if !errors.Is(err, fit.ErrStopped) || !out.Interrupted || len(out.History) != 0 {
		t.Errorf("%+v, %v", out, err)
	}
	job.Watcher = &fakeWatcher{}
	if out = done(t, job); len(out.History) != 2 || out.Interrupted {
		t.Errorf("%+v", out)
	}
}

// TestDropRemainder leaves out an epoch's last examples, others each time.
func TestDropRemainder(t *testing.T) {
	s := newSession(10)
	left := map[int32]bool{}
	s.onTrain = func(e trained) {
		if len(e.Order) != 8 {
			t.Errorf("an epoch trains %d examples in batches of 4", len(e.Order))
		}
		for i := range int32(10) {
			if !slices.Contains(e.Order, i) {
				left[i] = true
			}
		}
	}
	job := s.job(t, 6)
	job.Recipe.DropRemainder = true
	done(t, job)
	if len(left) < 4 {
		t.Errorf("always the same examples are left out: %v", left)
	}
}

// TestSplit gives each epoch its examples; what it returns stays as it is.
func TestSplit(t *testing.T) {
	fixed, validation := []int32{5, 6, 7, 8, 9}, []int32{1, 2}
	s := newSession(10)
	s.onTrain = func(e trained) {
		if !slices.Equal(slices.Sorted(slices.Values(e.Order)), fixed) {
			t.Errorf("trains %v", e.Order)
		}
	}
	job := s.job(t, 3)
	asked := []int{}
	job.Split = func(epoch int) ([]int32, []int32, error) {
		asked = append(asked, epoch)
		return fixed, validation, nil
	}
	done(t, job)
	if !slices.Equal(asked, []int{1, 2, 3}) || !slices.IsSorted(fixed) {
		t.Errorf("asked for epochs %v; the slice is %v", asked, fixed)
	}
	job = s.job(t, 3)
	job.Split = func(epoch int) ([]int32, []int32, error) { return nil, nil, errors.New("no split") }
	if _, err := fit.Do(t.Context(), job); err == nil || err.Error() != "no split" {
		t.Errorf("%v", err)
	}
}
