package session

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"gonblabs/mnistkit/files"
)

// enginePackage is the engine program's package, from the checkout's root.
const enginePackage = "./mnistkit/engine/mnistkit-engine"

// Root is the checkout's folder: $MNISTKIT_ROOT, which the notebook kernel
// sets, else the folder that this package was built from.
func Root() (string, error) {
	root := files.Home(os.Getenv("MNISTKIT_ROOT"))
	if root == "" {
		if _, file, _, ok := runtime.Caller(0); ok {
			root = filepath.Dir(filepath.Dir(filepath.Dir(file)))
		}
	}
	if _, err := os.Stat(filepath.Join(root, "mnistkit", "engine")); err != nil {
		return "", fmt.Errorf("the sources of mnistkit are not at %q; set MNISTKIT_ROOT to the checkout, or import gonblabs/mnistkit/engine to link the engine in", root)
	}
	return root, nil
}

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

// OneDNN is the path of the library that computes convolutions on XLA's CPU: the one that
// $MNISTKIT_ONEDNN names, else the one beside the plugin, where set-up puts it if the
// processor gains from it. It is "" where that file is not there: XLA computes them itself.
//
//	session.OneDNN("/…/pjrt_c_api_cpu_plugin.so") // "/…/libdnnl.so.3"
func OneDNN(plugin string) string {
	library := files.Home(os.Getenv("MNISTKIT_ONEDNN"))
	if library == "" {
		library = filepath.Join(filepath.Dir(plugin), "libdnnl.so.3")
	}
	if _, err := os.Stat(library); err != nil {
		return ""
	}
	return library
}

// EnsureEngine returns the path of the engine program of the checkout at root.
// It builds the program when it is missing or its sources have changed.
//
//	path, err := session.EnsureEngine(root, func(line string) { fmt.Println(line) })
//
// It tells log about a build, which takes up to two minutes the first time.
func EnsureEngine(root string, log func(string)) (string, error) {
	bin := filepath.Join(root, ".tools", "bin")
	path := filepath.Join(bin, "mnistkit-engine")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	stamp, err := sourceStamp(root)
	if err != nil {
		return "", err
	}
	old, _ := os.ReadFile(path + ".stamp")
	if _, err := os.Stat(path); err == nil && (string(old) == stamp || !files.Writable(bin)) {
		return path, nil // one that others share is as they built it
	}
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return "", fmt.Errorf("cannot make the tools folder: %w", err)
	}
	log("mnistkit: building the engine program (needed once, and when its sources change) …")
	began := time.Now()
	fresh := fmt.Sprintf("%s.%d", path, os.Getpid())
	defer os.Remove(fresh)
	cmd := exec.Command("go", "build", "-ldflags=-s", "-o", fresh, enginePackage)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the engine program does not build: %s; mend that, or run: %s", cmp.Or(lastWords(string(out)), err.Error()), files.Command("doctor"))
	}
	if err = files.Move(fresh, path); err == nil {
		err = files.Write(path+".stamp", []byte(stamp))
	}
	if err != nil {
		return "", fmt.Errorf("cannot install the engine program: %w", err)
	}
	log(fmt.Sprintf("mnistkit: engine program built in %.0f s", time.Since(began).Seconds()))
	return path, nil
}

// engineSources are the files and folders that the engine program is built from.
var engineSources = []string{"go.mod", "go.sum", "mnistkit/data", "mnistkit/engine", "mnistkit/files", "mnistkit/internal", "mnistkit/layer", "mnistkit/session"}

// sourceStamp changes when a source of the engine changes. Every training cell asks for
// it, and it takes two milliseconds. Times would say less: copies and containers change them.
func sourceStamp(root string) (string, error) {
	h := sha256.New()
	for _, source := range engineSources {
		err := filepath.WalkDir(filepath.Join(root, filepath.FromSlash(source)), func(path string, d fs.DirEntry, err error) error {
			kinds := []string{".mod", ".sum", ".go", ".c", ".h"}
			if err != nil || d.IsDir() || !slices.Contains(kinds, filepath.Ext(path)) || strings.HasSuffix(path, "_test.go") {
				return err
			}
			contents, err := os.ReadFile(path)
			fmt.Fprintln(h, filepath.ToSlash(path[len(root):]), len(contents))
			h.Write(contents)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("the checkout at %q is not whole: %w", root, err)
		}
	}
	fmt.Fprintln(h, runtime.Version())
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}
