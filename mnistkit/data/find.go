package data

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The environment variable that names a folder of data, and the value that forces the bundled sample.
const (
	dataVariable = "MNISTKIT_DATA"
	bundled      = "bundled"
)

// place is where the four files of a data set were found.
type place struct {
	dataset string
	dir     string // "bundled sample" for the sample
	kind    string // "full", "sample", or "own(hash)" for other data in the same layout
	notice  string
	paths   [4]string // in the order of published.files; empty for the sample
	npz     string    // the one file of From that they were unpacked from, if they were
}

// find looks for the files of a data set: in the folder given, in $MNISTKIT_DATA, in
// ~/.keras/datasets, in the cache; the bundled sample is the last resort.
func (r Recipe) find() (place, error) {
	if err := r.check(); err != nil {
		return place{}, err
	}
	if r.Dir != "" {
		return given(r.Dataset, Home(r.Dir))
	}
	if Bundled() {
		return samplePlace(r.Dataset, ""), nil
	}
	dirs, err := Folders(r.Dataset)
	if err != nil {
		return place{}, err
	}
	incomplete := ""
	for _, dir := range dirs {
		p, missing := look(r.Dataset, dir)
		if len(missing) == len(p.paths) {
			found, ok, err := fromKeras(r.Dataset, dir)
			if err != nil {
				return place{}, err
			}
			if ok {
				return found, nil
			}
		}
		if len(missing) > 0 {
			if len(missing) < len(p.paths) {
				incomplete = fmt.Sprintf(" (%s lacks %s)", dir, strings.Join(missing, ", "))
			}
			continue
		}
		if p.holds() == r.Dataset {
			return p, nil
		}
	}
	return samplePlace(r.Dataset, incomplete), nil
}

// given is a folder that the caller chose: it must have all files, or Keras' one, and may have
// the caller's own data.
func given(dataset, dir string) (place, error) {
	p, missing := look(dataset, dir)
	if len(missing) == len(p.paths) {
		npz, unpacked, err := ownKeras(dataset, dir)
		if err != nil {
			return p, err
		}
		if npz != "" {
			p, missing = look(dataset, unpacked)
			p.dir, p.npz = dir, npz
		}
	}
	if len(missing) > 0 {
		return p, fmt.Errorf("%s: the folder lacks %s (or .gz), and %s.npz; put the files there, or leave out From(%q) to search the usual places",
			dir, strings.Join(missing, ", "), dataset, dir)
	}
	if other := p.holds(); other != dataset {
		return p, fmt.Errorf("%s: the folder holds %s, not %s; give the folder of %[3]s", dir, other, dataset)
	}
	var sums [4]string
	own := false
	for i, file := range known[dataset].files {
		sha, err := digest(p.paths[i])
		if err != nil {
			return p, err
		}
		sums[i] = sha
		own = own || sha != file.SHA256
	}
	if own {
		p.kind = fmt.Sprintf("own(%.12s)", hash([]byte(strings.Join(sums[:], " "))))
		p.notice = fmt.Sprintf("own data from %s: not the published %s", dir, known[dataset].title)
	}
	return p, nil
}

// Bundled says whether the user wants bundled samples and nothing else.
func Bundled() bool { return os.Getenv(dataVariable) == bundled }

// Folders lists where the files of a data set are looked for, nearest to the user's wish first.
//
//	dirs, err := data.Folders("imdb") // $MNISTKIT_DATA/imdb, ~/.keras/datasets/imdb, …
//
// They need not exist.
func Folders(dataset string) ([]string, error) {
	var dirs []string
	if dir := Home(os.Getenv(dataVariable)); dir != "" {
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
	return dirs, nil
}

// look finds the four files in a folder, unpacked before packed, under either of their usual names.
func look(dataset, dir string) (p place, missing []string) {
	p = place{dataset: dataset, dir: dir, kind: "full"}
	for i, file := range known[dataset].files {
		dotted := strings.Replace(file.Name, "-idx", ".idx", 1)
		for _, name := range []string{file.Name, dotted, file.Name + ".gz", dotted + ".gz"} {
			path := filepath.Join(dir, name)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				p.paths[i] = path
				break
			}
		}
		if p.paths[i] == "" {
			missing = append(missing, file.Name)
		}
	}
	return p, missing
}

// holds names the data set in a place by its smallest file: MNIST and Fashion-MNIST use the
// same file names. Files that are neither count as the one looked for; load checks them.
func (p place) holds() string {
	sha, err := digest(p.paths[3])
	if err != nil {
		return p.dataset
	}
	if dataset, _, ok := publishedAs(sha); ok {
		return dataset
	}
	return p.dataset
}

// Home replaces a leading ~, which a shell would have done.
func Home(dir string) string {
	if rest, ok := strings.CutPrefix(dir, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		if user, err := os.UserHomeDir(); err == nil {
			return user + rest
		}
	}
	return dir
}
