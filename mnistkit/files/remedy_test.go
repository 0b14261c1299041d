package files

import (
	"strings"
	"testing"
)

// A full disk has its remedy, in the words of any program.
func TestRemedy(t *testing.T) {
	for said, want := range map[string]bool{
		"write x: no space left on device": true,
		"ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device": true,
		"write x: disk quota exceeded": true, "write x: file too large": true, "there is no Go": false,
	} {
		if got := strings.Contains(Remedy(said), "make room on that disk"); got != want {
			t.Errorf("the remedy of %q is %q", said, Remedy(said))
		}
	}
}
