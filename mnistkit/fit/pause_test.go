package fit

import (
	"testing"
	"time"
)

// A slow disk is written to less often.
func TestPause(t *testing.T) {
	for saving, want := range map[time.Duration]time.Duration{0: 2 * time.Second, 90 * time.Millisecond: 2 * time.Second, time.Second: 20 * time.Second} {
		if got := pause(saving); got != want {
			t.Errorf("after a save of %v: %v, want %v", saving, got, want)
		}
	}
}
