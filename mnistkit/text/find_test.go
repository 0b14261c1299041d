package text

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFoundReviews: the reviews are found in every usual place and under every usual name.
func TestFoundReviews(t *testing.T) {
	packed := archive(t, own(t))
	for _, at := range []string{
		"school/imdb/aclImdb_v1.tar.gz", "school/aclImdb.tar.gz", "school/aclImdb/", "school/imdb/aclImdb/",
		".keras/datasets/aclImdb_v1.tar.gz", ".keras/datasets/aclImdb/", ".keras/datasets/imdb/aclImdb-labelled.tar.gz",
		".keras/datasets/aclImdb_v1/aclImdb/", ".keras/datasets/aclImdb_v1_extracted/aclImdb/", ".keras/datasets/aclImdb_v1.tar.gz/aclImdb/",
	} {
		home := t.TempDir()
		t.Setenv("HOME", home)
		files := own(t) // also a cache of its own
		t.Setenv("MNISTKIT_DATA", "")
		if strings.HasPrefix(at, "school") {
			t.Setenv("MNISTKIT_DATA", filepath.Join(home, "school"))
		}
		path := filepath.Join(home, filepath.FromSlash(at))
		var err error
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil && strings.HasSuffix(at, "/") {
			err = os.Rename(folder(t, files), path)
		} else if err == nil {
			err = os.WriteFile(path, packed, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		train, err := IMDB().Padded(4).Train()
		if err != nil || train.Len() != 3 || !strings.Contains(train.Notice, "own texts from "+home) {
			t.Fatalf("%s: %v, %+v", at, err, train)
		}
		t.Setenv("MNISTKIT_DATA", "bundled")
		if id, err := IMDB().ID(); err != nil || !strings.HasPrefix(id, "imdb:sample") {
			t.Errorf("%s: bundled is %q, %v", at, id, err)
		}
	}
}
