//go:build unix

package runs

import (
	"os/exec"
	"syscall"
)

// nobody makes a program one of the user nobody.
func nobody(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	return nil
}

func makePipe(path string) error { return syscall.Mkfifo(path, 0o644) }
