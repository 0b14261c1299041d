package data

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonblabs/mnistkit/files"
)

// What a small file unpacks to has a limit, which the error names, and before that little memory is taken.
func TestBombs(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	dir := write(t, set, func(name string) string { return name + ".gz" })
	put(t, filepath.Join(dir, "train-images-idx3-ubyte.gz"), append(bytes.Clone(set.files[0]), make([]byte, 100<<20)...))
	npz := filepath.Join(t.TempDir(), "bomb.npz")
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"x_train", "y_train"} {
		w := must(z.Create(name + ".npy"))(t)
		_, _ = w.Write(append(npyWith("'<f8'", "(7864320,)"), make([]byte, 60<<20)...)) // to memory
	}
	_ = z.Close()
	putRaw(t, npz, b.Bytes())
	for path, read := range map[string]func() error{
		filepath.Join(dir, "train-images-idx3-ubyte.gz"): func() error { _, err := (Recipe{Dataset: "tiny"}).From(dir).Train(); return err },
		npz: func() error { _, err := ReadNPZ(npz); return err },
	} {
		var err error
		took := allocated(func() { err = read() })
		size := must(os.Stat(path))(t).Size()
		most, more := files.Unpacked(size)
		wantError(t, err, more.Error())
		if took > 4*uint64(most) {
			t.Errorf("%s: %d bytes of %d", path, took, most)
		}
	}
	took := allocated(func() {
		_, err := DecodeNPY(bytes.NewReader(npyWith("'<f8'", "(1000000, 2000)")))
		wantError(t, err, "needs 2000000000 values, and fewer or more are there")
	})
	if took > 4<<20 {
		t.Errorf("a forged shape takes %d bytes", took)
	}
}

// FuzzPacked: a packed file is refused in a sentence, or gives images, in a multiple of what it may hold.
func FuzzPacked(f *testing.F) {
	image := []byte("\x00\x00\x08\x03\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x02\x01\x02\x03\x04")
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	_, _ = zip.Write(image) // to memory
	_ = zip.Close()
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:20])
	f.Add(image)
	path := filepath.Join(f.TempDir(), "images.gz")
	f.Fuzz(func(t *testing.T, contents []byte) {
		if err := os.WriteFile(path, contents, 0o666); err != nil {
			t.Fatal(err)
		}
		var err error
		took := allocated(func() {
			var b bytes.Buffer
			if err = unpackTo(&b, path); err == nil { // open waits after each change of the file, and keeps what it unpacked
				_, _, err = inMemory(b.Bytes(), "").header()
			}
		})
		if took > 1<<20+5000*uint64(len(contents)) || err != nil && len(err.Error()) > 1500 {
			t.Errorf("%d bytes for a file of %d: %v", took, len(contents), err)
		}
	})
}

// An array of one kind takes a multiple of its file, whatever it becomes.
func TestMemoryOfArrays(t *testing.T) {
	for kind, width := range map[string]int{"|u1": 1, "|i1": 1, "<i8": 8, "<f4": 4, "<f8": 8} {
		contents := append(npyWith("'"+kind+"'", "(1048576,)"), make([]byte, width<<20)...)
		var err error
		took := allocated(func() { _, err = DecodeNPY(bytes.NewReader(contents)) })
		if err != nil || took > 32*uint64(len(contents)) {
			t.Errorf("%s: %d bytes for %d, %v", kind, took, len(contents), err)
		}
	}
}

// An archive knows when its values are damaged, packed or not.
func TestDamagedArray(t *testing.T) {
	contents := append(npyWith("'|u1'", "(300000,)"), bytes.Repeat([]byte{1, 2, 3}, 100000)...)
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		_, _ = must(z.CreateHeader(&zip.FileHeader{Name: "x.npy", Method: method}))(t).Write(contents) // to memory
		_ = z.Close()
		path := filepath.Join(t.TempDir(), "mine.npz")
		putRaw(t, path, b.Bytes())
		if got := must(ReadNPZ(path))(t); got["x"].Len() != 300000 {
			t.Errorf("%v", got)
		}
		b.Bytes()[bytes.Index(b.Bytes(), []byte("PK\x07\x08"))-200] ^= 1 // 200 bytes before the end of the values
		putRaw(t, path, b.Bytes())
		_, err := ReadNPZ(path)
		wantError(t, err, "mine.npz: x.npy: the values ")
	}
}

