//go:build linux && cgo

package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/engine/compiled"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// TestNoRoom: what XLA has no memory for is a sentence.
func TestNoRoom(t *testing.T) {
	b := started[len(started)-1]
	if backendName(b) != "xla:cpu" {
		t.Skip("needs XLA on the CPU")
	}
	e := opened(t, b, session.Recipe{Model: layer.Stack{layer.Conv2D(100_000, 3).Same(), layer.GlobalAveragePool(), layer.Dense(3)}, Input: []int{64, 64, 1}, InputType: "uint8", BatchSize: 512})
	put(t, e, "train", &data.Set{Name: "many", Inputs: data.Array{Shape: []int{64, 64, 1}, U8: make([]uint8, 64*64*512)}, Labels: data.Array{I32: make([]int32, 512)}})
	_, err := e.Train(t.Context(), session.Epoch{Number: 1, Set: "train", Order: firstIndices(512), LearningRate: 0.1}, nil)
	oneSentence(t, err, "cannot train: there is no memory for another ", " bytes; use a smaller BatchSize, or smaller layers")
}

// TestGivenProcessors: a program that is given one processor makes one thread for XLA, and
// finds what another one compiled for one processor, whatever the machine has.
func TestGivenProcessors(t *testing.T) {
	b := started[len(started)-1]
	if backendName(b) != "xla:cpu" {
		t.Skip("needs XLA on the CPU")
	}
	if dir := os.Getenv("ENGINE_TEST_COMPILED"); dir != "" { // the program
		if err := compiled.Keep(strings.TrimPrefix(os.Getenv("GOMLX_BACKEND"), "xla:"), dir); err != nil {
			t.Fatal(err)
		}
		e := opened(t, b, small())
		put(t, e, "train", blobs(30))
		train(t, e, session.Epoch{Number: 1, Order: firstIndices(30), LearningRate: 0.01})
		names, _ := filepath.Glob("/proc/self/task/*/comm")
		threads := 0
		for _, name := range names {
			if comm, _ := os.ReadFile(name); strings.Contains(string(comm), "XLAEigen") {
				threads++
			}
		}
		if threads != 1 {
			t.Errorf("XLA computes on %d threads, want 1", threads)
		}
		return
	}
	dir := filepath.Join(t.TempDir(), "compiled")
	kept := func(program ...string) []string {
		cmd := exec.Command(program[0], append(program[1:], os.Args[0], "-test.run=^TestGivenProcessors$")...)
		cmd.Env = append(os.Environ(), "ENGINE_TEST_COMPILED="+dir, "PJRT_NPROC=")
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", program, err, said)
		}
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%v keeps nothing (%v)", program, err)
		}
		return files
	}
	want := kept("env", "GOMAXPROCS=1")
	if _, err := exec.LookPath("taskset"); err != nil {
		t.Skip("needs taskset")
	}
	if diff := cmp.Diff(want, kept("taskset", "-c", "0")); diff != "" {
		t.Errorf("on one processor of the machine, other files:\n%s", diff)
	}
}
