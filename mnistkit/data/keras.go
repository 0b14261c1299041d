package data

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
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
	arrays, err := ReadNPZ(path)
	if err != nil {
		return err
	}
	var contents [4][]byte
	for i, file := range known[dataset].files {
		var b bytes.Buffer
		if err := EncodeIDX(&b, arrays[kerasArrays[i]]); err != nil {
			return fmt.Errorf("%s: the array %q: %w; remove the file, or put the published one there", path, kerasArrays[i], err)
		}
		contents[i] = b.Bytes()
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
