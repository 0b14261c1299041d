package files

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// held is the lock of a folder that belongs to one program.
const held = ".held"

// Scratch makes a folder for the work of one program, and clears those of programs that were killed.
//
//	folder, remove, err := files.Scratch(".tools", "report-") // .tools/report-123
//
// Call remove when the work is done.
func Scratch(parent, prefix string) (folder string, remove func(), err error) {
	Sweep(parent, prefix)
	if folder, err = os.MkdirTemp(parent, prefix); err != nil {
		return "", nil, err
	}
	release, err := Hold(folder)
	return folder, func() { release(); _ = os.RemoveAll(folder) }, err
}

// Hold keeps a folder from Sweep until release is called or the program ends.
//
//	release, err := files.Hold("/tmp/gonb_123")
func Hold(folder string) (release func(), err error) {
	return Lock(context.Background(), filepath.Join(folder, held), func() {})
}

// Sweep removes the folders whose names begin with prefix, if a program took hold of them more than an hour ago
// and none holds them any more.
//
//	files.Sweep(os.TempDir(), "gonb_")
func Sweep(parent, prefix string) {
	entries, _ := os.ReadDir(parent) // what cannot be read cannot be cleared
	for _, entry := range entries {
		folder := filepath.Join(parent, entry.Name())
		lock := filepath.Join(folder, held)
		info, err := os.Lstat(lock) // where everybody may write, it may be a pipe, which nobody opens
		if err != nil || !info.Mode().IsRegular() || time.Since(info.ModTime()) < time.Hour ||
			!entry.IsDir() || !strings.HasPrefix(entry.Name(), prefix) {
			continue
		}
		hold := flock.New(lock)
		if free, err := hold.TryLock(); err == nil && free {
			_ = hold.Unlock()
			_ = os.RemoveAll(folder)
		}
	}
}
