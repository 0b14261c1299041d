package runs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// ErrBusy is wrapped by the error of Lock, and of Await when it is stopped,
// while another program trains the run.
var ErrBusy = errors.New("another program is training this run")

// locks is the folder of the lock files. They do not lie in the runs' own
// folders, since a run is moved away while it is locked.
const locks = ".locks"

// held are the lock files of this program: the system would let it wait for
// itself.
var held sync.Map

// Lock keeps other programs from writing to the run until unlock is called or
// this program ends.
func (d Dir) Lock() (unlock func(), err error) {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	return d.Await(now, func() {})
}

// Await is Lock for a caller with patience: while another program trains the
// run it calls waiting, once, and goes on trying until ctx ends.
func (d Dir) Await(ctx context.Context, waiting func()) (unlock func(), err error) {
	if err := d.nested(); err != nil {
		return nil, err
	}
	file, err := d.lockFile()
	if err != nil {
		return nil, fmt.Errorf("run %q: cannot lock it: %w", d.Name, err)
	}
	if _, own := held.LoadOrStore(file.Name(), true); own {
		_ = file.Close() // nothing was written
		return nil, fmt.Errorf("run %q: this program is training it already; let that end first", d.Name)
	}
	unlock = func() {
		_ = file.Close() // as above
		held.Delete(file.Name())
	}
	for told := false; ; told = true {
		ok, err := tryLock(file)
		if ok {
			return unlock, nil
		}
		if err != nil {
			unlock()
			return nil, fmt.Errorf("run %q: cannot lock it: %w", d.Name, err)
		}
		if !told {
			waiting()
		}
		select {
		case <-ctx.Done():
			unlock()
			return nil, fmt.Errorf("run %q: %w; wait for it, or stop it first", d.Name, ErrBusy)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// lockFile opens the file that is locked for the run.
func (d Dir) lockFile() (*os.File, error) {
	folder, err := filepath.Abs(filepath.Join(d.root, locks))
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(folder, strings.ReplaceAll(d.Name, "/", "%")), os.O_CREATE|os.O_RDWR, 0o644)
}
