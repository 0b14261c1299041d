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
	set.npz(t, filepath.Join(os.Getenv("HOME"), ".keras", "datasets"), nil)
	for _, when := range []string{"the first time", "from the cache"} {
		got := must(r.Holdout(0.2).Train())(t)
		if got.ID() != want.ID() || got.Notice != "" || !cmp.Equal(got.Inputs, want.Inputs) || !cmp.Equal(got.Labels, want.Labels) {
			t.Errorf("%s: %s with notice %q, want %s", when, got.ID(), got.Notice, want.ID())
		}
	}
	t.Setenv(dataVariable, bundled)
	if got := must(MNIST().ID())(t); got != "mnist:sample" {
		t.Errorf("%q, want the sample", got)
	}
}

// TestKerasFileErrors: what is not the published data is named.
func TestKerasFileErrors(t *testing.T) {
	for want, change := range map[string]func(map[string]Array){
		"tiny.npz: x_test: expected t10k-images-idx3-ubyte of tiny": func(a map[string]Array) { a["x_test"].U8[5]++ },
		`tiny.npz: the array "y_train"`:                             func(a map[string]Array) { delete(a, "y_train") },
		"tiny.npz: y_test: expected t10k-labels-idx1-ubyte":         func(a map[string]Array) { a["y_test"].U8[0]++ },
	} {
		set := newTiny(t, "tiny", 1)
		set.npz(t, filepath.Join(os.Getenv("HOME"), ".keras", "datasets"), change)
		_, err := Recipe{Dataset: "tiny"}.Test()
		wantError(t, err, want)
	}
	set := newTiny(t, "tiny", 1)
	putRaw(t, filepath.Join(os.Getenv("HOME"), ".keras", "datasets", set.name+".npz"), []byte("no archive"))
	_, err := Recipe{Dataset: "tiny"}.Train()
	wantError(t, err, "tiny.npz cannot be read as a .npz file")
}

// TestFromKerasFile: From takes Keras' file and its folder, with the published data or one's own,
// and does not mix them up with what the cache holds.
func TestFromKerasFile(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	r := Recipe{Dataset: "tiny"}
	want := must(r.From(write(t, set, plain)).Holdout(0.2).Train())(t)
	path := set.npz(t, t.TempDir(), nil)
	same := func(when, from, notice string) {
		t.Helper()
		got := must(r.From(from).Holdout(0.2).Train())(t)
		if got.Notice != notice || (got.ID() == want.ID()) != (notice == "") || got.Len() != want.Len() {
			t.Errorf("%s: %s with notice %q; want %q", when, got.ID(), got.Notice, notice)
		}
	}
	for _, when := range []string{"the first time", "from the cache"} {
		same(when, filepath.Dir(path), "")
		same(when, path, "")
	}
	if d := must(r.From(path).Describe())(t); d.Found != path {
		t.Errorf("found %q, want %q", d.Found, path)
	}
	mine := filepath.Join(filepath.Dir(path), "mine.npz")
	if err := os.Rename(set.npz(t, t.TempDir(), func(a map[string]Array) {
		a["x_train"].U8[5]++
		a["y_train"], a["y_test"] = a["y_train"].Int32(), a["y_test"].Int32() // NumPy's own choice for whole numbers
	}), mine); err != nil {
		t.Fatal(err)
	}
	same("one's own", mine, "own data from "+mine+": not the published tiny")
	own := must(r.From(mine).ID())(t)
	if r.From(mine).Bundled() {
		t.Error("one's own data are said to be the bundled sample")
	}
	set.npz(t, filepath.Dir(path), func(a map[string]Array) { a["x_test"].U8[7] = 250; a["x_test"].U8[8] = 1 })
	same("replaced", path, "own data from "+path+": not the published tiny")
	if id := must(r.From(path).ID())(t); id == own || !strings.HasPrefix(id, "tiny:own(") {
		t.Errorf("%q and %q", id, own)
	}
}

// TestFromKerasFileErrors: the file that was given is named, and what is wrong in it.
func TestFromKerasFileErrors(t *testing.T) {
	for want, change := range map[string]func(map[string]Array){
		`tiny.npz: the array "y_train"`: func(a map[string]Array) { delete(a, "y_train") },
		"tiny.npz: y_train: expected labels, one uint8 each, found 30 examples of int32": func(a map[string]Array) {
			a["y_train"] = a["y_train"].Int32()
			a["y_train"].I32[0] = 256
		},
		"tiny.npz: x_train: expected images, uint8":                   func(a map[string]Array) { a["x_train"] = a["x_train"].Int32() },
		"tiny.npz: y_train: labels go up to 9 but tiny has 3 classes": func(a map[string]Array) { a["y_train"].U8[0] = 9 },
		"x_train has 30 images but ":                                  func(a map[string]Array) { a["y_train"] = a["y_test"] },
	} {
		set := newTiny(t, "tiny", 1)
		dir := t.TempDir()
		path := set.npz(t, dir, change)
		for _, from := range []string{dir, path} {
			_, err := Recipe{Dataset: "tiny"}.From(from).Train()
			wantError(t, err, want)
		}
	}
	_, err := Recipe{Dataset: "tiny"}.From(filepath.Join(t.TempDir(), "none.npz")).Train()
	wantError(t, err, "none.npz: no such file or directory; check the path")
}
