package data

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// tiny is a published data set small enough to forge: 30 training and 12 test images of 4×4
// in 3 classes. Its files are in the order of published.files.
type tiny struct {
	name  string
	files [4][]byte
}

// newTiny registers a tiny data set for one test, in a home of its own. The shade tells two apart.
func newTiny(t *testing.T, name string, shade int) tiny {
	t.Helper()
	isolate(t)
	set := tiny{name: name}
	for half, n := range []int{30, 12} {
		var images, labels []byte
		for i := range n {
			labels = append(labels, byte((i+shade)%3))
			for range 16 {
				images = append(images, byte(i*shade))
			}
		}
		set.files[2*half] = encoded(t, Array{Shape: []int{4, 4}, U8: images})
		set.files[2*half+1] = encoded(t, Array{U8: labels})
	}
	published := published{title: name, classes: []string{"a", "b", "c"}}
	for i, file := range known["mnist"].files {
		published.files[i] = File{Name: file.Name, Size: int64(len(set.files[i])), SHA256: hash(set.files[i])}
	}
	known[name] = published
	t.Cleanup(func() { delete(known, name) })
	return set
}

// isolate gives a test a home without data.
func isolate(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, ".cache"))
	t.Setenv(dataVariable, "")
	return home
}

// write puts the four files into a folder under names made by rename, gzipped if they end in .gz.
func (set tiny) write(t *testing.T, dir string, rename func(string) string) {
	t.Helper()
	for i, file := range known[set.name].files {
		put(t, filepath.Join(dir, rename(file.Name)), set.files[i])
	}
}

func put(t *testing.T, path string, contents []byte) {
	t.Helper()
	if packed(path) {
		var zipped bytes.Buffer
		zip := gzip.NewWriter(&zipped)
		if _, err := zip.Write(contents); err != nil {
			t.Fatal(err)
		}
		if err := zip.Close(); err != nil {
			t.Fatal(err)
		}
		contents = zipped.Bytes()
	}
	putRaw(t, path, contents)
}

func putRaw(t *testing.T, path string, contents []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, contents, 0o666); err != nil {
		t.Fatal(err)
	}
}

func encoded(t *testing.T, a Array) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := EncodeIDX(&out, a); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func plain(name string) string { return name }

// must stops a test on an error.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// allocated is how much memory f takes, freed again or not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
