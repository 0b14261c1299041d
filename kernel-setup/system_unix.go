//go:build unix

package main

import (
	"os"
	"syscall"
)

// cgo links the XLA engine.
const cgo = "1"

// scripts is the folder of programs in a virtual environment, exe the end of a program's file name.
const scripts, exe = "bin", ""

// freeDisk is what this user may still write on the disk that holds a folder.
func freeDisk(folder string) (int64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return 0, err
	}
	return int64(stat.Bavail) * int64(stat.Bsize), nil
}

// askToEnd lets a program tidy up.
func askToEnd(process *os.Process) error { return process.Signal(syscall.SIGTERM) }

// become replaces this program by another one.
func become(arguments, environment []string) error {
	return syscall.Exec(arguments[0], arguments, environment)
}
