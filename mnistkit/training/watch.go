package training

import (
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
)

// Watcher shows one call of Fit, of a Run, a Loop or all runs of a Sweep.
type Watcher interface {
	fit.Watcher
	// Waiting hears that another program trains the run, and gives what is to
	// be called when that has ended.
	Waiting(run string) (over func())
	// Done comes last, whatever happened.
	Done()
}

// Watch makes the Watcher of a call of Fit: of a Sweep, or with nil of a single
// run. Package view, which kit imports, puts the display of cells here; without
// it a training shows nothing.
var Watch = func(Sweep) Watcher { return silent{} }

type silent struct{}

func (silent) Began(fit.Start)                          {}
func (silent) Progressed(int, session.Partial, float64) {}
func (silent) EpochEnded(fit.History)                   {}
func (silent) Ended(fit.Outcome)                        {}
func (silent) Waiting(string) func()                    { return func() {} }
func (silent) Done()                                    {}
