//go:build cgo

package engine

import (
	"os"
	"path/filepath"
	"strconv"
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

// newXLA makes XLA's plugin for the CPU compute in the thread that asks, on one device unless cpuDevices asks for more.
func newXLA(config string) (compute.Backend, error) {
	config, devices, _ := strings.Cut(config, cpuDevices)
	if !pjrt.IsCUDAName(config) {
		count, _ := strconv.ParseInt(devices, 10, 64)
		if b, err := xla.NewWithOptions(config, pjrt.NamedValuesMap{"asynchronous": false, "cpu_device_count": max(1, count)}); err == nil {
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
