package runs

import (
	"errors"
	"os/exec"
)

func nobody(*exec.Cmd) error { return errors.New("another user is tried on Unix only") }
