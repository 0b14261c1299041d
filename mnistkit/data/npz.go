package data

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/internal/quote"
)

// ReadNPZ reads all arrays of a .npz file, as numpy.savez and savez_compressed write it.
//
//	arrays, err := data.ReadNPZ("mnist.npz")
//	train := &data.Set{Inputs: arrays["x_train"], Labels: arrays["y_train"]}
//
// Each array is read as by ReadNPY; with names, only those are, whatever else is there. Class numbers that come
// as uint8 must become int32: see Array.Int32. What unpacks to far more than its size is an error.
func ReadNPZ(path string, names ...string) (map[string]Array, error) {
	file, err := files.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data.ReadNPZ: %w", err)
	}
	defer file.Close()
	size, _ := file.Seek(0, io.SeekEnd) // without a size it is no archive
	z, err := zip.NewReader(file, size)
	if err != nil {
		return nil, fmt.Errorf("data.ReadNPZ: %s cannot be read as a .npz file (%w); write one with numpy.savez", path, err)
	}
	left, more := files.Unpacked(size)
	arrays := map[string]Array{}
	for _, entry := range z.File {
		name := strings.TrimSuffix(entry.Name, ".npy")
		if names != nil && !slices.Contains(names, name) {
			continue
		}
		err := more
		if entry.UncompressedSize64 <= uint64(left) { // zip refuses what is larger than it says
			left -= int64(entry.UncompressedSize64)
			var r io.ReadCloser
			if r, err = entry.Open(); err == nil {
				arrays[name], err = DecodeNPY(r)
				err = cmp.Or(err, r.Close())
			}
		}
		if err != nil {
			return nil, quote.Errorf("data.ReadNPZ: %s: %s: %w; or name the arrays that you need", path, entry.Name, err)
		}
	}
	for _, name := range names {
		if _, ok := arrays[name]; !ok {
			return nil, quote.Errorf("data.ReadNPZ: %s: the array %q is not in it; name one of those that are", path, name)
		}
	}
	return arrays, nil
}

// WriteNPZ writes arrays as numpy.load reads them, each under its name, uncompressed.
//
//	err := data.WriteNPZ("mine.npz", map[string]data.Array{"x": images, "y": labels})
func WriteNPZ(path string, arrays map[string]Array) error {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Store})
		if err == nil {
			err = EncodeNPY(w, arrays[name])
		}
		if err != nil {
			return fmt.Errorf("data.WriteNPZ: %s: %s: %w", path, name, err)
		}
	}
	if err := cmp.Or(z.Close(), files.Write(path, b.Bytes())); err != nil {
		return fmt.Errorf("data.WriteNPZ: %w", err)
	}
	return nil
}

// kerasArrays are the names, in Keras' mnist.npz, of what the four files hold.
var kerasArrays = [4]string{"x_train", "y_train", "x_test", "y_test"}

// unpackNPZ unpacks Keras' file, or a user's file of the same form, into four IDX files in a folder of
// the cache: the first time, and after each change.
func unpackNPZ(dataset, npz string) (dir string, err error) {
	if dir, err = Derived(dataset+"/npz", npz, npz); err != nil || fourFiles(dataset, dir).missing() == nil {
		return dir, err
	}
	arrays, err := ReadNPZ(npz, kerasArrays[:]...)
	if err != nil {
		return "", err
	}
	for i, file := range known[dataset].files {
		a := arrays[kerasArrays[i]]
		labels := i == trainFile+1 || i == testFile+1
		if labels && len(a.I32) > 0 && slices.Min(a.I32) >= 0 && slices.Max(a.I32) <= math.MaxUint8 { // NumPy makes them wider
			a = Array{Shape: a.Shape, U8: appendAs([]uint8(nil), a.I32)}
		}
		var b bytes.Buffer
		if err := EncodeIDX(&b, a); err != nil {
			return "", fmt.Errorf("%s: the array %q: %w; write x_train, y_train, x_test and y_test with numpy.savez, or put the published %s.npz there", npz, kerasArrays[i], err, dataset)
		}
		if err := files.Write(filepath.Join(dir, file.Name), b.Bytes()); err != nil {
			return "", err
		}
	}
	DropOlder(dir)
	return dir, nil
}
