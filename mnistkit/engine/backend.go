package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // the backend "go", which needs nothing

	"gonblabs/mnistkit/session"
)

// Backend is the backend that this program computes on, started once:
// $GOMLX_BACKEND, else the one that set-up chose for the checkout, else "go".
//
//	backend, err := engine.Backend()
//
// It never installs anything and never falls back in silence.
var Backend = sync.OnceValues(func() (compute.Backend, error) {
	config := chosenBackend()
	backend, err := startBackend(config)
	if err != nil {
		return nil, fmt.Errorf("the backend %q does not start: %w; run: go run ./kernel-setup doctor, or set GOMLX_BACKEND=go", config, err)
	}
	return backend, nil
})

func startBackend(config string) (backend compute.Backend, err error) {
	// GoMLX would otherwise look for plugins on the internet at every start.
	if os.Getenv("GOMLX_NO_AUTO_INSTALL") == "" {
		os.Setenv("GOMLX_NO_AUTO_INSTALL", "1")
	}
	err = guard("start the backend", func() error {
		var err error
		backend, err = compute.NewWithConfig(config)
		return err
	})
	return backend, err
}

// chosenBackend is the backend's configuration: "go" or "xla:/path/plugin.so".
func chosenBackend() string {
	if config := os.Getenv("GOMLX_BACKEND"); config != "" {
		return config
	}
	if root, err := session.Root(); err == nil {
		if b, err := os.ReadFile(filepath.Join(root, ".tools", "backend")); err == nil {
			if config := strings.TrimSpace(string(b)); config != "" {
				return config
			}
		}
	}
	return "go"
}

// backendName is how the backend is spoken of: "go", "xla:cpu", "xla:cuda".
func backendName(b compute.Backend) string {
	name := b.Name()
	if name != "xla" {
		return name
	}
	if strings.Contains(strings.ToLower(b.Description()), "cuda") {
		return "xla:cuda"
	}
	return "xla:cpu"
}

// guard runs f and turns a panic of the graph library into an error that says
// what was being done.
func guard(doing string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
		if err != nil {
			err = fmt.Errorf("cannot %s: %w", doing, firstLine(err))
		}
	}()
	return f()
}

// plain is an error cut to its first line: GoMLX adds a stack to its own.
type plain struct {
	text string
	err  error
}

func (p plain) Error() string { return p.text }
func (p plain) Unwrap() error { return p.err }

func firstLine(err error) error {
	text, _, cut := strings.Cut(err.Error(), "\n")
	if !cut {
		return err
	}
	return plain{text, err}
}
