package onnx_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/engine/onnx"
	"gonblabs/mnistkit/layer"
)

// digits is a small CNN with its runs in a folder of the test's own, trained for an epoch, and the file that it exports.
func digits(t *testing.T) (r kit.Run, path string) {
	t.Helper()
	t.Setenv("MNISTKIT_DATA", "bundled")
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	r = kit.Run{Name: "test/digits", Data: kit.MNIST().Holdout(0.15).Seed(1), Seed: 1, Model: layer.Stack{
		layer.Rescale(1.0 / 255), layer.Conv2D(4, 3).Same().Stride(2).ReLU(), layer.BatchNorm(), layer.MaxPool(2), layer.Flatten(),
		layer.Dense(16).ReLU(), layer.Dropout(0.2), layer.Dense(10),
	}}
	path = filepath.Join(t.TempDir(), "digits.onnx")
	fitted(t, r)
	if err := r.Export(path); err != nil {
		t.Fatal(err)
	}
	return r, path
}

func fitted(t *testing.T, r kit.Run) {
	t.Helper()
	if _, err := r.Fit(1); err != nil {
		t.Fatal(err)
	}
}

// near says whether numbers differ by no more than rounding does.
func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return max(x-y, y-x) < 1e-5*max(1, x, -x) })
}

// weightsOf are a run's weights by their names.
func weightsOf(t *testing.T, r kit.Run) map[string][]float32 {
	t.Helper()
	list, err := r.Weights()
	if err != nil {
		t.Fatal(err)
	}
	weights := map[string][]float32{}
	for _, w := range list {
		weights[w.Name] = w.Values
	}
	return weights
}

// TestAnswersAsTheRun: the file that Export wrote, as the only layer of a model, answers as the run that it was written of.
func TestAnswersAsTheRun(t *testing.T) {
	r, path := digits(t)
	test, err := r.Data.Test()
	if err != nil {
		t.Fatal(err)
	}
	test = test.First(50)
	want, err := r.Predict(test)
	if err != nil {
		t.Fatal(err)
	}
	read := r.With("test/read", func(r *kit.Run) { r.Model = layer.Stack{onnx.Layer("digits", path)} })
	got, err := read.At(kit.Initial).Predict(test)
	if err != nil || !near(got.Values, want.Values) {
		t.Errorf("%v, %v\nwant %v", got.Values, err, want.Values)
	}
	fitted(t, read)
	if got, err = read.Predict(test); err != nil || near(got.Values, want.Values) {
		t.Errorf("it answers as before it was trained further (%v)", err)
	}
}

// TestColumnsOfATable: what is exported of a table's run takes the columns as they are in the table, and normalises them itself.
func TestColumnsOfATable(t *testing.T) {
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	raw := kit.AutoMPG().OneHot("origin").DropMissing().Holdout(0.2)
	r := kit.Run{Name: "test/cars", Data: raw.Normalized(), Seed: 1, Model: layer.Stack{layer.Dense(8).ReLU(), layer.Dense(1)}}
	fitted(t, r)
	path := filepath.Join(t.TempDir(), "cars.onnx")
	if err := r.Export(path); err != nil {
		t.Fatal(err)
	}
	want, err := r.Predict(r.Data.Test())
	if err != nil {
		t.Fatal(err)
	}
	read := r.With("test/read", func(r *kit.Run) { r.Data, r.Model = raw, layer.Stack{onnx.Layer("cars", path)} })
	got, err := read.At(kit.Initial).Predict(raw.Test())
	if err != nil || !near(got.Values, want.Values) {
		t.Errorf("%v, %v\nwant %v", got.Values, err, want.Values)
	}
}

