package session

import (
	"os"
	"path/filepath"
	"strings"
)

// ChosenBackend is the configuration of the backend that an engine uses:
// $GOMLX_BACKEND, else what set-up chose for the checkout, else "go".
//
//	session.ChosenBackend() // "xla:/…/pjrt_c_api_cpu_plugin.so"
func ChosenBackend() string {
	if config := os.Getenv("GOMLX_BACKEND"); config != "" {
		return config
	}
	if root, err := Root(); err == nil {
		if b, err := os.ReadFile(filepath.Join(root, ".tools", "backend")); err == nil {
			if config := strings.TrimSpace(string(b)); config != "" {
				return config
			}
		}
	}
	return "go"
}
