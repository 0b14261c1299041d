package files

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// locks are those that this program has. Without them the garbage collector would close the file of a caller that drops unlock.
var locks sync.Map

// Lock locks the file at path until unlock is called or the program ends. It makes
// the file if it is missing.
//
//	unlock, err := files.Lock(ctx, ".tools/setup.lock", func() { fmt.Println("waiting …") })
//
// While another program has the lock, it calls waiting once and tries again until
// ctx ends; the error is then that of ctx. On a file system without locks it locks
// nothing.
func Lock(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	path, _, err = target(path) // opening a named pipe would wait for its other end
	if err = cmp.Or(err, Explain(path, cmp.Or(Trouble(path), os.MkdirAll(filepath.Dir(path), 0o777)))); err != nil {
		return nil, err
	}
	lock := flock.New(path, flock.SetPermissions(0o666))
	locked, err := lock.TryLock()
	if err == nil && !locked {
		waiting()
		_, err = lock.TryLockContext(ctx, 200*time.Millisecond)
	}
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return nil, Explain(path, err)
	}
	locks.Store(lock, nil)
	return func() {
		_ = lock.Unlock() // the system does it anyhow when the program ends
		locks.Delete(lock)
	}, nil
}

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

// LocksReach says, by an error with a remedy, that locks in a folder do not keep programs on other machines away. It tells
// by the file system's type and options, on Linux.
//
//	err := files.LocksReach("/home/ana/runs")
func LocksReach(folder string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	mounts, _ := os.ReadFile("/proc/self/mountinfo") // "" elsewhere
	return locksReach(real(folder), string(mounts))
}

// real is a path without links, as far as it exists.
func real(path string) string {
	if found, err := filepath.EvalSymlinks(path); err == nil || filepath.Dir(path) == path {
		return found
	}
	return filepath.Join(real(filepath.Dir(path)), filepath.Base(path))
}

// locksReach finds the mount with the longest path above the folder; the last one hides those before it.
func locksReach(folder, mounts string) error {
	var place, kind, options string
	for line := range strings.Lines(mounts) { // 36 35 98:0 /root /mount rw,noatime shared:1 - nfs server:/home rw,vers=3,nolock
		before, after, ok := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 6 || len(right) < 3 {
			continue
		}
		point := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(left[4])
		inside := point == "/" || folder == point || strings.HasPrefix(folder, point+"/")
		if inside && len(point) >= len(place) {
			place, kind, options = point, right[0], right[2]
		}
	}
	set := func(wanted ...string) bool {
		return slices.ContainsFunc(strings.Split(options, ","), func(o string) bool { return slices.Contains(wanted, o) })
	}
	remedy := ""
	switch {
	case strings.HasPrefix(kind, "nfs") && set("nolock", "local_lock=all", "local_lock=flock"):
		remedy = "without nolock and local_lock"
	case kind == "lustre" && !set("flock"):
		remedy = "with the option flock"
	case slices.Contains([]string{"cifs", "smb3"}, kind) && set("nobrl", "nolock"):
		remedy = "without nobrl and nolock"
	}
	if remedy == "" {
		return nil
	}
	return fmt.Errorf("%s lies on %s (%s), where locks do not keep programs on other machines away; ask for a mount %s, or set MNISTKIT_RUNS to a folder elsewhere",
		folder, kind, place, remedy)
}
