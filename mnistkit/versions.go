package mnistkit

import (
	"runtime"
	"runtime/debug"
)

// versions are those of Go and of the libraries that decide a result.
func versions() map[string]string {
	v := map[string]string{"go": runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			switch m.Path {
			case "github.com/gomlx/gomlx", "github.com/gomlx/go-xla", "github.com/janpfeifer/gonb":
				v[m.Path] = m.Version
			}
		}
	}
	return v
}
