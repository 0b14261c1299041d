//go:build !linux || !cgo

// Package compiled keeps nothing on this system: each program compiles its
// models itself.
package compiled

import "errors"

// Keep is for Linux only.
func Keep(plugin, dir string) error {
	return errors.New("what was compiled is kept on Linux only")
}
