package mnistkit

import (
	"strings"
	"testing"
)

// A long text ends at a word, or where it must, but not within a letter.
func TestAbbreviated(t *testing.T) {
	for text, want := range map[string]string{
		"a film":                           "a film",
		strings.Repeat("é", 240):           strings.Repeat("é", 240),
		strings.Repeat("é", 241):           strings.Repeat("é", 240) + "…",
		"long " + strings.Repeat("é", 300): "long …",
	} {
		if got := abbreviated(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
