//go:build unix

package main

import (
	"os"
	"strconv"
	"syscall"
)

// become replaces this program by another one, which keeps its number: cells know by it whether the kernel has started them.
func become(arguments []string) error {
	os.Setenv("KERNEL_PID", strconv.Itoa(os.Getpid()))
	return syscall.Exec(arguments[0], arguments, os.Environ())
}
