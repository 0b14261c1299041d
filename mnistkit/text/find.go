package text

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
)

// published is the digest of the 50,000 labelled reviews of aclImdb_v1.
const published = "1999978f030cbf075dc413bcb5eb0da74293132f2def35b91c16c068eb5c416b"

// source is where the texts of a recipe come from.
type source struct {
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

func (r Recipe) find() (source, error) {
	if err := r.check(); err != nil {
		return source{}, err
	}
	if r.Dir != "" {
		return index(data.Home(r.Dir))
	}
	if data.Bundled() {
		return bundled()
	}
	dirs, err := data.Folders("imdb")
	if err != nil {
		return source{}, err
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

func bundled() (source, error) {
	c, err := sample()
	return source{
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

// summary is what the cache says of a file of reviews.
type summary struct {
	SHA256 string `json:"sha256"` // of the reviews
	Train  int    `json:"train"`
	Test   int    `json:"test"`
}

func (e summary) kind() string {
	if e.SHA256 == published {
		return "full"
	}
	return fmt.Sprintf("own(%.12s)", e.SHA256)
}

// index finds out what a file or folder of reviews holds. The reviews are read
// once; later their numbers come from the cache.
func index(file string) (source, error) {
	sources := []string{file}
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return source{}, fmt.Errorf("%s does not exist; give the archive or the folder of the reviews, or leave out From to search the usual places", file)
	}
	if err == nil && info.IsDir() { // its own time does not tell that a text was changed
		err = walkReviews(file, func(name string, _ review) error {
			sources = append(sources, name)
			return nil
		})
	}
	if err != nil {
		return source{}, err
	}
	base, err := data.Derived("imdb/words", file, sources...)
	if err != nil {
		return source{}, err
	}
	p := source{file: file, cached: base + ".npz"}
	var e summary
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

// prepare reads all reviews and keeps their numbers.
func prepare(file, base string) (summary, error) {
	list, err := readReviews(file)
	if err != nil {
		return summary{}, err
	}
	c, err := newCorpus(list)
	if err != nil {
		return summary{}, err
	}
	e := summary{digest(list), c.train.len(), c.test.len()}
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
	data.DropOlder(base)
	return e, nil
}

// corpus reads the texts' numbers. If the cache was damaged or deleted since,
// they are made of the reviews again.
func (p source) corpus() (corpus, error) {
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
