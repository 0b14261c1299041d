package fit_test

import (
	"strings"
	"testing"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
)

// TestStoredEpochs: callbacks are asked about epochs that were trained before, and
// what they would have decided otherwise is named; nothing is said where they agree.
func TestStoredEpochs(t *testing.T) {
	type embedding struct{ fit.ModelCheckpoint }
	keeps := fit.AfterEpoch(func(h fit.History) fit.Action { return fit.Action{SaveBest: len(h) == 2} })
	stops := fit.AfterEpoch(func(h fit.History) fit.Action {
		if len(h) == 3 {
			return fit.Action{Stop: "three are enough"}
		}
		return fit.Action{}
	})
	halves := fit.LearningRateScheduler(func(epoch int, rate float64) float64 {
		if epoch == 2 {
			return rate / 2
		}
		return rate
	})
	for name, c := range map[string]struct {
		first, then []fit.Callback
		want        string // "" for nothing
	}{
		"none":             {nil, nil, ""},
		"the same":         {[]fit.Callback{halves, keeps}, []fit.Callback{halves, keeps}, ""},
		"another rate":     {nil, []fit.Callback{halves}, "Epoch 3 was trained at the learning rate 0.1; with these callbacks it would have been 0.05; Reset the run"},
		"rate left out":    {[]fit.Callback{halves}, nil, "Epoch 3 was trained at the learning rate 0.05; with these callbacks it would have been 0.1; Reset the run"},
		"stopped before":   {nil, []fit.Callback{stops}, "would have stopped the training after epoch 3: three are enough; Reset the run"},
		"best came late":   {nil, []fit.Callback{keeps}, "would have kept the weights of epoch 2 as the best, but were not there when it was trained; Reset the run"},
		"best left out":    {[]fit.Callback{keeps}, nil, "The weights of epoch 2 are kept as the best and go on answering; these callbacks would keep none."},
		"a pointer":        {nil, []fit.Callback{&fit.ModelCheckpoint{}}, "would have kept the weights of epoch"},
		"an embedding":     {nil, []fit.Callback{embedding{}}, "would have kept the weights of epoch"},
		"a pointer agrees": {[]fit.Callback{fit.ModelCheckpoint{}}, []fit.Callback{&embedding{}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(10)
			job := s.job(t, 4)
			job.Callbacks = c.first
			done(t, job)
			for _, epochs := range []int{4, 5} { // replayed, and gone on with
				again, watcher := newSession(10).job(t, epochs), &fakeWatcher{}
				again.Keeper, again.Watcher, again.Callbacks = job.Keeper, watcher, c.then
				done(t, again)
				got := strings.Join(watcher.start.Notices, " ")
				if !strings.Contains(got, c.want) || c.want == "" && got != "" {
					t.Errorf("Fit(%d) says %q, want %q", epochs, got, c.want)
				}
				if c.want == "" {
					break // the next call has another epoch to keep
				}
			}
		})
	}
}

// TestCrashBetweenSaves: the best weights are saved before the state; when a crash
// comes between, the epoch is trained again, and nobody is told to reset.
func TestCrashBetweenSaves(t *testing.T) {
	s := newSession(10)
	job := s.job(t, 3)
	job.Callbacks = []fit.Callback{fit.ModelCheckpoint{Monitor: "loss", Mode: "max"}}
	done(t, job)
	keeper, watcher := job.Keeper.(*fakeKeeper), &fakeWatcher{}
	keeper.best = 4 // its history and weights were not saved
	job.Watcher, job.Epochs = watcher, 3
	done(t, job)
	if len(watcher.start.Notices) > 0 {
		t.Errorf("it says %q", watcher.start.Notices)
	}
}

// TestAnyKindOfCallback: a callback works as a value, as a pointer, embedded and
// as a function.
func TestAnyKindOfCallback(t *testing.T) {
	set := func() (*data.Set, error) { return oneExample, nil }
	type measuring struct{ fit.EvaluateOn }
	type saving struct{ fit.SaveWeights }
	for name, callbacks := range map[string][]fit.Callback{
		"values":   {fit.EvaluateOn{Name: "other", Set: set}, fit.SaveWeights{Every: 2}},
		"pointers": {&fit.EvaluateOn{Name: "other", Set: set}, &fit.SaveWeights{Every: 2}},
		"functions": {fit.EvaluateOn{Name: "other", Set: set}, fit.AfterEpoch(func(h fit.History) fit.Action {
			if len(h) == 2 {
				return fit.Action{SaveAs: "cp-0002"}
			}
			return fit.Action{}
		})},
		"embedding": {measuring{fit.EvaluateOn{Name: "other", Set: set}}, &saving{fit.SaveWeights{Every: 2}}},
	} {
		job := newSession(10).job(t, 2)
		job.Callbacks = callbacks
		out := done(t, job)
		if _, ok := out.History.Last().Metrics["other_loss"]; !ok || job.Keeper.SavedEpoch("cp-0002") != 2 || job.Keeper.SavedEpoch("cp-0001") != 0 {
			t.Errorf("%s: measured %v, saved %v", name, out.History.Metrics(), job.Keeper.(*fakeKeeper).named)
		}
		again, watcher := newSession(10).job(t, 2), &fakeWatcher{}
		again.Watcher, again.Callbacks = watcher, callbacks
		again.Keeper = newSession(10).job(t, 2).Keeper
		first := again
		first.Callbacks = nil
		done(t, first)
		watcher.start.Notices = nil
		done(t, again)
		if got := strings.Join(watcher.start.Notices, " "); !strings.Contains(got, "without EvaluateOn") || !strings.Contains(got, "no checkpoint cp-0002") {
			t.Errorf("%s: late, it says %q", name, got)
		}
	}
	job := newSession(10).job(t, 2)
	job.Callbacks = []fit.Callback{(*fit.EvaluateOn)(nil)}
	if _, err := fit.Do(t.Context(), job); err == nil || !strings.Contains(err.Error(), "a callback is nil") {
		t.Errorf("a nil pointer: %v", err)
	}
}
