//go:build linux && cgo

package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/engine/compiled"
	"gonblabs/mnistkit/session"
)

// TestKept: what was compiled is taken from the disk, trains and answers to
// the same bits, and is compiled anew where the file is damaged or gone.
func TestKept(t *testing.T) {
	b := started[len(started)-1]
	if backendName(b) != "xla:cpu" {
		t.Skip("needs XLA on the CPU")
	}
	plugin := strings.TrimPrefix(os.Getenv("GOMLX_BACKEND"), "xla:")
	dir := filepath.Join(t.TempDir(), "compiled")
	before := protection(t, plugin)
	if err := compiled.Keep(plugin, dir); err != nil {
		t.Fatal(err)
	}
	defer compiled.Keep(plugin, "")
	if diff := cmp.Diff(before, protection(t, plugin)); diff != "" {
		t.Errorf("the plugin's memory is not as protected as before:\n%s", diff)
	}
	learn := func() map[string]any {
		e := opened(t, b, small())
		put(t, e, "train", blobs(30))
		means := train(t, e, session.Epoch{Number: 1, Order: firstIndices(30), LearningRate: 0.01}).Means()
		answers, err := e.Predict(t.Context(), "train")
		if err != nil {
			t.Fatal(err)
		}
		return map[string]any{"means": means, "weights": weightsOf(t, e), "answers": answers.F32, "scores": evaluated(t, e, "train", nil)}
	}
	files := func() []string {
		found, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	want := learn()
	kept := files()
	if len(kept) < 3 {
		t.Fatalf("%d files for a step, an evaluation and a prediction", len(kept))
	}
	again := func(what string) {
		if diff := cmp.Diff(want, learn()); diff != "" {
			t.Errorf("%s, other results:\n%s", what, diff)
		}
		if diff := cmp.Diff(kept, files()); diff != "" {
			t.Errorf("%s, other files:\n%s", what, diff)
		}
	}
	again("from the disk")
	for _, name := range kept {
		contents, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		contents[len(contents)/2] ^= 1
		if err := os.WriteFile(name, contents, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	again("from damaged files")
	for _, name := range kept {
		if err := os.Truncate(name, 10); err != nil {
			t.Fatal(err)
		}
	}
	again("from files cut short")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	again("from nothing")
	if err := compiled.Keep(plugin, ""); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	learn()
	if left := files(); len(left) > 0 {
		t.Errorf("switched off, it keeps %v", left)
	}
}

// TestKeepErrors: a plugin that is not loaded is an error, and changes nothing.
func TestKeepErrors(t *testing.T) {
	own := filepath.Join(t.TempDir(), "plugin.so")
	if err := os.WriteFile(own, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	oneSentence(t, compiled.Keep(own, t.TempDir()), "plugin.so is not loaded")
	oneSentence(t, compiled.Keep("/no/such.so", t.TempDir()), "/no/such.so")
}

// protection lists how the pages of a library may be used.
func protection(t *testing.T, library string) (list []string) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		if f := strings.Fields(line); f[len(f)-1] == library {
			list = append(list, f[0]+" "+f[1])
		}
	}
	return list
}
