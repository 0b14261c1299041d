//go:build !linux || !cgo

// Package compiled keeps what XLA compiled; here it does not.
package compiled

import "errors"

// Keep is for Linux only.
func Keep(plugin, dir string) error {
	return errors.New("what was compiled is kept on Linux only")
}
