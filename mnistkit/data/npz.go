package data

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
)

// ReadNPZ reads all arrays of a .npz file, as numpy.savez and savez_compressed write it.
//
//	arrays, err := data.ReadNPZ("mnist.npz")
//	train := &data.Set{Inputs: arrays["x_train"], Labels: arrays["y_train"]}
//
// Each array is read as by ReadNPY. Class numbers that come as uint8 must become int32: see
// Array.Int32.
func ReadNPZ(path string) (map[string]Array, error) {
	file, err := files.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data.ReadNPZ: %w", err)
	}
	defer file.Close()
	z, err := zip.OpenReader(file.Name())
	if err != nil {
		return nil, fmt.Errorf("data.ReadNPZ: %s cannot be read as a .npz file (%w); write one with numpy.savez", path, err)
	}
	defer z.Close()
	arrays := map[string]Array{}
	for _, entry := range z.File {
		name, ok := strings.CutSuffix(entry.Name, ".npy")
		if !ok {
			return nil, fmt.Errorf("data.ReadNPZ: %s holds %q, which is not a .npy file; write it with numpy.savez", path, entry.Name)
		}
		r, err := entry.Open()
		if err == nil {
			arrays[name], err = DecodeNPY(r)
			err = cmp.Or(err, r.Close())
		}
		if err != nil {
			return nil, fmt.Errorf("data.ReadNPZ: %s: %s: %w", path, entry.Name, err)
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
