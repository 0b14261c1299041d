package fit

import "gonblabs/mnistkit/session"

// Watcher shows a fit while it runs. Its methods are called from one goroutine
// and should return quickly.
type Watcher interface {
	// Began is called before the first batch, and before a replay.
	Began(Start)
	// Progressed is called about ten times a second while an epoch is trained.
	Progressed(epoch int, p session.Partial, seconds float64)
	// EpochEnded is called with the history, whose last epoch is the new one.
	EpochEnded(h History)
	// Ended is called last, also after an error.
	Ended(Outcome)
}

// Start is what a Watcher is told first.
type Start struct {
	Run      string // the run's name
	Backend  string // "xla:cpu"; "" for a replay
	Examples int    // in the training data
	Epochs   int    // how many the run is to have in all
	History  History
	Notices  []string // what the reader must know: bundled sample, run moved away, …
}

// Outcome is how a fit ended.
type Outcome struct {
	History     History
	Replayed    bool            // nothing was trained: the history was there already
	Interrupted bool            // stopped by the user
	Partial     session.Partial // of the epoch that is not complete
	Why         string          // why it ended before its last epoch, in a sentence
	Best        int             // the epoch whose weights are kept as the best; 0: none
	Err         error
}
