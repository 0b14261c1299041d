package data

import (
	"bytes"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"gonblabs/mnistkit/files"
)

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
		if i == trainFile+1 || i == testFile+1 {
			a = a.bytes() // NumPy makes labels wider
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

// bytes are whole numbers of 32 bits as uint8, if all of them fit.
func (a Array) bytes() Array {
	if len(a.I32) == 0 || slices.Min(a.I32) < 0 || slices.Max(a.I32) > math.MaxUint8 {
		return a
	}
	return Array{Shape: a.Shape, U8: appendAs([]uint8(nil), a.I32)}
}
