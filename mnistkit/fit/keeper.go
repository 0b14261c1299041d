package fit

import "gonblabs/mnistkit/session"

// Keeper keeps what a run must not lose. Package runs keeps it on disk.
type Keeper interface {
	// Load is the state from which to continue; its folder is "" for a new run.
	Load() (State, History, error)
	// SaveLast keeps the present weights, which save writes to a new folder.
	SaveLast(h History, p session.Partial, save func(dir string) error) error
	// SaveBest keeps the weights of an epoch as the best.
	SaveBest(epoch int, save func(dir string) error) error
	// SaveAs keeps the weights of an epoch under a name, and of the same series
	// only the newest; 0 keeps all.
	SaveAs(name, series string, newest, epoch int, save func(dir string) error) error
	// HasSaved says whether SaveAs has kept weights of that name.
	HasSaved(name string) bool
	// BestEpoch is the epoch kept as the best, or 0.
	BestEpoch() int
}

// State is how far a run is.
type State struct {
	Dir     string          // holds the weights
	Epoch   int             // complete epochs
	Partial session.Partial // of the epoch after them
}
