package data

import (
	"encoding/json"
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

// Derived gives the path under which the cache keeps something that was made from a file or folder
// of the user, such as "imdb/words". The path changes when one of the sources changes.
//
//	base, err := data.Derived("imdb/words", archive, archive) // …/imdb/words-0123456789abcdef-0123456789abcdef
//
// It makes nothing. Remove what was made before a change with DropOlder.
func Derived(what, path string, sources ...string) (base string, err error) {
	dir, err := CacheDir()
	if err != nil {
		return "", err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	stamp, err := files.Stamp(sources...)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.FromSlash(what)+"-"+hash([]byte(path))[:16]+"-"+stamp), nil
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

// checked remembers that a file was hashed, so that unchanged files are not hashed again.
type checked struct {
	Path   string `json:"path"`
	Stamp  string `json:"stamp"`
	SHA256 string `json:"sha256"` // of the unpacked contents
}

// recordOf is where the check of a file is remembered; a record for each file, since
// several programs write at once.
func recordOf(path string) (string, error) {
	dir, err := CacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "checked", hash([]byte(path))[:16]+".json"), nil
}

// recall returns the sha256 remembered for a file, or "" if it changed since or was never hashed,
// and what to remember it with.
func recall(path string) (sha, stamp string, err error) {
	if stamp, err = files.Stamp(path); err != nil {
		return "", "", err
	}
	name, err := recordOf(path)
	if err != nil {
		return "", stamp, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return "", stamp, nil
	}
	var was checked
	if json.Unmarshal(text, &was) != nil || was.Path != path || was.Stamp != stamp {
		return "", stamp, nil
	}
	return was.SHA256, stamp, nil
}

// remember is best effort: without a cache every load hashes again.
func remember(path, stamp, sha string) {
	name, err := recordOf(path)
	if err != nil {
		return
	}
	if text, err := json.Marshal(checked{path, stamp, sha}); err == nil {
		_ = files.Write(name, text)
	}
}
