package onnx_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/onnx-gomlx/onnx/parser"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/engine"
	"gonblabs/mnistkit/layer"
)

// digits is a small CNN with its runs in a folder of the test's own, trained for an epoch.
func digits(t *testing.T) kit.Run {
	t.Helper()
	t.Setenv("MNISTKIT_DATA", "bundled")
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	r := kit.Run{Name: "test/digits", Data: kit.MNIST().Holdout(0.15).Seed(1), Seed: 1, Model: layer.Stack{
		layer.Rescale(1.0 / 255), layer.Conv2D(4, 3).Same().Stride(2).ReLU(), layer.BatchNorm(), layer.MaxPool(2), layer.Flatten(),
		layer.Dense(16).ReLU(), layer.Dropout(0.2), layer.Dense(10),
	}}
	if _, err := r.Fit(1); err != nil {
		t.Fatal(err)
	}
	return r
}

// near says whether numbers differ by no more than rounding does.
func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return max(x-y, y-x) < 1e-5*max(1, x, -x) })
}

// TestReadsWhatExportWrites: GoMLX's reader of ONNX builds beside our GoMLX, and the file that Export wrote answers in it
// as the run does.
func TestReadsWhatExportWrites(t *testing.T) {
	r := digits(t)
	test, err := r.Data.Test()
	if err != nil {
		t.Fatal(err)
	}
	test = test.First(7)
	want, err := r.Predict(test)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "digits.onnx")
	if err := r.Export(path); err != nil {
		t.Fatal(err)
	}
	m, err := parser.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if err := m.VariablesToScope(store.Scope("/")); err != nil {
		t.Fatal(err)
	}
	backend, err := engine.Backend()
	if err != nil {
		t.Fatal(err)
	}
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
		return m.CallGraph(scope, x.Graph(), map[string]*graph.Node{"input": x})[0]
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Call(tensors.FromFlatDataAndDimensions(test.Inputs.U8, append([]int{7}, test.Inputs.Shape...)...))
	if err != nil {
		t.Fatal(err)
	}
	if got := tensors.MustCopyFlatData[float32](out[0]); !near(got, want.Values) {
		t.Errorf("the file answers\n%v\nthe run\n%v", got, want.Values)
	}
}
