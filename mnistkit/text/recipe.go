package text

import (
	"cmp"
	"fmt"

	"gonblabs/mnistkit/data"
)

// Recipe says which texts a run uses, and how they become numbers.
//
//	var reviews = kit.IMDB().Vocabulary(10_000).Padded(256).Holdout(0.4)
//
// It is plain data, comparable, and marshals to JSON. Only methods that return an
// error read anything. The other methods return a changed copy.
type Recipe struct {
	Dir      string     `json:"dir,omitempty"`    // the archive or folder of From; "" searches the usual places
	Words    int        `json:"words"`            // of the vocabulary, padding and unknown included
	Length   int        `json:"length,omitempty"` // of each row of word numbers; 0 for rows of zeros and ones
	Padding  Side       `json:"padding,omitempty"`
	Truncate Side       `json:"truncating,omitempty"`
	Split    data.Split `json:"split,omitzero"`
}

// IMDB is 25,000 film reviews to train on and 25,000 to test on, half of them
// positive, half negative: 0 is negative, 1 positive.
//
//	var reviews = kit.IMDB().Vocabulary(10_000).Padded(256).Holdout(0.4)
//
// By default the vocabulary has 10,000 words and the rows 256. Source: A. Maas et
// al. 2011. The kit looks for the archive aclImdb_v1.tar.gz, or its folder aclImdb,
// where it looks for other data; without it, it takes 10,072 bundled sentences.
func IMDB() Recipe { return Recipe{Words: 10_000}.Padded(256) }

// From reads this archive or folder, in the layout of aclImdb, and no other.
//
//	kit.IMDB().From("~/aclImdb_v1.tar.gz")
//
// It may hold your own texts as {train,test}/{pos,neg}/NAME.txt.
func (r Recipe) From(path string) Recipe { r.Dir = path; return r }

// Vocabulary keeps the most frequent words of the training reviews. Padding and
// unknown count as words.
//
//	kit.IMDB().Vocabulary(10_000)
//
// The kit counts words over all reviews of the training half, also those held out
// for validation, as Keras' own data set does. It does not look at the test half.
// The mark <br /> counts as a blank.
func (r Recipe) Vocabulary(words int) Recipe { r.Words = words; return r }

// Padded makes rows of equal length: int32, [length]. Longer reviews keep their
// end, where the verdict is, and shorter ones get zeros after their last word; see
// Sides.
//
//	kit.IMDB().Padded(256)
func (r Recipe) Padded(length int) Recipe {
	r.Length, r.Padding, r.Truncate = length, cmp.Or(r.Padding, Post), cmp.Or(r.Truncate, Pre)
	return r
}

// Sides says at which ends rows are filled up and cut. The defaults are text.Post
// and text.Pre.
//
//	kit.IMDB().Padded(256).Sides(text.Pre, text.Pre) // Keras' pad_sequences
func (r Recipe) Sides(padding, truncating Side) Recipe {
	r.Padding, r.Truncate = padding, truncating
	return r
}

// MultiHot turns each review into a row of zeros and ones, with a column for each
// word of the vocabulary: uint8, [words].
//
//	kit.IMDB().Vocabulary(10_000).MultiHot()
//
// 25,000 reviews of 10,000 words take 250 MB.
func (r Recipe) MultiHot() Recipe {
	r.Length, r.Padding, r.Truncate = 0, "", ""
	return r
}

// Holdout draws a fraction of the training reviews as the validation set, once,
// from the seed.
//
//	kit.IMDB().Holdout(0.4) // 15,000 and 10,000
func (r Recipe) Holdout(fraction float64) Recipe {
	r.Split.Kind, r.Split.Fraction = data.Holdout, fraction
	return r
}

// Seed sets the seed of the Holdout; the default is 0.
//
//	kit.IMDB().Holdout(0.4).Seed(1)
func (r Recipe) Seed(n uint64) Recipe { r.Split.Seed = n; return r }

func (r Recipe) check() error {
	if r.Words == 0 {
		return fmt.Errorf("the vocabulary has no size; set it with Vocabulary(10_000)")
	}
	if r.Length < 0 || r.Length == 0 && r.Padding != "" { // MultiHot sets no sides
		return fmt.Errorf("Padded(%d) has no room for words; give at least 1, or MultiHot() without Sides", r.Length)
	}
	err := checkLimit(r.Words)
	if r.Length > 0 {
		err = cmp.Or(err, checkSides(r.Padding, r.Truncate))
	}
	return cmp.Or(err, r.Split.Check())
}

// encoding says how texts become numbers by the vocabulary of the corpus kind.
func (r Recipe) encoding(kind string) string {
	form := "zeros and ones"
	if r.Length > 0 {
		form = fmt.Sprintf("%d word numbers, %s-padded, %s-truncated", r.Length, r.Padding, r.Truncate)
	}
	return fmt.Sprintf("%s, of the %d most frequent words of imdb:%s", form, r.Words, kind)
}

// suffix names in an ID how the texts become numbers.
func (r Recipe) suffix() string {
	form := "multi-hot"
	if r.Length > 0 {
		form = fmt.Sprintf("%d %s %s", r.Length, r.Padding, r.Truncate)
	}
	return fmt.Sprintf(":%d words:%s", r.Words, form)
}
