package runs

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"gonblabs/mnistkit/files"
)

// ErrBusy is wrapped by the error of Await when ctx ends while another program trains the run.
var ErrBusy = errors.New("another program is training this run")

// locks is the folder of the lock files. They do not lie in the runs' own
// folders, since a run is moved away while it is locked.
const locks = ".locks"

// lockedHere are the lock files of this program: the system would let it wait for
// itself.
var lockedHere sync.Map

// Await keeps other programs from writing to the run until unlock is called or this program ends. While another
// one trains the run, it calls waiting once and tries again until ctx ends.
func (d Dir) Await(ctx context.Context, waiting func()) (unlock func(), err error) {
	if err := d.free(); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(filepath.Join(d.root, locks, strings.ReplaceAll(d.Name, "/", "%")))
	if err != nil {
		return nil, fmt.Errorf("run %q: cannot lock it: %w", d.Name, err)
	}
	if _, locked := lockedHere.LoadOrStore(path, true); locked {
		return nil, fmt.Errorf("run %q: this program is training it already; let that end first", d.Name)
	}
	release, err := files.Lock(ctx, path, waiting)
	if err != nil {
		lockedHere.Delete(path)
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return nil, fmt.Errorf("run %q: %w; wait for it, or stop it first", d.Name, ErrBusy)
		}
		return nil, fmt.Errorf("run %q: cannot lock it: %w", d.Name, err)
	}
	return func() { release(); lockedHere.Delete(path) }, nil
}

// Lock is Await for who waits for nobody: while another program trains the run, it is an error.
func (d Dir) Lock() (unlock func(), err error) {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	return d.Await(now, func() {})
}
