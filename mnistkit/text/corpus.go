package text

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
)

// corpus is a collection of texts as numbers of a vocabulary of all words of
// the training half: a smaller vocabulary is the same numbers, cut off. Of a file of
// reviews, load reads the words and the texts; digest and labels are there before.
type corpus struct {
	sha256 string   // of the reviews
	kind   string   // "full", "sample" or "own(…)"
	notice string   // what a reader must know
	file   string   // an archive or a folder; "" for the bundled sentences
	paths  []string // the files of a folder
	cache  string   // the path of what the cache keeps of it, without extension

	words       []string // the most frequent first
	train, test half
}

// half is texts, one after the other, with their labels.
type half struct {
	numbers []int32
	ends    []int32 // where each text ends in numbers
	labels  []int32
}

func (h half) labelsAt(indices []int32) data.Array {
	return data.Array{Shape: []int{}, I32: h.labels}.Take(indices)
}

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

// number counts the words of the training half and turns all texts into numbers. It
// draws the order of the texts once, because files hold one class after the other.
func (c *corpus) number(list []review) {
	var texts []string
	for _, r := range list {
		if !r.test {
			texts = append(texts, plain(r.text))
		}
	}
	c.words, c.train, c.test = byFrequency(texts), half{}, half{}
	v := ofWords(c.words)
	for _, i := range rand.New(rand.NewPCG(0, 0)).Perm(len(list)) {
		h := &c.train
		if list[i].test {
			h = &c.test
		}
		h.numbers = append(h.numbers, v.Encode(plain(list[i].text))...)
		h.ends = append(h.ends, int32(len(h.numbers)))
		h.labels = append(h.labels, list[i].label)
	}
}

// plain is a review without its marks of new lines, which would become words.
func plain(s string) string { return strings.ReplaceAll(s, "<br />", " ") }

// fits says whether texts, labels and a vocabulary of n words belong together.
func (h half) fits(n int) bool {
	within := func(values []int32, limit int) bool {
		return !slices.ContainsFunc(values, func(v int32) bool { return v < 0 || int(v) >= limit })
	}
	if len(h.ends) == 0 || len(h.ends) != len(h.labels) || int(h.ends[len(h.ends)-1]) != len(h.numbers) {
		return false
	}
	return slices.IsSorted(h.ends) && h.ends[0] >= 0 && within(h.numbers, n+2) && within(h.labels, len(classes()))
}

// Sentences from film reviews, rated by people; see sample/ATTRIBUTION.md.
//
//go:embed sample/sentences.tsv.gz
var sentences []byte

// sample is the corpus of the bundled sentences: every fifth is for the test. It is
// made at most once in a program.
var sample = sync.OnceValue(func() corpus {
	c := corpus{kind: "sample",
		notice: "bundled sample: 10,072 sentences from film reviews, rated by people; for 50,000 whole reviews run: " + files.Command("fetch imdb")}
	zip, _ := gzip.NewReader(bytes.NewReader(sentences)) // neither fails: the sentences are part of the program
	lines, _ := io.ReadAll(zip)
	var list []review
	for line := range strings.Lines(string(lines)) {
		label, sentence, _ := strings.Cut(line, "\t")
		r := review{text: sentence, test: len(list)%5 == 4}
		if label == "1" {
			r.label = 1
		}
		list = append(list, r)
	}
	c.number(list)
	return c
})
