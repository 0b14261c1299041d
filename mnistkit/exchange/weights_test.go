package exchange

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/session"
)

var small = []session.Weight{
	{Name: "dense/kernel", Shape: []int{2, 3}, Values: []float32{1, 2, 3, 4, 5, 6}},
	{Name: "dense/bias", Shape: []int{3}, Values: []float32{7, 8, 9}},
	{Name: "dense_1/kernel", Shape: []int{3, 1}, Values: []float32{-1, -2, -3}},
}

// twice has two arrays that are both dense/kernel without the names before it.
var twice = append([]session.Weight{{Name: "n/dense/kernel", Shape: []int{2, 3}, Values: make([]float32, 6)}}, small...)

func TestSafetensorsThereAndBack(t *testing.T) {
	want := append([]session.Weight{{Name: "\a \"ß\"\n", Shape: []int{1}, Values: []float32{0.5}}}, small...)
	file, err := Safetensors(want, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := ReadWeights(path)
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

// TestMatch: names count from anywhere; the order decides where NumPy gave numbers; other names are an error, and a mismatch
// names both shapes.
func TestMatch(t *testing.T) {
	rename := func(names ...string) []session.Weight {
		list := make([]session.Weight, len(names))
		for i, name := range names {
			list[i] = small[i]
			list[i].Name = name
		}
		return list
	}
	reversed := []session.Weight{small[2], small[1], small[0]}
	for what, found := range map[string][]session.Weight{
		"its own": small, "another order": reversed, "a later count": rename("m/dense_9/kernel", "m/dense_9/bias", "m/dense_10/kernel"),
		"Keras 2": rename("dense_3/kernel:0", "dense_3/bias:0", "dense_4/kernel:0"), "no names": rename("arr_0", "arr_1", "arr_2"),
	} {
		got, err := Match(found, small)
		if err != nil || !cmp.Equal(got, small) {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
	custom := rename("custom/net/a", "custom_1/net/a", "dense/kernel") // names of the kit alone
	if got, err := Match([]session.Weight{custom[2], custom[1], custom[0]}, custom); err != nil || !cmp.Equal(got, custom) {
		t.Errorf("layers that are graph functions: %v, %v", got, err)
	}
	wide := rename("arr_0", "arr_1", "arr_2")
	wide[1].Shape = []int{4}
	for want, found := range map[string][]session.Weight{
		"the model's dense/bias has the shape [3], and the file's arr_1 has [4]":                                wide,
		"the file has 2 arrays, and the model has 3":                                                            small[:2],
		"the file has 4 arrays, and the model has 3":                                                            twice,
		"has no array of the name dense/kernel, as the model has; write it with docs/exchange/keras_weights.py": rename("bn.bias", "bn.weight", "out"),
		"has no array of the name dense_1/kernel":                                                               twice[:3],
	} {
		if _, err := Match(found, small); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestNumPy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.npz")
	arrays := map[string]data.Array{}
	var want []session.Weight
	for i := range 11 { // arr_10 comes last
		name := "arr_" + strings.Repeat("1", i/10) + string(rune('0'+i%10))
		arrays[name] = data.Array{F32: []float32{float32(i)}}
		want = append(want, session.Weight{Name: name, Shape: []int{1}, Values: []float32{float32(i)}})
	}
	if err := data.WriteNPZ(path, arrays); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadWeights(path); err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestDamagedFiles(t *testing.T) {
	whole, err := Safetensors(small, nil)
	if err != nil {
		t.Fatal(err)
	}
	change := func(old, new string) []byte { return bytes.Replace(whole, []byte(old), []byte(new), 1) }
	for want, file := range map[string][]byte{
		"it is not a file of safetensors, or cut short": []byte("hello, world"),
		"does not lie where the head says":              whole[:len(whole)-1],
		"it has 1 bytes after its arrays":               append(bytes.Clone(whole), 0),
		"its head is damaged":                           change("{", "["),
		`holds numbers of type "F16"; save it as`:       change(`"F32"`, `"F16"`),
	} {
		path := filepath.Join(t.TempDir(), "w.safetensors")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadWeights(path); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// FuzzSafetensors: whatever is read is an error or weights that are written and read again as they are.
func FuzzSafetensors(f *testing.F) {
	for _, weights := range [][]session.Weight{nil, small, twice, {{Name: "", Shape: []int{}, Values: []float32{1}}}} {
		file, err := Safetensors(weights, map[string]string{"a": "b"})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		weights, err := decode(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		if _, err := Match(weights, small); err == nil && len(weights) != len(small) {
			t.Error("weights are left over")
		}
		first, err := Safetensors(weights, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decode(bytes.NewReader(first), int64(len(first)))
		if err != nil {
			t.Fatal(err)
		}
		if second, err := Safetensors(again, nil); err != nil || !bytes.Equal(first, second) {
			t.Errorf("%q is written, and read as %q (%v)", first, second, err)
		}
	})
}
