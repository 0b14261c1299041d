package text

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
)

// published is the digest of the 50,000 labelled reviews of aclImdb_v1.
const published = "1999978f030cbf075dc413bcb5eb0da74293132f2def35b91c16c068eb5c416b"

// names are what an archive or folder of the reviews may be called; Keras' get_file
// unpacks into aclImdb_v1 or aclImdb_v1_extracted.
var names = []string{"aclImdb", "aclImdb_v1/aclImdb", "aclImdb_v1_extracted/aclImdb", "aclImdb_v1", "aclImdb_v1.tar.gz", "aclImdb-labelled.tar.gz", "aclImdb.tar.gz"}

// find finds the texts, without reading them.
func (r Recipe) find() (corpus, error) {
	file, err := files.Home(r.Dir), r.check()
	if err == nil && file == "" {
		file, err = data.Find("imdb", names...)
	}
	switch {
	case err != nil:
		return corpus{}, err
	case file == "":
		return sample()
	}
	return index(file)
}

// index finds out what a file or folder of reviews holds. The reviews are read
// once; later their numbers come from the cache.
func index(file string) (c corpus, err error) {
	c.file = file
	if c.paths, err = reviewFiles(file); errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("%s does not exist; give the archive or the folder of the reviews, or leave out From to search the usual places", file)
	}
	if err != nil {
		return c, files.Explain(file, err)
	}
	// A folder's own time does not tell that a text was changed.
	if c.cache, err = data.Derived("imdb/words", file, slices.Concat([]string{file}, c.paths)...); err != nil {
		return c, err
	}
	known, err := data.ReadNPZ(c.cache+".npz", "sha256", "train_labels", "test_labels")
	c.SHA256, c.TrainLen, c.TestLen = string(known["sha256"].U8), known["train_labels"].Len(), known["test_labels"].Len()
	if err != nil || c.SHA256 == "" || c.TrainLen < 1 {
		err = c.prepare()
	}
	if c.kind = "full"; c.SHA256 != published {
		c.kind = fmt.Sprintf("own(%.12s)", c.SHA256)
		c.notice = fmt.Sprintf("own texts from %s: not the published 50,000 reviews", file)
	}
	return c, err
}

// prepare reads all reviews and keeps their numbers in the cache.
func (c *corpus) prepare() error {
	list, err := readReviews(c.file, c.paths)
	if err != nil {
		return err
	}
	c.number(list)
	c.SHA256 = digest(list)
	numbers := map[string]data.Array{
		"words": {U8: []byte(strings.Join(c.words, "\n"))}, "sha256": {U8: []byte(c.SHA256)},
		"train": {I32: c.train.numbers}, "train_ends": {I32: c.train.ends}, "train_labels": {I32: c.train.labels},
		"test": {I32: c.test.numbers}, "test_ends": {I32: c.test.ends}, "test_labels": {I32: c.test.labels},
	}
	if err = data.WriteNPZ(c.cache+".npz", numbers); err == nil {
		data.DropOlder(c.cache)
	}
	return err
}

// load reads the texts' numbers from the cache. If the cache was damaged or deleted
// since, they are made of the reviews again.
func (c *corpus) load() error {
	if c.words != nil {
		return nil
	}
	if a, err := data.ReadNPZ(c.cache + ".npz"); err == nil {
		c.words = strings.Split(string(a["words"].U8), "\n")
		c.train = half{a["train"].I32, a["train_ends"].I32, a["train_labels"].I32}
		c.test = half{a["test"].I32, a["test_ends"].I32, a["test_labels"].I32}
		if c.train.fits(len(c.words)) && c.test.fits(len(c.words)) {
			return nil
		}
	}
	before := c.SHA256
	err := c.prepare()
	if err == nil && c.SHA256 != before {
		err = fmt.Errorf("the texts in %s were changed while they were read; run it again", c.file)
	}
	return err
}
