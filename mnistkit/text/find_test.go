package text

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/data"
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

// A link to nothing among the texts is named, in one sentence.
func TestLostReview(t *testing.T) {
	dir := folder(t, own(t))
	lost := filepath.Join(dir, "train", "pos", "1_9.txt")
	if err := os.Symlink("nowhere", lost); err != nil {
		t.Skip("no links here:", err)
	}
	_, err := IMDB().From(dir).Train()
	if err == nil || !strings.HasPrefix(err.Error(), lost+": ") || !strings.Contains(err.Error(), "; check the path") {
		t.Errorf("%v", err)
	}
}

// A change of the archive is seen, and in a folder also one of a text in its
// place, though their sizes and times are as before.
func TestChangedReviews(t *testing.T) {
	files := own(t)
	packed := filepath.Join(t.TempDir(), "mine.tar.gz")
	loose := folder(t, files)
	linked := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(loose, linked); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, change := range []string{"A good, good film.<br />Good!", "A good, bad film.<br />Good!", "short"} {
		files["train/pos/0_9.txt"] = change // in its place: the folder's time stays
		text := filepath.Join(loose, "train", "pos", "0_9.txt")
		if err := os.WriteFile(text, []byte(change), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(packed, archive(t, files), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{text, packed} {
			if err := os.Chtimes(path, time.Unix(0, 0), time.Unix(0, 0)); err != nil {
				t.Fatal(err)
			}
		}
		ids := map[string]bool{}
		for _, path := range []string{packed, loose, linked} {
			id, err := IMDB().From(path).ID()
			if err != nil {
				t.Fatal(err)
			}
			if before, ok := seen[id]; ok {
				t.Errorf("%s: with %q the ID is that with %q", path, change, before)
			}
			ids[id] = true
		}
		for id := range ids {
			seen[id] = change
		}
		if len(ids) != 1 {
			t.Errorf("%q: archive, folder and link have the IDs %v", change, ids)
		}
		// Only the newest state of each is kept.
		kept, err := filepath.Glob(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "mnistkit", "imdb", "words-*.npz"))
		if err != nil || len(kept) != 3 {
			t.Errorf("the cache keeps %v (%v), want one state of the archive, the folder and the link", kept, err)
		}
		if _, err := IMDB().From(packed).Train(); err != nil {
			t.Error(err)
		}
	}
}

// What is deleted from the cache, or damaged there, is made again.
func TestDamagedCache(t *testing.T) {
	r := IMDB().From(folder(t, own(t))).Padded(4)
	want, err := r.Train()
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "mnistkit", "imdb", "words-*.npz"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	arrays, err := data.ReadNPZ(found[0])
	if err != nil {
		t.Fatal(err)
	}
	for what, damage := range map[string]func() error{
		"deleted":          func() error { return os.Remove(found[0]) },
		"no archive":       func() error { return os.WriteFile(found[0], []byte("no archive"), 0o644) },
		"a negative word":  func() error { arrays["train"].I32[0] = -1; return data.WriteNPZ(found[0], arrays) },
		"an unknown label": func() error { arrays["test_labels"].I32[0] = 7; return data.WriteNPZ(found[0], arrays) },
		"an array less":    func() error { delete(arrays, "test_ends"); return data.WriteNPZ(found[0], arrays) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Train(); err != nil || !cmp.Equal(got.Inputs, want.Inputs) {
			t.Errorf("%s: %v", what, err)
		}
		if arrays, err = data.ReadNPZ(found[0]); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
}
