//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

// TestHeirWithoutFork: on Windows, where no program can fork, the heir of a program is not waited for, and does its work.
func TestHeirWithoutFork(t *testing.T) {
	python, err := findPython()
	if err != nil {
		t.Skip(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	script := "#!" + python + "\nimport os, runpy, sys\ndel os.fork\nrunpy.run_path(sys.argv[-1], run_name='__main__')\n"
	if err := os.WriteFile(filepath.Join(folder, "python3"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MNISTKIT_ROOT", root)
	sleeper := exec.Command("sleep", "1000")
	ownGroup(sleeper)
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	started := make(chan io.WriteCloser, 1)
	go func() { started <- startHeir() }()
	select {
	case heir := <-started:
		fmt.Fprintln(heir, sleeper.Process.Pid)
		_ = heir.Close() // as when this program is killed
	case <-time.After(time.Minute):
		t.Fatal("the heir is waited for")
	}
	ended := make(chan error, 1)
	go func() { ended <- sleeper.Wait() }()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		_ = sleeper.Process.Kill()
		t.Fatal("the program that is left lives on")
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

// TestFailing: what failed is found among what tests print.
func TestFailing(t *testing.T) {
	said := "small: trained 1 epoch\n--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/x (0.00s)\n        a_test.go:6: oh\n            no\nFAIL\tsome/where\t0.1s\nok  \tother\n"
	want := []string{"--- FAIL: TestA (0.00s)", "    --- FAIL: TestA/x (0.00s)", "        a_test.go:6: oh"}
	if diff := cmp.Diff(want, failing.FindAllString(said, -1)); diff != "" {
		t.Error(diff)
	}
}
