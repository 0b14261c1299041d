//go:build unix

package mnistkit

import (
	"os"
	"syscall"
)

// preemption are the signals by which a cluster asks a program to save what it has and end.
var preemption = []os.Signal{syscall.SIGTERM, syscall.SIGUSR1}
