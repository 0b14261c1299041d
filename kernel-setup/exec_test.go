//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNothingOutlivesAKilledSetUp: what a program of kernel-setup's starts, and what that starts, ends with it, also after
// kill -9. A program that ends by itself is no longer of concern.
func TestNothingOutlivesAKilledSetUp(t *testing.T) {
	if said := os.Getenv("SAID_BY_THE_CHILD"); said != "" { // this is the program that is killed
		_, _ = output(exec.Command("true"))
		_, _ = output(exec.Command("sh", "-c", `sleep 1000 & echo $! $$ > "$0.part"; mv "$0.part" "$0"; sleep 1000`, said))
		return
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	said := filepath.Join(oddFolder(t), "said")
	child := exec.Command(os.Args[0], "-test.run=^TestNothingOutlivesAKilledSetUp$")
	child.Env = append(os.Environ(), "SAID_BY_THE_CHILD="+said, "MNISTKIT_ROOT="+root)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var started []string
	waitFor(t, "the program has started nothing", func() bool {
		contents, err := os.ReadFile(said)
		started = strings.Fields(string(contents))
		return err == nil
	})
	_ = child.Process.Kill()
	_ = child.Wait()
	for _, number := range started {
		pid, _ := strconv.Atoi(number)
		waitFor(t, "still there: "+number, func() bool {
			state, err := output(exec.Command("ps", "-o", "stat=", "-p", number))
			return syscall.Kill(pid, 0) != nil || err != nil || strings.HasPrefix(state, "Z")
		})
	}
}

func waitFor(t *testing.T, complaint string, happened func() bool) {
	t.Helper()
	for start := time.Now(); !happened(); time.Sleep(50 * time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatal(complaint)
		}
	}
}
