package fit_test

import (
	"strings"
	"testing"

	"gonblabs/mnistkit/fit"
)

// TestLateSaveWeights: checkpoints of epochs that are trained already are told
// to be missing, unless later ones push them out.
func TestLateSaveWeights(t *testing.T) {
	for name, c := range map[string]struct {
		epochs int
		late   fit.SaveWeights
		want   string
	}{
		"replay":             {4, fit.SaveWeights{}, "no 4 checkpoints cp-0001 to cp-0004"},
		"one":                {4, fit.SaveWeights{Every: 3}, "no checkpoint cp-0003"},
		"newest only":        {4, fit.SaveWeights{Keep: 2}, "no 2 checkpoints cp-0003 to cp-0004"},
		"gone on with":       {6, fit.SaveWeights{}, "no 4 checkpoints cp-0001 to cp-0004"},
		"pushed out":         {6, fit.SaveWeights{Keep: 2}, ""},
		"one is pushed out":  {5, fit.SaveWeights{Keep: 2}, "no checkpoint cp-0004"},
		"none was due":       {6, fit.SaveWeights{Every: 5}, ""},
		"other names so far": {4, fit.SaveWeights{Every: 4, Name: "e{epoch}"}, "no checkpoint e4"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(10)
			job := s.job(t, 4)
			done(t, job)
			watcher := &fakeWatcher{}
			job.Epochs, job.Watcher, job.Callbacks = c.epochs, watcher, []fit.Callback{c.late}
			done(t, job)
			got := strings.Join(watcher.start.Notices, " ")
			if !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("told %q, want %q", got, c.want)
			}
			watcher = &fakeWatcher{}
			job.Watcher, job.Callbacks = watcher, nil
			done(t, job)
			if len(watcher.start.Notices) > 0 {
				t.Errorf("without SaveWeights: %v", watcher.start.Notices)
			}
		})
	}
	s := newSession(10)
	job := s.job(t, 2)
	watcher := &fakeWatcher{}
	job.Watcher, job.Callbacks = watcher, []fit.Callback{fit.SaveWeights{Keep: 1}}
	done(t, job)
	job.Epochs = 3
	done(t, job)
	if len(watcher.start.Notices) > 0 {
		t.Errorf("with SaveWeights from the start: %v", watcher.start.Notices)
	}
}
