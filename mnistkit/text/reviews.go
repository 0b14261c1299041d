package text

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// review is one text of a corpus.
type review struct {
	path  string // "train/pos/0_9.txt"
	text  string
	test  bool
	label int32
}

// longestReview bounds what a file may ask of the memory.
const longestReview = 1 << 20

// readReviews reads a folder or a .tar.gz in the layout of aclImdb:
// {train,test}/{pos,neg}/NAME.txt, by name. Other files are passed over, such
// as the reviews without labels.
func readReviews(file string) (list []review, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		list, err = readFolder(file)
	} else {
		list, err = readArchive(file)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	slices.SortFunc(list, func(a, b review) int { return cmp.Compare(a.path, b.path) })
	return list, checkReviews(file, list)
}

// reviewAt is the review that a path in the layout stands for; ok is false for
// other files.
func reviewAt(name string) (r review, ok bool) {
	folders := strings.Split(path.Clean(name), "/")
	if len(folders) < 3 || !strings.HasSuffix(name, ".txt") {
		return r, false
	}
	folders = folders[len(folders)-3:]
	half, class := folders[0], folders[1]
	if half != "train" && half != "test" || class != "pos" && class != "neg" {
		return r, false
	}
	r = review{path: strings.Join(folders, "/"), test: half == "test"}
	if class == "pos" {
		r.label = 1
	}
	return r, true
}

func readFolder(dir string) (list []review, err error) {
	err = walkReviews(dir, func(name string, r review) error {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		r.text, err = readText(r.path, f)
		list = append(list, r)
		return err
	})
	return list, err
}

// walkReviews visits the files of a folder that are reviews, in a fixed order.
// It does not look into train/unsup, 50,000 files in aclImdb.
func walkReviews(dir string, visit func(name string, r review) error) error {
	dir, err := filepath.EvalSymlinks(dir) // a link is not walked into
	if err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == "unsup" && filepath.Base(filepath.Dir(name)) == "train" {
				return fs.SkipDir
			}
			return nil
		}
		relative, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		if r, ok := reviewAt(filepath.ToSlash(relative)); ok {
			return visit(name, r)
		}
		return nil
	})
}

func readArchive(file string) ([]review, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return unpackReviews(f)
}

func unpackReviews(r io.Reader) (list []review, err error) {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("it is not a .tar.gz archive (%w); give the archive or the folder of the reviews", err)
	}
	for archive := tar.NewReader(zip); ; {
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

func readText(name string, r io.Reader) (string, error) {
	contents, err := io.ReadAll(io.LimitReader(r, longestReview+1))
	if err != nil {
		return "", fmt.Errorf("%s is damaged or cut short (%w); fetch it again", name, err)
	}
	if len(contents) > longestReview {
		return "", fmt.Errorf("%s is longer than %d bytes; is that one review?", name, longestReview)
	}
	return string(contents), nil
}

// checkReviews reports halves without one of the classes.
func checkReviews(file string, list []review) error {
	counts := map[string]int{}
	for _, r := range list {
		counts[path.Dir(r.path)]++
	}
	for _, folder := range []string{"train/pos", "train/neg", "test/pos", "test/neg"} {
		if counts[folder] == 0 {
			return fmt.Errorf("%s: it holds no %s/NAME.txt; give an archive or folder in the layout of aclImdb", file, folder)
		}
	}
	return nil
}

// digest tells a collection of reviews from all others.
func digest(list []review) string {
	h := sha256.New()
	for _, r := range list {
		fmt.Fprintf(h, "%s %d\n%s", r.path, len(r.text), r.text)
	}
	return hex.EncodeToString(h.Sum(nil))
}
