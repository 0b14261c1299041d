package session

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// ChosenBackend is the configuration of the backend that an engine uses:
// $GOMLX_BACKEND, else what set-up chose for the checkout, else "go".
//
//	session.ChosenBackend() // "xla:/…/pjrt_c_api_cpu_plugin.so"
func ChosenBackend() string {
	if config := os.Getenv("GOMLX_BACKEND"); config != "" {
		return config
	}
	var chosen struct{ Env string }
	if root, err := Root(); err == nil {
		b, err := os.ReadFile(filepath.Join(root, ".tools", "xla", "backend.json"))
		if err == nil && json.Unmarshal(b, &chosen) == nil && chosen.Env != "" {
			return chosen.Env
		}
	}
	return "go"
}
