//go:build cgo

package engine

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/engine/compiled"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/session"
)

// The backend "xla" is there where cgo is.
func init() { compute.Register(xla.BackendName, newXLA) }

// onCPU makes XLA's plugin for the CPU compute in the thread that asks, on one device.
var onCPU = pjrt.NamedValuesMap{"asynchronous": false, "cpu_device_count": int64(1)}

func newXLA(config string) (compute.Backend, error) {
	if !pjrt.IsCUDAName(config) {
		if b, err := xla.NewWithOptions(config, onCPU); err == nil {
			name, _, _ := strings.Cut(config, ",") // options follow
			if plugin, err := pjrt.GetPlugin(name); err == nil {
				if library := session.OneDNN(plugin.Path()); library != "" {
					_ = compiled.Convolutions(plugin.Path(), library) // else XLA computes them
				}
				keepCompiled(plugin.Path())
			}
			return b, nil
		}
	}
	return xla.New(config) // on a GPU, or a plugin that does not know the options
}

// keepCompiled keeps what the plugin compiles in the folder that $MNISTKIT_COMPILED names, or
// beside the data; "off" keeps nothing.
func keepCompiled(plugin string) {
	dir := files.Home(os.Getenv("MNISTKIT_COMPILED"))
	if dir == "off" || files.Check(dir+"/.new") != nil { // such as ~ without a home
		return
	}
	if dir == "" {
		cache, err := data.CacheDir()
		if err != nil {
			return
		}
		dir = filepath.Join(cache, "compiled")
	}
	_ = compiled.Keep(plugin, dir)
}
