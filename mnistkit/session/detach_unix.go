//go:build unix

package session

import (
	"os/exec"
	"syscall"
)

// detach keeps a Ctrl-C in the terminal, and GoNB's interrupt, from reaching
// the engine program: its parent decides when it stops.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
