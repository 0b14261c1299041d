package data

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The files are NumPy's own: testdata/npy/make.py.
func npyFile(name string) string { return filepath.Join("testdata", "npy", name) }

func TestReadNPY(t *testing.T) {
	ramp := make([]uint8, 24)
	for i := range ramp {
		ramp[i] = uint8(i)
	}
	for name, want := range map[string]Array{
		"u1":         {Shape: []int{3, 4}, U8: ramp},
		"bool":       {Shape: []int{}, U8: []uint8{1, 0, 1}},
		"i8":         {Shape: []int{2}, I32: []int32{-5, math.MaxInt32, 0, math.MinInt32}},
		"big-endian": {Shape: []int{}, I32: []int32{1, -2, 300}},
		"f8":         {Shape: []int{3}, F32: []float32{0.5, -1.25, 1e-3}},
		"f4":         {Shape: []int{2}, F32: []float32{-1, -0.6, -0.19999999, 0.20000005, 0.6, 1}},
		"u2":         {Shape: []int{}, I32: []int32{0, 65535}},
		"version2":   {Shape: []int{}, I32: []int32{1, 2, 3}},
		"version3":   {Shape: []int{}, I32: []int32{1, 2, 3}},
		"none":       {Shape: []int{2}, F32: []float32{}},
	} {
		got, err := ReadNPY(npyFile(name + ".npy"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want.F32 != nil && len(want.F32) == len(got.F32) { // linspace's last digit is NumPy's affair
			for i := range want.F32 {
				if math.Abs(float64(want.F32[i]-got.F32[i])) > 1e-6 {
					t.Errorf("%s: value %d is %g, want %g", name, i, got.F32[i], want.F32[i])
				}
			}
			got.F32 = want.F32
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestReadNPYErrors(t *testing.T) {
	whole, err := os.ReadFile(npyFile("f4.npy"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put := func(name string, contents []byte) string {
		path := filepath.Join(dir, name)
		putRaw(t, path, contents)
		return path
	}
	for want, path := range map[string]string{
		"no such file":         filepath.Join(dir, "missing.npy"),
		"lie in Fortran order": npyFile("fortran.npy"),
		"value 0 is 2147483648, which does not fit into int32": npyFile("large.npy"),
		`values of type "<U2"`:                                 npyFile("text.npy"),
		"records and objects":                                  npyFile("record.npy"),
		`values of type "<c8"`:                                 npyFile("complex.npy"),
		"this is not a .npy file":                              put("hello.npy", []byte("hello")),
		"the header is cut short":                              put("short.npy", whole[:30]),
		"needs 6 values, and fewer or more are there":          put("values.npy", whole[:len(whole)-4]),
		"of <f4 needs 6 values":                                put("longer.npy", append(bytes.Clone(whole), 0)),
		"version 9 is not known":                               put("version.npy", append([]byte(npyMagic+"\x09\x00"), whole[8:]...)),
		"is too large for a set":                               put("huge.npy", npyWith("'<f4'", "(2147483647, 2147483647)")),
		"the shape has impossible":                             put("shape.npy", npyWith("'<f4'", "(-1,)")),
	} {
		_, err := ReadNPY(path)
		wantError(t, err, want)
	}
}

// npyWith is the start of a file with any type and shape.
func npyWith(descr, shape string) []byte {
	header := "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }\n"
	return append([]byte(npyMagic+"\x01\x00"+string([]byte{byte(len(header)), 0})), header...)
}

func TestReadNPZ(t *testing.T) {
	got, err := ReadNPZ(npyFile("two.npz"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Array{
		"x": {Shape: []int{2}, F32: []float32{0, 1, 2, 3, 4, 5}},
		"y": {Shape: []int{}, U8: []uint8{0, 1, 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int32{0, 1, 1}, got["y"].Int32().I32); diff != "" {
		t.Error(diff)
	}
	_, err = ReadNPZ(npyFile("u1.npy"))
	wantError(t, err, "cannot be read as a .npz file")
}

// What is written is byte for byte what NumPy writes.
func TestWriteNPY(t *testing.T) {
	for _, name := range []string{"u1", "f4", "none"} {
		a, err := ReadNPY(npyFile(name + ".npy"))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "a.npy")
		if err := WriteNPY(path, a); err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(npyFile(name + ".npy"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// NumPy leaves room for the first axis to grow; its header is longer by that.
		b, err := DecodeNPY(bytes.NewReader(got))
		if err != nil || !cmp.Equal(a, b) || !bytes.HasSuffix(want, got[len(got)-len(got)%64:]) {
			t.Errorf("%s: %v\n%s", name, err, cmp.Diff(a, b))
		}
	}
	wantError(t, WriteNPY(filepath.Join(t.TempDir(), "a.npy"), Array{}), "a.npy")
}

// FuzzNPY: nothing breaks the reader, and what it reads can be written and read again.
func FuzzNPY(f *testing.F) {
	files, err := filepath.Glob(npyFile("*.npy"))
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, path := range files {
		contents, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(contents)
	}
	f.Fuzz(func(t *testing.T, contents []byte) {
		var a Array
		var err error
		if took := allocated(func() { a, err = DecodeNPY(bytes.NewReader(contents)) }); took > 2<<20+40*uint64(len(contents)) {
			t.Errorf("%d bytes for a file of %d", took, len(contents))
		}
		if err != nil {
			if len(err.Error()) > 1500 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		var b bytes.Buffer
		if a.check() != nil || EncodeNPY(&b, a) != nil {
			return // such as no values at all
		}
		again, err := DecodeNPY(&b)
		if err != nil || again.Len() != a.Len() || again.DType() != a.DType() {
			t.Errorf("%v %s comes back as %v %s: %v", a.Shape, a.DType(), again.Shape, again.DType(), err)
		}
	})
}

// FuzzNPZ: nothing breaks the reader of archives, and what it reads can be written and read again.
func FuzzNPZ(f *testing.F) {
	contents, err := os.ReadFile(npyFile("two.npz"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(contents)
	f.Add([]byte("PK\x05\x06"))
	path := filepath.Join(f.TempDir(), "a.npz")
	f.Fuzz(func(t *testing.T, contents []byte) {
		if err := os.WriteFile(path, contents, 0o644); err != nil {
			t.Fatal(err)
		}
		var arrays map[string]Array
		var err error
		if took := allocated(func() { arrays, err = ReadNPZ(path) }); took > 8<<20+5000*uint64(len(contents)) {
			t.Errorf("%d bytes for a file of %d", took, len(contents))
		}
		if err != nil && len(err.Error()) > 1500 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
		if err != nil || WriteNPZ(path, arrays) != nil {
			return // no archive, or arrays without values
		}
		if again, err := ReadNPZ(path); err != nil || len(again) != len(arrays) {
			t.Errorf("%d arrays come back as %d: %v", len(arrays), len(again), err)
		}
	})
}
