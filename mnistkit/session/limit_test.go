package session

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"gonblabs/mnistkit/layer"
)

// TestUnderLimit: an engine that the system ends because its container has no memory left.
// The test runs itself in a cgroup of its own, where it may make one.
func TestUnderLimit(t *testing.T) {
	if os.Getenv("SESSION_TEST_LIMITED") != "" {
		r := config()
		r.Model = layer.Stack{layer.Flatten(), layer.Dense(60_000_000), layer.Dense(3)} // a gigabyte of weights
		_, err := launch(os.Getenv("SESSION_TEST_LIMITED"), r)
		fmt.Println("died:", err)
		return
	}
	limit := "268435456"
	var folder string
	for base, file := range map[string]string{"/sys/fs/cgroup/memory": "memory.limit_in_bytes", "/sys/fs/cgroup": "memory.max"} {
		at := filepath.Join(base, fmt.Sprint("mnistkit-test-", os.Getpid()))
		if os.Mkdir(at, 0o755) == nil {
			defer func() {
				for range 50 { // until the last process in it is gone
					if os.Remove(at) == nil {
						return
					}
					time.Sleep(20 * time.Millisecond)
				}
				t.Errorf("%s stays", at)
			}()
			_, err := os.Stat(filepath.Join(at, "cgroup.procs")) // the system made it if this is one
			if err == nil && os.WriteFile(filepath.Join(at, file), []byte(limit), 0o644) == nil {
				folder = at
			}
		}
	}
	if folder == "" {
		t.Skip("needs to make a cgroup with a limit")
	}
	cell := exec.Command("sh", "-c", `echo $$ > "$1/cgroup.procs" && exec "$2" -test.run='^TestUnderLimit$'`, "sh", folder, os.Args[0])
	cell.Env = append(os.Environ(), "SESSION_TEST_LIMITED="+realEngine(t), "GOMLX_BACKEND=go")
	said, err := cell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for _, want := range []string{"memory ran out (signal: killed; the limit of its container is 0.268 GB); use a smaller BatchSize", "what was saved is intact"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("%s\ndoes not say %q", said, want)
		}
	}
}

// realEngine is the engine program: without C, which takes seconds to build, or the one of
// the checkout where the tests are to run on XLA.
func realEngine(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs ulimit, cgroups and signals")
	}
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(os.Getenv("GOMLX_BACKEND"), "xla") {
		engine, err := EnsureEngine(root, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		return engine
	}
	engine := filepath.Join(t.TempDir(), "engine")
	build := exec.Command("go", "build", "-ldflags=-s", "-o", engine, enginePackage)
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return engine
}
