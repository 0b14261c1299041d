//go:build unix

package main

import (
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

// become replaces this program by another one.
func become(arguments, environment []string) error {
	return syscall.Exec(arguments[0], arguments, environment)
}
