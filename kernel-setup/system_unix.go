//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// cgo links the XLA engine.
const cgo = "1"

// preemption is a signal by which a cluster asks a program to save what it has and end, in time before it ends it.
var preemption = []os.Signal{syscall.SIGUSR1}

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

// ownGroup keeps a program apart from what the terminal tells this one: Ctrl-C reaches it as askToEnd.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// askToEnd lets a program and those that it started tidy up.
func askToEnd(process *os.Process) error { return syscall.Kill(-process.Pid, syscall.SIGTERM) }

// openToAll lets everybody read what this program makes from now on.
func openToAll() { syscall.Umask(0o022) }

// become replaces this program by another one.
func become(arguments []string) error {
	return syscall.Exec(arguments[0], arguments, os.Environ())
}
