package text

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
)

// published is the digest of the 50,000 labelled reviews of aclImdb_v1.
const published = "1999978f030cbf075dc413bcb5eb0da74293132f2def35b91c16c068eb5c416b"

// place is where the texts of a recipe come from.
type place struct {
	file   string // "" for the bundled sentences
	kind   string // "full", "sample" or "own(…)"
	notice string
	counts [2]int // texts to train on and to test on
	cached string // the corpus as a .npz file; "" for the bundled sentences
}

// names are what an archive or folder of the reviews may be called, in the
// folders of data.Folders; Keras' get_file unpacks into aclImdb_v1 or
// aclImdb_v1_extracted.
var names = []string{"aclImdb", "aclImdb_v1/aclImdb", "aclImdb_v1_extracted/aclImdb", "aclImdb_v1", "aclImdb_v1.tar.gz", "aclImdb-labelled.tar.gz", "aclImdb.tar.gz"}

func (r Recipe) find() (place, error) {
	if err := r.check(); err != nil {
		return place{}, err
	}
	if r.Dir != "" {
		return index(data.Home(r.Dir))
	}
	if data.Bundled() {
		return bundled()
	}
	dirs, err := data.Folders("imdb")
	if err != nil {
		return place{}, err
	}
	for _, dir := range dirs {
		for _, name := range names {
			file := filepath.Join(dir, filepath.FromSlash(name))
			if _, err := os.Stat(file); err == nil {
				return index(file)
			}
		}
	}
	return bundled()
}

func bundled() (place, error) {
	c, err := sample()
	return place{
		kind: "sample", counts: [2]int{c.train.len(), c.test.len()},
		notice: "bundled sample: 10,072 sentences from film reviews, rated by people; for 50,000 whole reviews run: go run ./kernel-setup fetch imdb",
	}, err
}

// sample is read at most once in a program.
var sample = sync.OnceValues(func() (corpus, error) {
	list, err := sampleReviews()
	if err != nil {
		return corpus{}, err
	}
	return newCorpus(list)
})

// entry is what the cache says of a file of reviews.
type entry struct {
	SHA256 string `json:"sha256"` // of the reviews
	Train  int    `json:"train"`
	Test   int    `json:"test"`
}

func (e entry) kind() string {
	if e.SHA256 == published {
		return "full"
	}
	return fmt.Sprintf("own(%.12s)", e.SHA256)
}

// index finds out what a file or folder of reviews holds. The reviews are read
// once; later their numbers come from the cache.
func index(file string) (place, error) {
	key, err := keyOf(file)
	if errors.Is(err, fs.ErrNotExist) {
		return place{}, fmt.Errorf("%s does not exist; give the archive or the folder of the reviews, or leave out From to search the usual places", file)
	}
	if err != nil {
		return place{}, err
	}
	cache, err := data.CacheDir()
	if err != nil {
		return place{}, err
	}
	base := filepath.Join(cache, "imdb", "words-"+key)
	p := place{file: file, cached: base + ".npz"}
	var e entry
	contents, err := os.ReadFile(base + ".json")
	if err != nil || json.Unmarshal(contents, &e) != nil || e.Train < 1 {
		if e, err = prepare(file, base); err != nil {
			return p, err
		}
	}
	p.counts = [2]int{e.Train, e.Test}
	if p.kind = e.kind(); e.SHA256 != published {
		p.notice = fmt.Sprintf("own texts from %s: not the published 50,000 reviews", file)
	}
	return p, nil
}

// keyOf changes when the file does, or one of the folder's reviews.
func keyOf(file string) (string, error) {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		return keyOfFolder(absolute)
	}
	h := sha256.New()
	fmt.Fprintln(h, "1", absolute, info.Size(), info.ModTime().UnixNano())
	return fmt.Sprintf("%.16x", h.Sum(nil)), nil
}

// lookAgain is how long the key of a folder holds: a cell asks for it several
// times, and each look takes 0.3 s for 50,000 reviews.
var lookAgain = 2 * time.Second

// before stands in a folder's key before the part that changes with its
// reviews; an archive's key has none.
const before = "_"

// keys are those of the folders that were looked through.
var keys = struct {
	sync.Mutex
	of map[string]datedKey
}{of: map[string]datedKey{}}

type datedKey struct {
	key  string
	when time.Time
}

// keyOfFolder looks at names, sizes and times of all reviews: the times of the
// folders do not tell that a text was changed in its place.
func keyOfFolder(dir string) (string, error) {
	keys.Lock()
	defer keys.Unlock()
	if k := keys.of[dir]; time.Since(k.when) < lookAgain {
		return k.key, nil
	}
	h := sha256.New()
	err := walkReviews(dir, func(name string, _ review, entry fs.DirEntry) error {
		info, err := entry.Info()
		if err == nil {
			fmt.Fprintln(h, name, info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		return "", err
	}
	k := datedKey{fmt.Sprintf("%.8x%s%.8x", sha256.Sum256([]byte(dir)), before, h.Sum(nil)), time.Now()}
	keys.of[dir] = k
	return k.key, nil
}

// prepare reads all reviews and keeps their numbers.
func prepare(file, base string) (entry, error) {
	list, err := readReviews(file)
	if err != nil {
		return entry{}, err
	}
	c, err := newCorpus(list)
	if err != nil {
		return entry{}, err
	}
	e := entry{digest(list), c.train.len(), c.test.len()}
	if err := data.WriteNPZ(base+".npz", c.arrays()); err != nil {
		return e, err
	}
	contents, err := json.Marshal(e)
	if err != nil {
		return e, err
	}
	if err := files.Write(base+".json", contents); err != nil {
		return e, err
	}
	dropOlder(base)
	return e, nil
}

// dropOlder deletes what the cache holds of a folder as it was before, 47 MB
// for each change of 50,000 reviews. Best effort: what stays is not read.
func dropOlder(base string) {
	dir, name := filepath.Split(base)
	at := strings.LastIndex(name, before)
	entries, err := os.ReadDir(dir)
	if at < 0 || err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), name[:at+1]) && !strings.HasPrefix(e.Name(), name+".") {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// corpus reads the texts' numbers. If the cache was damaged or deleted since,
// they are made of the reviews again.
func (p place) corpus() (corpus, error) {
	if p.cached == "" {
		return sample()
	}
	c, err := readCorpus(p.cached)
	if err == nil {
		return c, nil
	}
	e, err := prepare(p.file, strings.TrimSuffix(p.cached, ".npz"))
	if err != nil {
		return c, err
	}
	if e.kind() != p.kind {
		return c, fmt.Errorf("the texts in %s were changed while they were read; run it again", p.file)
	}
	return readCorpus(p.cached)
}

func readCorpus(path string) (corpus, error) {
	arrays, err := data.ReadNPZ(path)
	if err != nil {
		return corpus{}, err
	}
	return corpusOf(arrays)
}
