package main

import (
	"errors"
	"os"
)

// On Windows only the sentence of checkSystem is ever reached.

func freeDisk(string) (int64, error) { return 0, errors.ErrUnsupported }

func tryLock(*os.File) (held bool) { return false }

func become(_, _ []string) error { return errors.ErrUnsupported }
