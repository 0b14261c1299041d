package files

import (
	"crypto/sha256"
	"fmt"
	"time"
)

// Stamp is a text that changes when one of the files does.
//
//	stamp, err := files.Stamp("mnist.npz")
//
// It is made of their sizes and of the times at which the system saw the last change, which no
// program can set back. Right after a change Stamp waits for the clock to go on, so that the next
// change has another time.
func Stamp(paths ...string) (string, error) {
	h := sha256.New()
	var newest time.Time
	for _, path := range paths { // 50,000 take 70 ms, and no less with several at once
		line, changed, err := stat(path)
		if err != nil {
			return "", Explain(path, err)
		}
		fmt.Fprintln(h, path, line, changed.UnixNano())
		if changed.After(newest) {
			newest = changed
		}
	}
	const tick = 20 * time.Millisecond // longer than a step of the clock by which file systems note changes
	time.Sleep(min(tick, time.Until(newest.Add(tick))))
	return fmt.Sprintf("%x", h.Sum(nil)[:8]), nil
}
