package data

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

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

// checked remembers that a file was hashed, so that unchanged files are not hashed again.
type checked struct {
	Path     string    `json:"path"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	SHA256   string    `json:"sha256"` // of the unpacked contents
}

// recordOf is where the check of a file is remembered; a record for each file, since
// several programs write at once.
func recordOf(path string) (string, error) {
	dir, err := CacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(path))
	return filepath.Join(dir, "checked", hex.EncodeToString(sum[:8])+".json"), nil
}

// recall returns the sha256 remembered for a file, or "" if it changed since or was never hashed.
func recall(path string, info fs.FileInfo) string {
	name, err := recordOf(path)
	if err != nil {
		return ""
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	var was checked
	if json.Unmarshal(text, &was) != nil || was.Path != path || was.Size != info.Size() || !was.Modified.Equal(info.ModTime()) {
		return ""
	}
	return was.SHA256
}

// remember is best effort: without a cache every load hashes again.
func remember(path string, info fs.FileInfo, sha string) {
	name, err := recordOf(path)
	if err != nil {
		return
	}
	if text, err := json.Marshal(checked{path, info.Size(), info.ModTime(), sha}); err == nil {
		_ = files.Write(name, text)
	}
}
