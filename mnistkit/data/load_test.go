package data

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// In a searched place anything but the published files is an error.
func TestHarmedFiles(t *testing.T) {
	const images, labels = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
	tests := []struct {
		name string
		harm func(t *testing.T, set tiny, dir string)
		want string
	}{
		{"damaged", func(t *testing.T, set tiny, dir string) {
			set.files[0][100] ^= 1
			put(t, filepath.Join(dir, images), set.files[0])
		}, images + ": expected train-images-idx3-ubyte of tiny (unpacked 496 bytes, sha256 "},
		{"truncated", func(t *testing.T, set tiny, dir string) {
			put(t, filepath.Join(dir, images), set.files[0][:300])
		}, "found 300 bytes with sha256 "},
		{"truncated, said in words", func(t *testing.T, set tiny, dir string) {
			put(t, filepath.Join(dir, images), set.files[0][:300])
		}, "the file is cut short: sides [30 4 4] need 496 bytes, it has 300; remove it and run: go run ./kernel-setup fetch tiny"},
		{"empty", func(t *testing.T, set tiny, dir string) {
			put(t, filepath.Join(dir, images), nil)
		}, images + ": expected train-images-idx3-ubyte of tiny (unpacked 496 bytes"},
		{"labels for images", func(t *testing.T, set tiny, dir string) {
			put(t, filepath.Join(dir, images), set.files[1])
		}, "found train-labels-idx1-ubyte of tiny"},
		{"test for train", func(t *testing.T, set tiny, dir string) {
			put(t, filepath.Join(dir, labels), set.files[3])
		}, labels + ": expected train-labels-idx1-ubyte of tiny (unpacked 38 bytes"},
		{"gzip cut short", func(t *testing.T, set tiny, dir string) {
			replaceByGzip(t, dir, images, set.files[0], func(b []byte) []byte { return b[:len(b)-9] })
		}, images + ".gz: the file cannot be read after 496 unpacked bytes (unexpected EOF)"},
		{"gzip damaged", func(t *testing.T, set tiny, dir string) {
			replaceByGzip(t, dir, images, set.files[0], func(b []byte) []byte { b[len(b)-5] ^= 1; return b })
		}, images + ".gz: the file cannot be read after 496 unpacked bytes (gzip: invalid checksum); download it again"},
		{"gzip empty", func(t *testing.T, set tiny, dir string) {
			replaceByGzip(t, dir, images, nil, func([]byte) []byte { return nil })
		}, images + ".gz: this is not a gzip file"},
		{"page instead of gzip", func(t *testing.T, set tiny, dir string) {
			replaceByGzip(t, dir, images, nil, func([]byte) []byte { return []byte("<!DOCTYPE html>") })
		}, images + ".gz: this is not a gzip file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			set := newTiny(t, "tiny", 1)
			dir := filepath.Join(os.Getenv("HOME"), ".keras", "datasets", "tiny")
			set.write(t, dir, plain)
			if _, err := (Recipe{Dataset: "tiny"}).Train(); err != nil {
				t.Fatalf("before the harm: %v", err)
			}
			test.harm(t, set, dir)
			_, err := Recipe{Dataset: "tiny"}.Train()
			wantError(t, err, test.want)
		})
	}
}

