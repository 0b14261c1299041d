package text

import (
	"archive/tar"
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
// other files.
func reviewAt(name string) (r review, ok bool) {
	dir, file := path.Split("/" + path.Clean(name))
	for _, r := range folders {
		if strings.HasSuffix(dir, "/"+r.path+"/") && path.Ext(file) == ".txt" {
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

func readArchive(file string) ([]review, error) {
	f, err := files.OpenUnpacked(file)
	if err != nil {
		return nil, fmt.Errorf("%w; give the archive or the folder of the reviews", err)
	}
	defer f.Close()
	return readTar(f)
}

func readTar(r io.Reader) (list []review, err error) {
	for archive := tar.NewReader(r); ; {
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

// longestReview bounds what a file may ask of the memory.
const longestReview = 1 << 20

func readText(name string, r io.Reader) (string, error) {
	contents, err := io.ReadAll(&files.Bounded{R: r, Left: longestReview, Err: fmt.Errorf("it is longer than %d bytes; is that one review?", longestReview)})
	if err != nil {
		return "", quote.Errorf("%s is too long, damaged or cut short (%w); fetch it again", name, err)
	}
	return string(contents), nil
}

// digest tells a collection of reviews from all others.
func digest(list []review) string {
	h := sha256.New()
	for _, r := range list {
		fmt.Fprintf(h, "%s %d\n%s", r.path, len(r.text), r.text)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
