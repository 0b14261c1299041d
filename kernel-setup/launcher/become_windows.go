package main

import (
	"errors"
	"os"
	"os/exec"
)

// become runs another program, which ends when this one does (explain/_goexec/begun.go), and ends as it does.
func become(arguments []string) error {
	cmd := exec.Command(arguments[0], arguments[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		os.Exit(ended.ExitCode())
	}
	return err
}
