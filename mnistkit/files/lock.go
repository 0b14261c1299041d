package files

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// locks are those that this program has. Without them the garbage collector would close the file of a caller that drops unlock.
var locks sync.Map

// Lock locks the file at path until unlock is called or the program ends. It makes
// the file if it is missing.
//
//	unlock, err := files.Lock(ctx, ".tools/setup.lock", func() { fmt.Println("waiting …") })
//
// While another program has the lock, it calls waiting once and tries again until
// ctx ends; the error is then that of ctx. On a file system without locks it locks
// nothing.
func Lock(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	path, _, err = target(path) // opening a named pipe would wait for its other end
	if err = cmp.Or(err, Explain(path, cmp.Or(Trouble(path), os.MkdirAll(filepath.Dir(path), 0o777)))); err != nil {
		return nil, err
	}
	lock := flock.New(path, flock.SetPermissions(0o666))
	locked, err := lock.TryLock()
	if err == nil && !locked {
		waiting()
		_, err = lock.TryLockContext(ctx, 200*time.Millisecond)
	}
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return nil, Explain(path, err)
	}
	locks.Store(lock, nil)
	return func() {
		_ = lock.Unlock() // the system does it anyhow when the program ends
		locks.Delete(lock)
	}, nil
}
