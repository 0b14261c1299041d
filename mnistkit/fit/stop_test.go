package fit_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
)

// TestEarlyStop: a callback that stopped a run stops it again when it is asked
// for more epochs; without it, the run goes on.
func TestEarlyStop(t *testing.T) {
	never := fit.AfterEpoch(func(h fit.History) fit.Action {
		if len(h) == 2 {
			return fit.Action{Stop: "two are enough", Note: "seen"}
		}
		return fit.Action{}
	})
	s := newSession(10)
	job := s.job(t, 5)
	job.Callbacks = []fit.Callback{never}
	out := done(t, job)
	if len(out.History) != 2 || out.Why != "two are enough" || out.Replayed || !slices.Equal(out.History[1].Notes, []string{"seen"}) {
		t.Fatalf("%+v", out)
	}
	job.Epochs = 9
	if out = done(t, job); len(out.History) != 2 || out.Why != "two are enough" || !out.Replayed {
		t.Errorf("asked for more, it went %+v", out)
	}
	if n := len(out.History[1].Notes); n != 1 {
		t.Errorf("a replay notes again: %d notes", n)
	}
	job.Callbacks = nil
	if out = done(t, job); len(out.History) != 9 || out.Why != "" {
		t.Errorf("without the callback it went to %d epochs (%q)", len(out.History), out.Why)
	}
}

// TestCallbacksTogether: all are asked, the first reason to stop counts, and
// what one says about the rate holds for the next epoch.
func TestCallbacksTogether(t *testing.T) {
	says := func(a fit.Action) fit.Callback { return fit.AfterEpoch(func(fit.History) fit.Action { return a }) }
	s := newSession(10)
	job := s.job(t, 3)
	job.Callbacks = []fit.Callback{says(fit.Action{LearningRate: 0.01, Note: "one"}), says(fit.Action{Note: "two"})}
	out := done(t, job)
	if h := out.History; h[0].LearningRate != 0.1 || h[1].LearningRate != 0.01 || !slices.Equal(h[2].Notes, []string{"one", "two"}) {
		t.Errorf("%+v", h)
	}
	job = s.job(t, 3)
	job.Callbacks = []fit.Callback{says(fit.Action{SaveBest: true, Stop: "first"}), says(fit.Action{Stop: "second"})}
	if out := done(t, job); out.Why != "first" || len(out.History) != 1 || out.Best != 1 {
		t.Errorf("%+v", out)
	}
}

// TestErrorsPass: an error of the engine or of the keeper comes out as it is,
// and what was kept before is still there to go on from.
func TestErrorsPass(t *testing.T) {
	broken := errors.New("the engine program ended")
	whole := newSession(10)
	want := done(t, whole.job(t, 3))
	for _, method := range []string{"open", "load", "train", "evaluate", "save"} {
		t.Run(method, func(t *testing.T) {
			keep := newKeeper(t)
			job := newSession(10).job(t, 2)
			job.Keeper = keep
			done(t, job)

			s := newSession(10)
			s.fail = map[string]error{method: broken}
			job = s.job(t, 3)
			job.Keeper = keep
			out, err := fit.Do(t.Context(), job)
			if !errors.Is(err, broken) || !errors.Is(out.Err, broken) {
				t.Errorf("%v, %v", err, out.Err)
			}
			if watcher := job.Watcher.(*fakeWatcher); !slices.Contains(watcher.events, "ended") || watcher.end.Err == nil {
				t.Errorf("the watcher heard %v", watcher.events)
			}
			if method != "open" && !slices.Contains(s.calls, "close") {
				t.Error("the engine was not closed")
			}

			job = newSession(10).job(t, 3)
			job.Keeper = keep
			if diff := cmp.Diff(numbers(want.History), numbers(done(t, job).History)); diff != "" {
				t.Error(diff)
			}
		})
	}
	keep := &fakeKeeper{fail: errors.New("the history is damaged")}
	job := newSession(10).job(t, 3)
	job.Keeper = keep
	if _, err := fit.Do(t.Context(), job); !errors.Is(err, keep.fail) {
		t.Errorf("%v", err)
	}
}

