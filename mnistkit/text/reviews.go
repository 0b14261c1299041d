package text

import (
	"archive/tar"
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/internal/quote"
)

// review is one text of a corpus.
type review struct {
	path  string // "train/pos/0_9.txt"
	text  string
	test  bool
	label int32
}

// folders hold the reviews in the layout of aclImdb.
var folders = []review{
	{path: "train/pos", label: 1}, {path: "train/neg"}, {path: "test/pos", label: 1, test: true}, {path: "test/neg", test: true},
}

// reviewAt is the review that a path in the layout stands for; ok is false for
// other files, such as the hidden ones that macOS adds to an archive.
func reviewAt(name string) (r review, ok bool) {
	dir, file := path.Split("/" + path.Clean(name))
	for _, r := range folders {
		if strings.HasSuffix(dir, "/"+r.path+"/") && strings.EqualFold(path.Ext(file), ".txt") && file[0] != '.' {
			r.path += "/" + file
			return r, true
		}
	}
	return r, false
}

// reviewFiles lists the files of a folder that are reviews; nil for an archive. It
// does not look into train/unsup, 50,000 files in aclImdb.
func reviewFiles(dir string) ([]string, error) {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return nil, err
	}
	paths := []string{}
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && strings.HasSuffix("/"+name, "/train/unsup") {
			return fs.SkipDir
		}
		if _, ok := reviewAt(name); ok && !entry.IsDir() {
			paths = append(paths, filepath.Join(dir, name))
		}
		return nil
	})
	return paths, err
}

