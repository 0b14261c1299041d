package training

import (
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
)

// Watcher shows one call of Fit, of a Run, a Loop or all runs of a Sweep.
type Watcher interface {
	fit.Watcher
	// Waiting is called when another program trains the run. It returns a
	// function that is called when that has ended.
	Waiting(run string) (over func())
	// Done is called last, whatever happened.
	Done()
}

// Watch makes the Watcher for a call of Fit: that of a Sweep, or with nil that of a
// single run. Package view, which kit imports, sets it to the display of cells.
// Without it a training shows nothing.
var Watch = func(Sweep) Watcher { return silent{} }

type silent struct{}

func (silent) Began(fit.Start)                          {}
func (silent) Progressed(int, session.Partial, float64) {}
func (silent) EpochEnded(fit.History)                   {}
func (silent) Ended(fit.Outcome)                        {}
func (silent) Waiting(string) func()                    { return func() {} }
func (silent) Done()                                    {}
