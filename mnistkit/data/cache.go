package data

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gonblabs/mnistkit/files"
)

// CacheDir is the folder that keeps full data sets, one sub-folder each, and what is known of them.
//
//	dir, err := data.CacheDir() // ~/.cache/mnistkit on Linux
//
// The folder need not exist. Without a home folder it is an error.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("data.CacheDir: there is no cache folder: %w; set HOME", err)
	}
	return filepath.Join(dir, "mnistkit"), nil
}

// SharedDir is the folder of a data set that an installation has for all its users, "" without $MNISTKIT_ROOT.
//
//	dir := data.SharedDir("mnist") // $MNISTKIT_ROOT/.tools/data/mnist
//
// The folder need not exist, and only who installs writes into it.
func SharedDir(dataset string) string {
	root := files.Home(os.Getenv("MNISTKIT_ROOT"))
	if root == "" {
		return ""
	}
	return filepath.Join(root, ".tools", "data", dataset)
}

// Derived gives the path under which the cache keeps something that was made from a file or folder
// of the user, such as "imdb/words". The path changes when one of the sources changes.
//
//	base, err := data.Derived("imdb/words", archive, archive) // …/imdb/words-0123456789abcdef-0123456789abcdef
//
// It makes nothing. Remove what was made before a change with DropOlder.
func Derived(what, path string, sources ...string) (base string, err error) {
	dir, noCache := CacheDir()
	full, noPath := filepath.Abs(path)
	stamp, noStamp := files.Stamp(sources...)
	base = filepath.Join(dir, filepath.FromSlash(what)+"-"+hash([]byte(full))[:16]+"-"+stamp)
	return base, cmp.Or(noCache, noPath, noStamp)
}

// DropOlder removes what was derived from the same path before it changed. What stays, since
// another program reads it perhaps, is not read again.
func DropOlder(base string) {
	dir, name := filepath.Split(base)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), name[:strings.LastIndex(name, "-")+1]) && !strings.HasPrefix(e.Name(), name) {
			_ = os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}

// digest is the sha256 of a file's unpacked contents. The cache remembers it until the file changes,
// in a record for each file, since several programs write at once. Without a cache every call hashes.
func digest(path string) (string, error) {
	record, noRecord := Derived("checked/sha256", path, path)
	if sha, err := os.ReadFile(record); noRecord == nil && err == nil {
		return string(sha), nil
	}
	h := sha256.New()
	if err := unpackTo(h, path); err != nil {
		return "", err
	}
	sha := fmt.Sprintf("%x", h.Sum(nil))
	if noRecord == nil && files.Write(record, []byte(sha)) == nil {
		DropOlder(record)
	}
	return sha, nil
}
