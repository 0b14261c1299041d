package data

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

// kerasArrays are the names, in Keras' mnist.npz, of what the four files hold.
var kerasArrays = [4]string{"x_train", "y_train", "x_test", "y_test"}

// fromKeras finds a data set that Keras has downloaded into one file, such as
// mnist.npz, and unpacks it into the cache the first time. ok is false where
// there is no such file.
func fromKeras(dataset, dir string) (p place, ok bool, err error) {
	path := filepath.Join(dir, dataset+".npz")
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return place{}, false, nil
	}
	cache, err := CacheDir()
	if err != nil {
		return place{}, false, err
	}
	cache = filepath.Join(cache, dataset)
	for _, file := range known[dataset].files {
		if !Installed(dataset, file.Name) {
			if err := unpackKeras(dataset, path, cache); err != nil {
				return place{}, false, err
			}
			break
		}
	}
	p, missing := look(dataset, cache)
	return p, len(missing) == 0, nil
}

// unpackKeras writes the arrays of a .npz file as the published IDX files. All
// are checked before the first is written.
func unpackKeras(dataset, path, dir string) error {
	contents, err := readKeras(dataset, path)
	if err != nil {
		return err
	}
	for i, file := range known[dataset].files {
		if sha := hash(contents[i]); sha != file.SHA256 {
			return unexpected(dataset, file, path+": "+kerasArrays[i], contents[i], sha)
		}
	}
	for i, file := range known[dataset].files {
		if err := store(filepath.Join(dir, file.Name), contents[i], file.SHA256); err != nil {
			return err
		}
	}
	return nil
}

// ownKeras finds a .npz file that the caller chose, or the one in his folder, and unpacks it the
// first time, and after each change, into a folder of the cache.
// It may hold the caller's own data. npz is "" where there is none.
func ownKeras(dataset, chosen string) (npz, dir string, err error) {
	npz = chosen
	if filepath.Ext(chosen) != ".npz" {
		npz = filepath.Join(chosen, dataset+".npz")
	}
	info, err := os.Stat(npz)
	if npz != chosen && (err != nil || !info.Mode().IsRegular()) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("%s cannot be read (%w); give the folder or the .npz file of %s", npz, err, dataset)
	}
	if dir, err = Derived(dataset+"/npz", npz, npz); err != nil {
		return "", "", err
	}
	if _, missing := look(dataset, dir); len(missing) == 0 {
		return npz, dir, nil
	}
	contents, err := readKeras(dataset, npz)
	if err != nil {
		return "", "", err
	}
	for i, file := range known[dataset].files {
		if err := store(filepath.Join(dir, file.Name), contents[i], hash(contents[i])); err != nil {
			return "", "", err
		}
	}
	DropOlder(dir)
	return npz, dir, nil
}

// readKeras encodes the arrays of a .npz file as IDX files. Labels that NumPy made wider than a
// byte become bytes if they fit.
func readKeras(dataset, path string) (contents [4][]byte, err error) {
	arrays, err := ReadNPZ(path)
	if err != nil {
		return contents, err
	}
	for i, name := range kerasArrays {
		a := arrays[name]
		if i == trainFile+1 || i == testFile+1 {
			a = a.bytes()
		}
		var b bytes.Buffer
		if err := EncodeIDX(&b, a); err != nil {
			return contents, fmt.Errorf("%s: the array %q: %w; write x_train, y_train, x_test and y_test with numpy.savez, or put the published %s.npz there", path, name, err, dataset)
		}
		contents[i] = b.Bytes()
	}
	return contents, nil
}

// bytes are whole numbers of 32 bits as uint8, if all of them fit.
func (a Array) bytes() Array {
	out := Array{Shape: a.Shape, U8: make([]uint8, len(a.I32))}
	for i, v := range a.I32 {
		if v < 0 || v > math.MaxUint8 {
			return a
		}
		out.U8[i] = uint8(v)
	}
	if a.I32 == nil {
		return a
	}
	return out
}
