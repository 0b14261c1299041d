//go:build unix

package runs

import (
	"os"
	"syscall"
)

// tryLock takes the lock of a file; ok is false when another program has it.
// The system gives it back when the file is closed or the program ends.
func tryLock(file *os.File) (ok bool, err error) {
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == syscall.EWOULDBLOCK {
		return false, nil
	}
	return err == nil, err
}
