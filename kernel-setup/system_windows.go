package main

import (
	"errors"
)

// On Windows only the sentence of checkSystem is ever reached.

func freeDisk(string) (int64, error) { return 0, errors.ErrUnsupported }

func become(_, _ []string) error { return errors.ErrUnsupported }
