package mnistkit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/engine"
	"gonblabs/mnistkit/layer"
)

// TestWeightsFromFile: a run starts from weights in a file, of safetensors or NumPy, as from those of a run; the file is
// part of its recipe.
func TestWeightsFromFile(t *testing.T) {
	r := small(t)
	fitted(t, r, 2)
	want := accuracyOf(t, r)
	folder := filepath.Join(t.TempDir(), "of mine (1)")
	path := filepath.Join(folder, "small.safetensors")
	if err := r.Export(path); err != nil {
		t.Fatal(err)
	}
	weights, err := r.Weights()
	if err != nil {
		t.Fatal(err)
	}
	arrays := map[string]data.Array{}
	for i, w := range weights { // as numpy.savez(…, *model.get_weights()) writes them
		arrays["arr_"+string(rune('0'+i))] = data.Array{Shape: w.Shape[1:], F32: w.Values}
	}
	npz := filepath.Join(folder, "small.npz")
	if err := data.WriteNPZ(npz, arrays); err != nil {
		t.Fatal(err)
	}
	from := func(file string) kit.Run {
		return r.With("test/from", func(r *kit.Run) { r.Initial = "file:" + file })
	}
	for _, file := range []string{path, npz} {
		if got := accuracyOf(t, from(file).At(kit.Initial)); got != want {
			t.Errorf("%s: accuracy %v, want %v", file, got, want)
		}
	}
	fitted(t, from(path), 1)
	saved := filepath.Join(folder, "from.mnistkit")
	if err := from(path).Save(saved); err != nil {
		t.Fatal(err)
	}
	opened, err := kit.Open(saved)
	if err != nil {
		t.Fatal(err)
	}
	test, err := r.Data.Test()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.At(kit.Initial).Evaluate(test); err == nil || !strings.Contains(err.Error(), "the kit reads no path that a file names") {
		t.Errorf("a file's path is read: %v", err)
	}
	if err := fresh(t, r).Export(path); err != nil { // other weights under the same name
		t.Fatal(err)
	}
	if _, err := from(path).Evaluate(test); err == nil || !strings.Contains(err.Error(), "the recipe has changed") {
		t.Errorf("another file counts as the same: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got := accuracyOf(t, from(path)); got < 0.3 {
		t.Errorf("without the file the run that started from it has accuracy %v", got)
	}
	wide := from(npz).With("test/wide", func(r *kit.Run) {
		r.Model = layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(9), layer.Dense(10)}
	})
	_, err = wide.Fit(1)
	isSentence(t, "other layers", err)
	if !strings.Contains(err.Error(), "dense/kernel has the shape [784 9], and the file's arr_0 has [784 8]") {
		t.Error(err)
	}
}

// fresh is the run, trained from another seed.
func fresh(t *testing.T, r kit.Run) kit.Run {
	other := r.With("test/other", func(r *kit.Run) { r.Seed = 7 })
	fitted(t, other, 1)
	return other
}

func TestExportRefuses(t *testing.T) {
	r := small(t)
	folder := t.TempDir()
	earlier := filepath.Join(folder, "earlier.onnx")
	if err := os.WriteFile(earlier, []byte("an earlier file"), 0o644); err != nil {
		t.Fatal(err)
	}
	custom := r.With("test/graph", func(r *kit.Run) {
		double := engine.Layer("double of TestExportRefuses", func(_ *model.Scope, x *graph.Node) *graph.Node { return graph.MulScalar(x, 2) })
		r.Model = layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), double, layer.Dense(10)}
	})
	fitted(t, custom, 1)
	err := custom.Export(earlier)
	isSentence(t, "a graph function", err)
	holds(t, fmt.Sprint(err), `the layer "double of TestExportRefuses" is a graph function`)
	if left, _ := os.ReadFile(earlier); string(left) != "an earlier file" {
		t.Errorf("an export that fails leaves %q", left)
	}
	err = r.Export(filepath.Join(folder, "small.onnx"))
	isSentence(t, "not trained", err)
	fitted(t, r, 1)
	for path, want := range map[string]string{
		"small.h5": "ends in neither .onnx nor .safetensors", "": "ends in neither", "/dev/null/x.onnx": "not a directory",
	} {
		err := r.Export(path)
		isSentence(t, path, err)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", path, err)
		}
	}
	shifted := r.Shifted(1).Export(filepath.Join(folder, "small.onnx"))
	isSentence(t, "views", shifted)
	holds(t, fmt.Sprint(shifted), "Shifted(1) is for Predict alone")
	option := r.Export(filepath.Join(folder, "small.safetensors"), kit.WithoutSoftmax)
	isSentence(t, "weights alone", option)
	holds(t, fmt.Sprint(option), "a file of safetensors holds the weights alone")
}
