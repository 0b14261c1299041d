package text

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
)

// published is the digest of the 50,000 labelled reviews of aclImdb_v1.
const published = "1999978f030cbf075dc413bcb5eb0da74293132f2def35b91c16c068eb5c416b"

// source is where the texts of a recipe come from. What is exported is what the
// cache says of a file of reviews.
type source struct {
	SHA256 string `json:"sha256"` // of the reviews
	Train  int    `json:"train"`
	Test   int    `json:"test"`

	file   string   // an archive or a folder; "" for the bundled sentences
	names  []string // the files of a folder
	cache  string   // the path of what the cache keeps of it, without extension
	kind   string   // "full", "sample" or "own(…)"
	notice string
}

// names are what an archive or folder of the reviews may be called; Keras' get_file
// unpacks into aclImdb_v1 or aclImdb_v1_extracted.
var names = []string{"aclImdb", "aclImdb_v1/aclImdb", "aclImdb_v1_extracted/aclImdb", "aclImdb_v1", "aclImdb_v1.tar.gz", "aclImdb-labelled.tar.gz", "aclImdb.tar.gz"}

func (r Recipe) find() (source, error) {
	if err := r.check(); err != nil {
		return source{}, err
	}
	file := data.Home(r.Dir)
	if file == "" {
		var err error
		if file, err = data.Find("imdb", names...); err != nil {
			return source{}, err
		}
	}
	if file != "" {
		return index(file)
	}
	c, err := sample()
	return source{Train: c.train.len(), Test: c.test.len(), kind: "sample",
		notice: "bundled sample: 10,072 sentences from film reviews, rated by people; for 50,000 whole reviews run: go run ./kernel-setup fetch imdb"}, err
}

// index finds out what a file or folder of reviews holds. The reviews are read
// once; later their numbers come from the cache.
func index(file string) (s source, err error) {
	s.file = file
	if s.names, err = reviewFiles(file); errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("%s does not exist; give the archive or the folder of the reviews, or leave out From to search the usual places", file)
	}
	if err != nil {
		return s, err
	}
	// A folder's own time does not tell that a text was changed.
	if s.cache, err = data.Derived("imdb/words", file, slices.Concat([]string{file}, s.names)...); err != nil {
		return s, err
	}
	contents, err := os.ReadFile(s.cache + ".json")
	if err != nil || json.Unmarshal(contents, &s) != nil || s.Train < 1 {
		_, err = s.prepare()
	}
	if s.kind = "full"; s.SHA256 != published {
		s.kind = fmt.Sprintf("own(%.12s)", s.SHA256)
		s.notice = fmt.Sprintf("own texts from %s: not the published 50,000 reviews", file)
	}
	return s, err
}

// prepare reads all reviews and keeps their numbers.
func (s *source) prepare() (c corpus, err error) {
	list, err := readReviews(s.file, s.names)
	if err != nil {
		return c, err
	}
	c = newCorpus(list)
	s.SHA256, s.Train, s.Test = digest(list), c.train.len(), c.test.len()
	contents, err := json.Marshal(s)
	if err != nil {
		return c, err
	}
	if err := data.WriteNPZ(s.cache+".npz", c.arrays()); err != nil {
		return c, err
	}
	if err := files.Write(s.cache+".json", contents); err != nil {
		return c, err
	}
	data.DropOlder(s.cache)
	return c, nil
}

// corpus reads the texts' numbers. If the cache was damaged or deleted since,
// they are made of the reviews again.
func (s source) corpus() (corpus, error) {
	if s.file == "" {
		return sample()
	}
	c, err := readCorpus(s.cache + ".npz")
	if err == nil {
		return c, nil
	}
	before := s.SHA256
	if c, err = s.prepare(); err == nil && s.SHA256 != before {
		err = fmt.Errorf("the texts in %s were changed while they were read; run it again", s.file)
	}
	return c, err
}
