package text

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"

	"gonblabs/mnistkit/data"
)

// corpus is a collection of texts as numbers of a vocabulary of all words of
// the training half: a smaller vocabulary is the same numbers, cut off.
type corpus struct {
	words       []string // the most frequent first
	train, test half
}

// half is texts, one after the other, with their labels.
type half struct {
	numbers []int32
	ends    []int32 // where each text ends in numbers
	labels  []int32
}

func (h half) len() int { return len(h.labels) }

// text is the numbers of text i, below limit; others become Unknown.
func (h half) text(i, limit int) []int32 {
	from := int32(0)
	if i > 0 {
		from = h.ends[i-1]
	}
	out := slices.Clone(h.numbers[from:h.ends[i]])
	for k, n := range out {
		if int(n) >= limit {
			out[k] = Unknown
		}
	}
	return out
}

// newCorpus counts the words of the training half and gives all texts
// numbers. The order of the texts is drawn once, because files hold one class after
// the other.
func newCorpus(list []review) (corpus, error) {
	order := rand.New(rand.NewPCG(0, 0)).Perm(len(list))
	var texts []string
	for _, r := range list {
		if !r.test {
			texts = append(texts, plain(r.text))
		}
	}
	v, err := NewVocabulary(0, texts...)
	if err != nil {
		return corpus{}, err
	}
	c := corpus{words: v.words}
	for _, i := range order {
		h := &c.train
		if list[i].test {
			h = &c.test
		}
		h.numbers = append(h.numbers, v.Encode(plain(list[i].text))...)
		h.ends = append(h.ends, int32(len(h.numbers)))
		h.labels = append(h.labels, list[i].label)
	}
	return c, nil
}

// plain is a review without its marks of new lines, which would become words.
func plain(s string) string { return strings.ReplaceAll(s, "<br />", " ") }

// check reports what cannot come from newCorpus.
func (c corpus) check() error {
	for _, h := range []half{c.train, c.test} {
		if len(h.ends) != len(h.labels) || len(h.ends) == 0 || int(h.ends[len(h.ends)-1]) != len(h.numbers) || !slices.IsSorted(h.ends) || h.ends[0] < 0 {
			return fmt.Errorf("its texts do not fit together")
		}
		for _, n := range h.numbers {
			if n < 0 || int(n) >= len(c.words)+2 {
				return fmt.Errorf("it has the word number %d but %d words", n, len(c.words))
			}
		}
		for _, l := range h.labels {
			if l < 0 || int(l) >= len(classes) {
				return fmt.Errorf("it has the label %d", l)
			}
		}
	}
	return nil
}

// arrays is the corpus as a .npz file holds it.
func (c corpus) arrays() map[string]data.Array {
	numbers := func(v []int32) data.Array { return data.Array{Shape: []int{}, I32: v} }
	return map[string]data.Array{
		"words": {Shape: []int{}, U8: []byte(strings.Join(c.words, "\n"))},
		"train": numbers(c.train.numbers), "train_ends": numbers(c.train.ends), "train_labels": numbers(c.train.labels),
		"test": numbers(c.test.numbers), "test_ends": numbers(c.test.ends), "test_labels": numbers(c.test.labels),
	}
}

func corpusOf(a map[string]data.Array) (corpus, error) {
	c := corpus{
		words: strings.Split(string(a["words"].U8), "\n"),
		train: half{a["train"].I32, a["train_ends"].I32, a["train_labels"].I32},
		test:  half{a["test"].I32, a["test_ends"].I32, a["test_labels"].I32},
	}
	return c, c.check()
}

//go:generate go run ./sample/make.go $SENTENCES

// Sentences from film reviews, rated by people; see sample/ATTRIBUTION.md.
//
//go:embed sample/sentences.tsv.gz
var sentences []byte

// sampleReviews are the bundled sentences: every fifth is for the test.
func sampleReviews() ([]review, error) {
	zip, err := gzip.NewReader(bytes.NewReader(sentences))
	if err != nil {
		return nil, fmt.Errorf("bundled sentences: %w", err)
	}
	contents, err := io.ReadAll(zip)
	if err != nil {
		return nil, fmt.Errorf("bundled sentences: %w", err)
	}
	var list []review
	for i, line := range strings.Split(strings.TrimSuffix(string(contents), "\n"), "\n") {
		label, sentence, _ := strings.Cut(line, "\t")
		r := review{text: sentence, test: i%5 == 4}
		if label == "1" {
			r.label = 1
		}
		list = append(list, r)
	}
	return list, nil
}