// TestTransfer: without its top a network is the base of another. Frozen, its weights stay; else they are trained, but for
// the scale of its input. Both are saved with the run, and a frozen run can be trained further as a whole.
func TestTransfer(t *testing.T) {
	r, path := digits(t)
	with := func(name string, options ...onnx.Option) kit.Run {
		return r.With("test/"+name, func(r *kit.Run) {
			r.Model = layer.Stack{onnx.Layer("base", path, append(options, onnx.WithoutTop)...), layer.Dense(10)}
		})
	}
	frozen, free := with("frozen", onnx.Frozen), with("free")
	free.Initial = "test/frozen@last"
	before, scale := weightsOf(t, frozen.At(kit.Initial)), "custom/ONNX/rescaling|scale"
	if summary, err := frozen.Summary(); err != nil || summary.Counts.Trainable != 16*10+10 || len(before[scale]) != 1 || len(before) != 9 {
		t.Errorf("%+v, %v, %v", summary.Counts, err, before)
	}
	fitted(t, frozen)
	fitted(t, free)
	opened, err := kit.Load("test/free")
	if err != nil {
		t.Fatal(err)
	}
	after, further := weightsOf(t, frozen), weightsOf(t, opened)
	for name, values := range before {
		if head := strings.HasPrefix(name, "dense/"); slices.Equal(values, after[name]) == head {
			t.Errorf("%s is %v before and %v after", name, values, after[name])
		}
		if slices.Equal(after[name], further[name]) != (name == scale) {
			t.Errorf("%s is %v, and %v when all is trained", name, after[name], further[name])
		}
	}
}

// TestFingerprint: another file under the same path is another model.
func TestFingerprint(t *testing.T) {
	r, path := digits(t)
	base := func() kit.Run {
		return r.With("test/base", func(r *kit.Run) { r.Model = layer.Stack{onnx.Layer("base", path, onnx.WithoutTop), layer.Dense(10)} })
	}
	fitted(t, base())
	other := r.With("test/other", func(r *kit.Run) { r.Seed = 2 })
	fitted(t, other)
	if err := other.Export(path); err != nil {
		t.Fatal(err)
	}
	if _, err := base().Evaluate(r.Data.Test()); err == nil || !strings.Contains(err.Error(), "the recipe has changed") {
		t.Errorf("another file counts as the same: %v", err)
	}
}

// TestRefuses: what cannot be read is told in one sentence that names the file.
func TestRefuses(t *testing.T) {
	r, path := digits(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	elu := r.With("test/elu", func(r *kit.Run) { r.Model = append(slices.Clip(r.Model[:6]), layer.Activation("elu"), layer.Dense(10)) })
	fitted(t, elu)
	unknown := filepath.Join(t.TempDir(), "elu.onnx")
	if err := elu.Export(unknown); err != nil {
		t.Fatal(err)
	}
	damaged := func(name string, contents []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, contents, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	stack := func(path string, options ...onnx.Option) layer.Stack {
		return layer.Stack{onnx.Layer("base of TestRefuses", path, options...), layer.Dense(10)}
	}
	for _, c := range []struct {
		model layer.Stack
		want  string
	}{
		{stack("nowhere.onnx"), "nowhere.onnx: no such file or directory"},
		{stack(t.TempDir()), "is a folder"},
		{stack(damaged("empty.onnx", nil)), "empty.onnx: the network has 0 outputs"},
		{stack(damaged("text.onnx", []byte("hello, world"))), "text.onnx: it is not a file of ONNX"},
		{stack(damaged("half.onnx", whole[:len(whole)/2])), "half.onnx: it is not a file of ONNX, or cut short"},
		{stack(unknown), `elu.onnx: the operator "Elu" is not among those that can be read`},
		{append(layer.Stack{layer.MaxPool(2)}, stack(path)...), "digits.onnx: the network takes examples of shape [28 28 1], and is given [14 14 1]"},
		{append(layer.Stack{layer.Flatten()}, stack(path)...), "takes examples of shape [28 28 1], and is given [784]"},
		{layer.Stack{onnx.Layer("twice", path, onnx.WithoutTop), onnx.Layer("two", path)}, "layer 2, Custom: cannot build layer"},
	} {
		run := r.With("test/refused", func(r *kit.Run) { r.Model = c.model })
		_, err := run.Summary()
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\n\t") || len(err.Error()) > 700 {
			t.Errorf("%v\nwant %s", err, c.want)
		}
	}
}
