package main

import (
	"errors"
	"os"
	"os/exec"

	"golang.org/x/sys/windows"
)

// cgo stays out: there is no XLA plugin for Windows, and pure Go needs no C compiler.
const cgo = "0"

// preemption: no cluster is known that runs Windows.
var preemption []os.Signal

const scripts, exe = "Scripts", ".exe"

func freeDisk(folder string) (int64, error) {
	path, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, err
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(path, &free, nil, nil)
	return int64(free), err
}

// ownGroup does nothing: py/heir.py ends a program with all that it started.
func ownGroup(*exec.Cmd) {}

// askToEnd ends the program: Windows has no signal that asks.
func askToEnd(process *os.Process) error { return process.Kill() }

// become runs the other program and ends as it does. Ctrl-C reaches both.
func become(arguments []string) error {
	cmd := exec.Command(arguments[0], arguments[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := runToEnd(cmd, func() {})
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		os.Exit(ended.ExitCode())
	}
	return err
}

// openToAll is for installations, which Windows has not.
func openToAll() {}
