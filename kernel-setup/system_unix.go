//go:build unix

package main

import (
	"os"
	"syscall"
)

// freeDisk is what this user may still write on the disk that holds a folder.
func freeDisk(folder string) (int64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return 0, err
	}
	return int64(stat.Bavail) * int64(stat.Bsize), nil
}

// tryLock takes the lock of a file and says whether somebody else holds it.
func tryLock(file *os.File) (held bool) {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	return err == syscall.EWOULDBLOCK || err == syscall.EINTR // other errors: a file system without locks
}

// become replaces this program by another one.
func become(arguments, environment []string) error {
	return syscall.Exec(arguments[0], arguments, environment)
}