// replaceByGzip swaps a plain file for a harmed gzip file.
func replaceByGzip(t *testing.T, dir, name string, contents []byte, harm func([]byte) []byte) {
	t.Helper()
	path := filepath.Join(dir, name+".gz")
	put(t, path, contents)
	zipped, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	putRaw(t, path, harm(zipped))
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

// A folder given may hold the reader's own data, as long as it is consistent.
func TestOwnData(t *testing.T) {
	tests := []struct {
		name   string
		images Array
		labels Array
		want   string // in the error; "" if the data are fine
	}{
		{"fine", Array{Shape: []int{2, 3}, U8: make([]uint8, 24)}, Array{U8: []uint8{0, 1, 2, 2}}, ""},
		{"in colour", Array{Shape: []int{2, 3, 3}, U8: make([]uint8, 36)}, Array{U8: []uint8{0, 1}}, ""},
		{"too few labels", Array{Shape: []int{2, 3}, U8: make([]uint8, 24)}, Array{U8: []uint8{0, 1, 2}},
			"train-images-idx3-ubyte has 4 images but "},
		{"unknown class", Array{Shape: []int{2, 3}, U8: make([]uint8, 6)}, Array{U8: []uint8{3}},
			"labels go up to 3 but tiny has 3 classes"},
		{"swapped", Array{U8: []uint8{0, 1}}, Array{Shape: []int{2, 3}, U8: make([]uint8, 12)},
			"train-labels-idx1-ubyte: expected labels, one uint8 each, found 2 examples of uint8 with shape [2 3]; are two files swapped?"},
		{"floats", Array{Shape: []int{2, 3}, F32: make([]float32, 6)}, Array{U8: []uint8{0}}, "found 1 examples of float32"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			set := newTiny(t, "tiny", 1)
			set.files[0], set.files[1] = encoded(t, test.images), encoded(t, test.labels)
			recipe := Recipe{Dataset: "tiny", Dir: write(t, set, plain)}
			train, err := recipe.Train()
			if test.want != "" {
				wantError(t, err, test.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if train.Inputs.Len() != test.labels.Len() || len(train.Inputs.Shape) != 3 {
				t.Errorf("%d images of shape %v", train.Inputs.Len(), train.Inputs.Shape)
			}
			wantError(t, errorOf(train.Notice), "own data from "+recipe.Dir)
			id := must(recipe.ID())(t)
			set.files[3][10] ^= 1
			set.write(t, recipe.Dir, plain)
			if other := must(recipe.ID())(t); other == id {
				t.Errorf("ID %s stays although a file changed", id)
			}
		})
	}
}

// A file that is edited in its place, with its size and time as before, is other data at once.
func TestEditedInPlace(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	npz := filepath.Join(t.TempDir(), "tiny.npz")
	images, labels := make([]uint8, 30*16), make([]uint8, 30)
	arrays := map[string]Array{
		"x_train": {Shape: []int{4, 4}, U8: images}, "y_train": {Shape: []int{}, U8: labels},
		"x_test": {Shape: []int{4, 4}, U8: images}, "y_test": {Shape: []int{}, U8: labels},
	}
	if err := WriteNPZ(npz, arrays); err != nil {
		t.Fatal(err)
	}
	folder := write(t, set, plain)
	packed := write(t, set, func(name string) string { return name + ".gz" })
	for path, file := range map[string]string{
		folder: filepath.Join(folder, "train-images-idx3-ubyte"), packed: filepath.Join(packed, "train-images-idx3-ubyte.gz"), npz: npz,
	} {
		recipe := Recipe{Dataset: "tiny"}.From(path)
		before, id := must(recipe.Train())(t), must(recipe.ID())(t)
		info := must(os.Stat(file))(t)
		switch path {
		case npz:
			images[7] = 200
			if err := WriteNPZ(npz, arrays); err != nil {
				t.Fatal(err)
			}
		case folder:
			contents := must(os.ReadFile(file))(t)
			contents[16+7] = 200
			putRaw(t, file, contents)
		case packed:
			var zipped bytes.Buffer
			zip := gzip.NewWriter(&zipped)
			changed := slices.Clone(set.files[0])
			changed[16+7] = 200
			_, _ = zip.Write(changed) // to memory
			_ = zip.Close()
			putRaw(t, file, zipped.Bytes())
		}
		if err := os.Chtimes(file, info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
		after := must(recipe.Train())(t)
		if now := must(recipe.ID())(t); now == id || after.ID() == before.ID() || after.Inputs.U8[7] != 200 {
			t.Errorf("%s: ID %q, then %q; sets %q and %q", path, id, now, before.ID(), after.ID())
		}
	}
}

type errorOf string

func (e errorOf) Error() string { return string(e) }

// Some examples of a file are those of the whole, plain or packed, the first time and later.
func TestSubsets(t *testing.T) {
	for _, suffix := range []string{"", ".gz"} {
		set := newTiny(t, "tiny", 1)
		recipe := Recipe{Dataset: "tiny", Dir: write(t, set, func(name string) string { return name + suffix })}
		for range 2 {
			for name, subset := range map[string]func() (*Set, error){"train": recipe.Holdout(0.4).Seed(3).Train, "validation": recipe.Holdout(0.4).Seed(3).Validation} {
				got, whole := must(subset())(t), must(recipe.Train())(t)
				whole = whole.Select(got.Index)
				if !slices.Equal(got.Inputs.U8, whole.Inputs.U8) || !slices.Equal(got.Labels.I32, whole.Labels.I32) || !slices.Equal(got.Inputs.Shape, whole.Inputs.Shape) {
					t.Errorf("%s of images%s is another than the same examples of the whole", name, suffix)
				}
			}
		}
	}
}

// Who reads a file in chunks is told when it changes between two readings.
func TestChangedBetweenChunks(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	set.files[0][20] ^= 1 // data of one's own
	dir := write(t, set, plain)
	chunks := must(InChunks(Recipe{Dataset: "tiny"}.From(dir), "train"))(t)
	set.files[0][21] ^= 1
	set.write(t, dir, plain)
	for _, err := range chunks.Each {
		wantError(t, err, "train-images-idx3-ubyte changed while it was read")
	}
}

// Another program may write the same contents anew, as one does that unpacks the same file at the same time.
func TestWrittenAgainBetweenChunks(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	dir := write(t, set, plain)
	chunks := must(InChunks(Recipe{Dataset: "tiny"}.From(dir), "train"))(t)
	set.write(t, dir, plain)
	if got := join(t, chunks); got.Len() != 30 {
		t.Errorf("%d examples", got.Len())
	}
}

// A gzip file that is replaced after it was hashed is not taken for the published one.
func TestChangedBeforeUnpacking(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	sha := hash(set.files[0])
	set.files[0] = bytes.Replace(set.files[0], []byte{29}, []byte{28}, 1)
	dir := write(t, set, func(name string) string { return name + ".gz" })
	path := filepath.Join(dir, "train-images-idx3-ubyte.gz")
	putRaw(t, must(Derived("checked/sha256", path, path))(t), []byte(sha))
	if c := must(open(path))(t); c.sha == sha || Installed(must(CacheDir())(t)+"/tiny", "tiny", "train-images-idx3-ubyte") {
		t.Error("other contents are taken for the published ones")
	}
}

// A published gzip file is unpacked into the cache once and read from there.
func TestGzipIsUnpackedOnce(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	dir := write(t, set, func(name string) string { return name + ".gz" })
	recipe := Recipe{Dataset: "tiny", Dir: dir}
	must(recipe.Train())(t)
	copied := filepath.Join(must(CacheDir())(t), "tiny", "train-images-idx3-ubyte")
	if _, err := os.Stat(copied); err != nil {
		t.Fatal(err)
	}
	// The copy alone would be damaged data; the gzip file still holds the truth.
	putRaw(t, copied, []byte("damaged"))
	if train, err := recipe.Train(); err != nil || train.Inputs.U8[16] != 1 {
		t.Errorf("a damaged copy was used, or failed: %v", err)
	}
	if !Installed(must(CacheDir())(t)+"/tiny", "tiny", "train-images-idx3-ubyte") {
		t.Error("the damaged copy was not replaced")
	}
}

func TestNoCacheFolder(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	dir := write(t, set, func(name string) string { return name + ".gz" })
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	if train, err := (Recipe{Dataset: "tiny", Dir: dir}).Train(); err != nil || train.Len() != 30 {
		t.Errorf("without a cache folder: %v", err)
	}
}

func TestInstall(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	const name = "t10k-images-idx3-ubyte"
	good, bad := filepath.Join(t.TempDir(), "good.gz"), filepath.Join(t.TempDir(), "bad")
	put(t, good, set.files[2])
	put(t, bad, set.files[2][:50])
	wantError(t, Install("tiny", name, bad), bad+": expected t10k-images-idx3-ubyte of tiny")
	if Installed(must(CacheDir())(t)+"/tiny", "tiny", name) {
		t.Error("a broken file became data")
	}
	if err := Install("tiny", name, good); err != nil || !Installed(must(CacheDir())(t)+"/tiny", "tiny", name) {
		t.Errorf("not installed: %v", err)
	}
	wantError(t, Install("tiny", "other", good), `no file "other"`)
}
