//go:build unix

package session

import (
	"os/exec"
	"syscall"
)

func init() {
	detach = func(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
}
