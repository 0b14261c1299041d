//go:build unix

package main

import (
	"os"
	"syscall"
)

// become replaces this program by another one.
func become(arguments []string) error { return syscall.Exec(arguments[0], arguments, os.Environ()) }
