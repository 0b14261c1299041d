package training

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"gonblabs/mnistkit/session"
)

// Versions gives the versions of Go and of the libraries that decide a result: those
// linked into this program, or else those from which the engine program is built.
func Versions() map[string]string {
	v := map[string]string{"go": runtime.Version()}
	decisive := map[string]bool{"github.com/gomlx/gomlx": true, "github.com/gomlx/go-xla": true, "github.com/janpfeifer/gonb": true}
	note := func(module, version string) {
		if decisive[module] && v[module] == "" {
			v[module] = version
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			note(m.Path, m.Version)
		}
	}
	if root, err := session.Root(); err == nil {
		gomod, _ := os.ReadFile(filepath.Join(root, "go.mod")) // without it a few versions are not known
		for line := range strings.Lines(string(gomod)) {
			if words := strings.Fields(strings.TrimPrefix(line, "require")); len(words) > 1 {
				note(words[0], words[1])
			}
		}
	}
	return v
}
