//go:build unix

package files

import (
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

// stat is what a change of the file changes, and the time of the last one.
func stat(path string) (state string, changed time.Time, err error) {
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil {
		return "", changed, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return fmt.Sprint(s.Ino, s.Size, s.Mtim), time.Unix(s.Ctim.Unix()), nil
}
