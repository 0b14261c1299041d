package fit

import "gonblabs/mnistkit/session"

// Keeper keeps what a run must not lose. Package runs keeps it on disk.
type Keeper interface {
	// Load is the state from which to continue: the folder of the weights, "" for a
	// new run, the complete epochs, and how far the epoch after them is.
	Load() (folder string, h History, p session.Partial, err error)
	// SaveLast keeps the present weights, which save writes to a new folder.
	SaveLast(h History, p session.Partial, save func(dir string) error) error
	// SaveBest keeps the weights of an epoch as the best.
	SaveBest(epoch int, save func(dir string) error) error
	// SaveAs keeps the weights of an epoch under a name, and of the same series
	// only the newest; 0 keeps all.
	SaveAs(name, series string, newest, epoch int, save func(dir string) error) error
	// SavedEpoch is the epoch whose weights are kept as "best", or under a name by
	// SaveAs; 0 if there are none.
	SavedEpoch(name string) int
}
