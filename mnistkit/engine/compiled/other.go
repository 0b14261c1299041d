//go:build !linux || !cgo

// Package compiled does nothing on this system: each program compiles its models itself, and
// XLA computes all convolutions.
package compiled

import "errors"

// Keep is for Linux only.
func Keep(plugin, dir string) error { return errors.New("what was compiled is kept on Linux only") }

var errNoLibrary = errors.New("convolutions are computed by a library on Linux only, in a program with C")

// Convolutions is for Linux only.
func Convolutions(plugin, library string) error { return errNoLibrary }

// Library is for Linux only.
func Library() (string, error) { return "", errNoLibrary }

// ByXLA is f.
func ByXLA(f func()) { f() }

// Convolved counts nothing.
func Convolved() (taken, left int) { return 0, 0 }