// readReviews reads the files of a folder, or a .tar.gz where paths is nil, and
// sorts the reviews by path. It passes over other files, such as the reviews
// without labels.
func readReviews(file string, paths []string) ([]review, error) {
	list, err := readFiles(paths)
	if paths == nil {
		list, err = readArchive(file)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	slices.SortFunc(list, func(a, b review) int { return cmp.Compare(a.path, b.path) })
	for _, folder := range folders {
		if !slices.ContainsFunc(list, func(r review) bool { return path.Dir(r.path) == folder.path }) {
			return nil, fmt.Errorf("%s: it holds no %s/NAME.txt; give an archive or folder in the layout of aclImdb", file, folder.path)
		}
	}
	return list, nil
}

func readFiles(paths []string) (list []review, err error) {
	for _, name := range paths {
		f, err := files.Open(name)
		if err != nil {
			return nil, err
		}
		r, _ := reviewAt(filepath.ToSlash(name))
		r.text, err = readText(r.path, f)
		if err = cmp.Or(err, f.Close()); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

func readArchive(file string) (list []review, err error) {
	f, err := files.OpenUnpacked(file)
	if err != nil {
		return nil, fmt.Errorf("%w; give the archive or the folder of the reviews", err)
	}
	defer f.Close()
	for archive := tar.NewReader(f); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the archive is damaged or cut short (%w); fetch it again", err)
		}
		if r, ok := reviewAt(header.Name); ok && header.Typeflag == tar.TypeReg {
			if r.text, err = readText(r.path, archive); err != nil {
				return nil, err
			}
			list = append(list, r)
		}
	}
}

// kept ends the path of what the cache keeps. Its number goes up when the same files give other numbers.
const kept = ".2.npz"

// longestReview bounds what a file may ask of the memory.
const longestReview = 1 << 20

func readText(name string, r io.Reader) (string, error) {
	contents, err := io.ReadAll(&files.Bounded{R: r, Left: longestReview, Err: fmt.Errorf("it is longer than %d bytes; is that one review?", longestReview)})
	if err != nil {
		return "", quote.Errorf("%s is too long, damaged or cut short (%w); fetch it again", name, err)
	}
	if !utf8.Valid(contents) || bytes.IndexByte(contents, 0) >= 0 { // a word of other letters would be no word of the vocabulary
		return "", quote.Errorf("%s is not in UTF-8; save it as text in UTF-8", name)
	}
	return strings.TrimPrefix(string(contents), "\ufeff"), nil
}

// digest tells a collection of reviews from all others.
func digest(list []review) string {
	h := sha256.New()
	for _, r := range list {
		fmt.Fprintf(h, "%s %d\n%s", r.path, len(r.text), r.text)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// published is the digest of the 50,000 labelled reviews of aclImdb_v1.
const published = "1999978f030cbf075dc413bcb5eb0da74293132f2def35b91c16c068eb5c416b"

// names are what an archive or folder of the reviews may be called; Keras' get_file
// unpacks into aclImdb_v1 or aclImdb_v1_extracted.
var names = []string{"aclImdb", "aclImdb_v1/aclImdb", "aclImdb_v1_extracted/aclImdb", "aclImdb_v1", "aclImdb_v1.tar.gz", "aclImdb-labelled.tar.gz", "aclImdb.tar.gz"}

// find finds the texts, without reading them.
func (r Recipe) find() (corpus, error) {
	file, err := files.Home(r.Dir), r.check()
	if err == nil && file == "" {
		file, err = data.Find("imdb", names...)
	}
	switch {
	case err != nil:
		return corpus{}, err
	case file == "":
		return sample(), nil
	}
	return index(file)
}

// index finds out what a file or folder of reviews holds. The reviews are read
// once; later their numbers come from the cache.
func index(file string) (c corpus, err error) {
	c.file = file
	if c.paths, err = reviewFiles(file); errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("%s does not exist; give the archive or the folder of the reviews, or leave out From to search the usual places", file)
	}
	if err != nil {
		return c, files.Explain(file, err)
	}
	// A folder's own time does not tell that a text was changed.
	if c.cache, err = data.Derived("imdb/words", file, slices.Concat([]string{file}, c.paths)...); err != nil {
		return c, err
	}
	known, err := data.ReadNPZ(c.cache+kept, "sha256", "train_labels", "test_labels")
	c.sha256, c.train.labels, c.test.labels = string(known["sha256"].U8), known["train_labels"].I32, known["test_labels"].I32
	if err != nil || c.sha256 == "" || len(c.train.labels) < 1 {
		err = c.prepare()
	}
	if c.kind = "full"; c.sha256 != published {
		c.kind = fmt.Sprintf("own(%.12s)", c.sha256)
		c.notice = fmt.Sprintf("own texts from %s: not the published 50,000 reviews", file)
	}
	return c, err
}

// prepare reads all reviews and keeps their numbers in the cache.
func (c *corpus) prepare() error {
	list, err := readReviews(c.file, c.paths)
	if err != nil {
		return err
	}
	c.number(list)
	c.sha256 = digest(list)
	numbers := map[string]data.Array{
		"words": {U8: []byte(strings.Join(c.words, "\n"))}, "sha256": {U8: []byte(c.sha256)},
		"train": {I32: c.train.numbers}, "train_ends": {I32: c.train.ends}, "train_labels": {I32: c.train.labels},
		"test": {I32: c.test.numbers}, "test_ends": {I32: c.test.ends}, "test_labels": {I32: c.test.labels},
	}
	if err = data.WriteNPZ(c.cache+kept, numbers); err == nil {
		data.DropOlder(c.cache)
	}
	return err
}

// load reads the texts' numbers from the cache. If the cache was damaged or deleted
// since, they are made of the reviews again.
func (c *corpus) load() error {
	if c.words != nil {
		return nil
	}
	if a, err := data.ReadNPZ(c.cache + kept); err == nil {
		c.words = strings.Split(string(a["words"].U8), "\n")
		c.train = half{a["train"].I32, a["train_ends"].I32, a["train_labels"].I32}
		c.test = half{a["test"].I32, a["test_ends"].I32, a["test_labels"].I32}
		if c.train.fits(len(c.words)) && c.test.fits(len(c.words)) {
			return nil
		}
	}
	before := c.sha256
	err := c.prepare()
	if err == nil && c.sha256 != before {
		err = fmt.Errorf("the texts in %s were changed while they were read; run it again", c.file)
	}
	return err
}
