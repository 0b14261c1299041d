//go:build unix

package soak

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallFiles is set for a child whose files, and those of its engine, may have so many bytes.
const smallFiles = "MNISTKIT_SOAK_SMALL_FILES"

func init() {
	var limit uint64
	if n, _ := fmt.Sscan(os.Getenv(smallFiles), &limit); n == 1 {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			panic(err)
		}
	}
}

// TestCutWrites: where the system writes a part of a file only, as on a disk that is full, a training ends with one
// sentence, and the next one with the weights and histories of one that nobody disturbed.
func TestCutWrites(t *testing.T) {
	want := train(t, filepath.Join(t.TempDir(), "whole"), time.Hour)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{0, 2500, 40_000} {
		runs := filepath.Join(t.TempDir(), "runs")
		cmd := exec.Command(program)
		cmd.Env = append(os.Environ(), child+"=1", "MNISTKIT_DATA=bundled", "MNISTKIT_RUNS="+runs, fmt.Sprint(smallFiles, "=", limit))
		out, err := cmd.CombinedOutput()
		said := strings.TrimSpace(string(out))
		if err == nil || strings.Contains(said, "\n") || !strings.Contains(said, "make room on") && !strings.Contains(said, "check the path and its permissions") {
			t.Errorf("files of at most %d bytes: %v, %q", limit, err, said)
		}
		if got := train(t, runs, time.Hour); got != want {
			t.Errorf("after files of at most %d bytes it ends with the digest %s; that of an undisturbed one is %s", limit, got, want)
		}
	}
}
