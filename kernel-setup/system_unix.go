//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
)

// cgo links the XLA engine.
const cgo = "1"

// programIn is the path of a program in a virtual environment.
func programIn(venv, name string) string { return filepath.Join(venv, "bin", name) }

// executable is the file name of a program.
func executable(name string) string { return name }

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
