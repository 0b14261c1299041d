package data

import (
	"archive/zip"
	"bytes"
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
	z, err := zip.OpenReader(path)
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
		if arrays[name], err = readEntry(entry); err != nil {
			return nil, fmt.Errorf("data.ReadNPZ: %s: %s: %w", path, entry.Name, err)
		}
	}
	return arrays, nil
}

func readEntry(entry *zip.File) (Array, error) {
	r, err := entry.Open()
	if err != nil {
		return Array{}, err
	}
	defer r.Close()
	return DecodeNPY(r)
}

// Int32 gives the array with its values as int32, which class numbers need. Digits after the
// point are cut off.
//
//	labels := arrays["y_train"].Int32()
func (a Array) Int32() Array {
	out := Array{Shape: a.Shape, I32: make([]int32, 0, a.values())}
	out.I32 = append(out.I32, a.I32...)
	for _, v := range a.U8 {
		out.I32 = append(out.I32, int32(v))
	}
	for _, v := range a.F32 {
		out.I32 = append(out.I32, int32(v))
	}
	return out
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
	err := z.Close()
	if err == nil {
		err = files.Write(path, b.Bytes())
	}
	if err != nil {
		return fmt.Errorf("data.WriteNPZ: %w", err)
	}
	return nil
}