// TestDiverged: a loss that is no number ends the run without being asked to.
func TestDiverged(t *testing.T) {
	s := newSession(10)
	job := s.job(t, 3)
	job.Recipe.Optimizer.LearningRate = 0
	job.Callbacks = nil
	job.Open = func() (session.Session, error) { return nanSession{s}, nil }
	out := done(t, job)
	if len(out.History) != 1 || !strings.Contains(out.Why, "not a number any more (NaN) in epoch 1") {
		t.Errorf("%d epochs, %q", len(out.History), out.Why)
	}
}

type nanSession struct{ *fakeSession }

func (s nanSession) Train(ctx context.Context, e session.Epoch, progress func(session.Partial)) (session.Partial, error) {
	p, err := s.fakeSession.Train(ctx, e, progress)
	zero := 0.0
	p.Sums["loss"] = zero / zero
	return p, err
}

// TestJobErrors is a table of jobs that make no sense; nothing is opened.
func TestJobErrors(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct {
		change func(*fit.Job)
		want   string
	}{
		{func(j *fit.Job) { j.Epochs = 0 }, "0 epochs were asked for; ask for at least 1"},
		{func(j *fit.Job) { j.Recipe.DropRemainder, j.Recipe.BatchSize = true, 11 }, "the training data hold 10 examples, less than one batch of 11, and DropRemainder leaves out such a batch; use a smaller BatchSize"},
		{func(j *fit.Job) { j.Callbacks = []fit.Callback{nil} }, "a callback is nil (<nil>); leave it out"},
		{func(j *fit.Job) { j.Callbacks = []fit.Callback{fit.ModelCheckpoint{Monitor: "val_mae"}} }, `ModelCheckpoint: there is no metric "val_mae" to monitor; this run has [loss accuracy val_loss val_accuracy]`},
		{func(j *fit.Job) { j.Validates = false; j.Callbacks = []fit.Callback{fit.EarlyStopping{}} }, `EarlyStopping: there is no metric "val_loss" to monitor; this run has [loss accuracy]; validation metrics need a validation split, such as Holdout(0.15)`},
		{func(j *fit.Job) { j.Callbacks = []fit.Callback{fit.EarlyStopping{Mode: "up"}} }, `EarlyStopping: Mode "up" is unknown; known are [auto min max]`},
		{func(j *fit.Job) { j.Callbacks = []fit.Callback{fit.EarlyStopping{Patience: -1}} }, "EarlyStopping: Patience is -1; it must be a number from 0 to 2147483647"},
		{func(j *fit.Job) { j.Callbacks = []fit.Callback{fit.ReduceLROnPlateau{Factor: 1}} }, "ReduceLROnPlateau: Factor is 1; it must be above 0 and below 1"},
		{func(j *fit.Job) { j.Callbacks = []fit.Callback{fit.ReduceLROnPlateau{Cooldown: -2}} }, "ReduceLROnPlateau: Cooldown is -2; it must be a number from 0 to 2147483647"},
		{func(j *fit.Job) { j.Callbacks = []fit.Callback{fit.CSVLogger{}} }, `CSVLogger: File is empty; name one, such as "lenet.csv"`},
		{func(j *fit.Job) { j.Callbacks = []fit.Callback{fit.CSVLogger{File: "/no/such/folder/a.csv"}} }, `CSVLogger: the folder "/no/such/folder" is not there; make it first`},
		{func(j *fit.Job) { j.Callbacks = []fit.Callback{fit.CSVLogger{File: folder}} }, `CSVLogger: ` + folder + ` is a folder, not a file that can be replaced; choose another name`},
	} {
		s := newSession(10)
		job := s.job(t, 2)
		c.change(&job)
		if _, err := fit.Do(t.Context(), job); err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
		if len(s.calls) > 0 {
			t.Errorf("%s: the engine was asked to %v", c.want, s.calls)
		}
	}
}
