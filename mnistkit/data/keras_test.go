package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// npz is the set in one file, as keras.datasets.mnist.load_data leaves it.
func (set tiny) npz(t *testing.T, dir string, change func(map[string]Array)) string {
	t.Helper()
	arrays := map[string]Array{}
	for i, name := range kerasArrays {
		arrays[name] = must(DecodeIDX(set.files[i]))(t)
	}
	if change != nil {
		change(arrays)
	}
	path := filepath.Join(dir, set.name+".npz")
	if err := WriteNPZ(path, arrays); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestKerasFile: the one file that Keras downloads is as good as the four.
func TestKerasFile(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	r := Recipe{Dataset: "tiny"}
	want := must(r.From(write(t, set, plain)).Holdout(0.2).Train())(t)
	path := set.npz(t, filepath.Join(os.Getenv("HOME"), ".keras", "datasets"), nil)
	for _, when := range []string{"the first time", "from the cache"} {
		got := must(r.Holdout(0.2).Train())(t)
		if got.ID() != want.ID() || got.Notice != "" || !cmp.Equal(got.Inputs, want.Inputs) || !cmp.Equal(got.Labels, want.Labels) {
			t.Errorf("%s: %s with notice %q, want %s", when, got.ID(), got.Notice, want.ID())
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if id := must(r.ID())(t); id != "tiny:full" {
		t.Errorf("behind the file's end it is %q", id)
	}
	t.Setenv(dataVariable, bundled)
	if got := must(MNIST().ID())(t); got != "mnist:sample" {
		t.Errorf("%q, want the sample", got)
	}
}

// TestKerasFileErrors: what is not the published data is named, and leaves nothing in the cache.
func TestKerasFileErrors(t *testing.T) {
	for want, change := range map[string]func(map[string]Array){
		"tiny.npz: x_test: expected t10k-images-idx3-ubyte of tiny": func(a map[string]Array) { a["x_test"].U8[5]++ },
		`tiny.npz: the array "y_train"`:                             func(a map[string]Array) { delete(a, "y_train") },
		"tiny.npz: y_test: expected t10k-labels-idx1-ubyte":         func(a map[string]Array) { a["y_test"] = a["y_test"].Int32() },
	} {
		set := newTiny(t, "tiny", 1)
		set.npz(t, filepath.Join(os.Getenv("HOME"), ".keras", "datasets"), change)
		_, err := Recipe{Dataset: "tiny"}.Train()
		wantError(t, err, want)
		if left, _ := filepath.Glob(filepath.Join(must(CacheDir())(t), "tiny", "*")); left != nil {
			t.Errorf("%s: the cache holds %s", want, strings.Join(left, ", "))
		}
	}
	set := newTiny(t, "tiny", 1)
	putRaw(t, filepath.Join(os.Getenv("HOME"), ".keras", "datasets", set.name+".npz"), []byte("no archive"))
	_, err := Recipe{Dataset: "tiny"}.Train()
	wantError(t, err, "tiny.npz cannot be read as a .npz file")
}
