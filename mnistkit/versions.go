package mnistkit

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"golang.org/x/mod/modfile"

	"gonblabs/mnistkit/session"
)

// versions are those of Go and of the libraries that decide a result: as
// linked into this program, else as the engine program is built from them.
func versions() map[string]string {
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
		if b, err := os.ReadFile(filepath.Join(root, "go.mod")); err == nil {
			if f, err := modfile.ParseLax("go.mod", b, nil); err == nil {
				for _, r := range f.Require {
					note(r.Mod.Path, r.Mod.Version)
				}
			}
		}
	}
	return v
}
