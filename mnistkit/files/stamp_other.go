//go:build !unix && !windows

package files

import (
	"fmt"
	"os"
	"time"
)

// stat is what a change of the file changes, and the time of the last one, of which a browser knows no more than its file
// system does.
func stat(path string) (state string, changed time.Time, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", changed, err
	}
	return fmt.Sprint(info.Size()), info.ModTime(), nil
}
