package data

import (
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gonblabs/mnistkit/files"
)

// The environment variable that names a folder of data, and the value that forces the bundled sample.
const (
	dataVariable = "MNISTKIT_DATA"
	bundled      = "bundled"
)

// source is where the four files of a data set were found.
type source struct {
	dataset string
	dir     string // "bundled sample" for the sample
	kind    string // "full", sampled, or "own(hash)" for other data in the same layout
	notice  string
	paths   [4]string // in the order of published.files; "" for those that are missing, and for the sample
	npz     string    // the one file that they were unpacked from, if they were
}

// sampled is the kind of the bundled sample.
const sampled = "sample"

// find looks for the files of a data set: in the folder given, in $MNISTKIT_DATA, in
// ~/.keras/datasets, in the cache, in SharedDir; the bundled sample is the last resort.
func (r Recipe) find() (source, error) {
	if err := r.check(); err != nil {
		return source{}, err
	}
	if r.Dir != "" {
		return chosen(r.Dataset, files.Home(r.Dir))
	}
	dirs, err := folders(r.Dataset)
	if err != nil {
		return source{}, err
	}
	incomplete := ""
	for _, dir := range dirs {
		s, err := look(r.Dataset, dir)
		missing := s.missing()
		switch {
		case err != nil:
			return s, err
		case len(missing) == 0 && s.holds() == r.Dataset:
			return s, nil
		case len(missing) > 0 && len(missing) < len(s.paths):
			incomplete = fmt.Sprintf(" (%s lacks %s)", dir, strings.Join(missing, ", "))
		}
	}
	return sample(r.Dataset, incomplete), nil
}

// chosen is a folder, or a .npz file, that the caller chose: it must have all files, and may have
// the caller's own data.
func chosen(dataset, dir string) (source, error) {
	s, err := look(dataset, dir)
	if err != nil {
		return s, err
	}
	if missing := s.missing(); len(missing) > 0 {
		return s, fmt.Errorf("%s: the folder lacks %s (or .gz), and %s.npz; put the files there, or leave out From(%q) to search the usual places",
			dir, strings.Join(missing, ", "), dataset, dir)
	}
	if other := s.holds(); other != dataset {
		return s, fmt.Errorf("%s: the folder holds %s, not %s; give the folder of %[3]s", dir, other, dataset)
	}
	var sums, published [4]string
	for i, file := range known[dataset].files {
		published[i] = file.SHA256
		if sums[i], err = digest(s.paths[i]); err != nil {
			return s, err
		}
	}
	if sums != published {
		s.kind = fmt.Sprintf("own(%.12s)", hash([]byte(strings.Join(sums[:], " "))))
		s.notice = fmt.Sprintf("own data from %s: not the published %s", dir, known[dataset].title)
	}
	return s, nil
}

// Find gives the path of a file or folder by one of the names that it may have, "" if there is none. It looks
// where the kit looks for the files of a data set.
//
//	path, err := data.Find("imdb", "aclImdb", "aclImdb_v1.tar.gz")
func Find(dataset string, names ...string) (string, error) {
	dirs, err := folders(dataset)
	for _, dir := range dirs {
		for _, name := range names {
			path := filepath.Join(dir, name)
			if _, err := os.Stat(path); err == nil {
				return path, nil
			}
		}
	}
	return "", err
}

// folders lists where the files of a data set may lie, in this order; nowhere if the user wants bundled samples and
// nothing else. They need not exist.
func folders(dataset string) ([]string, error) {
	if os.Getenv(dataVariable) == bundled {
		return nil, nil
	}
	var dirs []string
	if dir := files.Home(os.Getenv(dataVariable)); dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("%s=%s is not a folder; set it to the folder of your data sets, or to %q for the bundled samples",
				dataVariable, dir, bundled)
		}
		dirs = append(dirs, filepath.Join(dir, dataset), dir)
	}
	if user, err := os.UserHomeDir(); err == nil {
		keras := filepath.Join(user, ".keras", "datasets")
		dirs = append(dirs, filepath.Join(keras, dataset), keras)
	}
	if cache, err := CacheDir(); err == nil {
		dirs = append(dirs, filepath.Join(cache, dataset))
	}
	if shared := SharedDir(dataset); shared != "" {
		dirs = append(dirs, shared)
	}
	return dirs, nil
}

// look finds the four files in a folder, or Keras' one that holds them; dir may also be such a file.
func look(dataset, dir string) (source, error) {
	s := fourFiles(dataset, dir)
	if len(s.missing()) < len(s.paths) {
		return s, nil
	}
	npz := dir
	if filepath.Ext(dir) != ".npz" {
		if npz = filepath.Join(dir, dataset+".npz"); !isFile(npz) {
			return s, nil
		}
	}
	unpacked, err := unpackNPZ(dataset, npz)
	s = fourFiles(dataset, unpacked)
	s.dir, s.npz = dir, npz
	return s, err
}

// fourFiles finds the files in a folder, unpacked before packed, under either of their usual names.
func fourFiles(dataset, dir string) source {
	s := source{dataset: dataset, dir: dir, kind: "full"}
	for i, file := range known[dataset].files {
		dotted := strings.Replace(file.Name, "-idx", ".idx", 1)
		for _, name := range []string{file.Name, dotted, file.Name + ".gz", dotted + ".gz"} {
			if path := filepath.Join(dir, name); isFile(path) {
				s.paths[i] = path
				break
			}
		}
	}
	return s
}

func (s source) missing() (names []string) {
	for i, file := range known[s.dataset].files {
		if s.paths[i] == "" {
			names = append(names, file.Name)
		}
	}
	return names
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// holds names the data set in a source by its smallest file: MNIST and Fashion-MNIST use the
// same file names. Files that are neither count as the one looked for; open checks them.
func (s source) holds() string {
	sha, _ := digest(s.paths[3]) // open says what is wrong with it
	if dataset, _, ok := publishedAs(sha); ok {
		return dataset
	}
	return s.dataset
}

//go:generate go run ./sample/make.go

// The first 100 images of each class of train and of test, with their places in the full files.
//
//go:embed sample/*/*.gz
var samples embed.FS

// sample is the bundled sample; incomplete says what kept the full data from being used, if anything did.
func sample(dataset, incomplete string) source {
	return source{
		dataset: dataset,
		dir:     "bundled sample",
		kind:    sampled,
		notice: fmt.Sprintf("bundled sample: the first 100 images of each class of train and of test; for all 70,000 run: %s%s",
			files.Command("fetch "+dataset), incomplete),
	}
}

func sampleFile(dataset, name string) ([]byte, error) {
	file, err := samples.Open("sample/" + dataset + "/" + name + ".gz")
	if err != nil {
		return nil, fmt.Errorf("bundled sample: %w", err)
	}
	unpacked, _ := gzip.NewReader(file) // nothing is damaged in the program itself
	return io.ReadAll(unpacked)
}

// sampleIndex reads where the images of one half of the sample lie in the full files.
func sampleIndex(dataset string, half int) ([]int32, error) {
	images := known[dataset].files[half].Name
	contents, err := sampleFile(dataset, strings.Replace(images, "images-idx3-ubyte", "index-idx1-int", 1))
	if err != nil {
		return nil, err
	}
	a, err := DecodeIDX(contents)
	return a.I32, err
}