// An array that cannot be read does not keep the others from being read, and is named where it is asked for.
func TestOneOddArray(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, contents := range map[string][]byte{
		"x.npy": append(npyWith("'|u1'", "(2,)"), 1, 2), "names.npy": append(npyWith("'<U1'", "(1,)"), 0, 0, 0, 0), "note.txt": []byte("by me"),
	} {
		_, _ = must(z.Create(name))(t).Write(contents) // to memory
	}
	_ = z.Close()
	path := filepath.Join(t.TempDir(), "mine.npz")
	putRaw(t, path, b.Bytes())
	if got := must(ReadNPZ(path, "x"))(t); len(got) != 1 || !bytes.Equal(got["x"].U8, []byte{1, 2}) {
		t.Errorf("%v", got)
	}
	_, err := ReadNPZ(path, "x", "names")
	wantError(t, err, `mine.npz: names.npy: values of type "<U1" cannot be used; save numbers`)
	_, err = ReadNPZ(path)
	wantError(t, err, "or name the arrays that you need")
	_, err = ReadNPZ(path, "x", "z")
	wantError(t, err, `mine.npz: the array "z" is not in it`)
	set := newTiny(t, "tiny", 1)
	keras := set.npz(t, t.TempDir(), nil)
	four := must(zip.OpenReader(keras))(t)
	defer four.Close()
	b.Reset()
	z = zip.NewWriter(&b)
	for _, entry := range four.File {
		if err := z.Copy(entry); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = must(z.Create("names.npy"))(t).Write(append(npyWith("'<U1'", "(1,)"), 0, 0, 0, 0)) // to memory
	_ = z.Close()
	five := filepath.Join(t.TempDir(), "tiny.npz")
	putRaw(t, five, b.Bytes())
	if got := must((Recipe{Dataset: "tiny"}).From(five).Train())(t); got.Len() != 30 {
		t.Errorf("%d examples", got.Len())
	}
}

// Numbers that a float32 does not hold are an error that says so; infinities in a file stay what they are.
func TestTooLargeForFloat32(t *testing.T) {
	encode := func(values ...float64) []byte {
		out := npyWith("'<f8'", fmt.Sprintf("(%d,)", len(values)))
		for _, v := range values {
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
		}
		return out
	}
	_, err := DecodeNPY(bytes.NewReader(encode(1, 2, 1e300)))
	wantError(t, err, "value 2 is 1e+300, which does not fit into float32; save smaller numbers")
	a := must(DecodeNPY(bytes.NewReader(encode(1, math.Inf(1), 1e-300))))(t)
	if !math.IsInf(float64(a.F32[1]), 1) || a.F32[2] != 0 {
		t.Errorf("%v", a.F32)
	}
}

// Labels in columns, as one-hot rows or one by one, are named.
func TestLabelsOfSets(t *testing.T) {
	in := Array{Shape: []int{2}, F32: []float32{1, 2, 3, 4}}
	err := (&Set{Name: "mine", Inputs: in, Labels: Array{Shape: []int{3}, F32: []float32{0, 1, 0, 1, 0, 0}}}).Check()
	wantError(t, err, "mine: there are 3 labels for each example; give one, for one-hot rows the place of the 1 as int32")
	if err := (&Set{Inputs: in, Labels: Array{Shape: []int{1}, I32: []int32{0, 1}}}).Check(); err != nil {
		t.Error(err)
	}
	long := strings.Repeat("x", 3<<20)
	_, err = (&Set{Name: long, Inputs: in, Labels: Array{I32: []int32{0, 1}}, Classes: []string{long, "b"}}).WithClasses([]string{long + "y"})
	if err == nil || len(err.Error()) > 2000 {
		t.Errorf("an error of %d bytes", len(fmt.Sprint(err)))
	}
}
