// Package text turns texts into numbers for a network. It has words, a
// vocabulary, rows of equal length, and the recipe of IMDB's film reviews.
//
// It gives the same numbers as Keras' TextVectorization and pad_sequences.
package text

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonblabs/mnistkit/data"
)

// Words splits a text as Keras' TextVectorization does: A to Z become small letters,
// punctuation is removed, and blanks separate words.
//
//	text.Words("Don't PANIC!") // dont, panic
//
// Letters and blanks outside of ASCII stay as they are.
func Words(s string) []string {
	const blanks = " \t\n\v\f\r" // TensorFlow splits at no others
	return strings.FieldsFunc(Standardize(s), func(r rune) bool { return strings.ContainsRune(blanks, r) })
}

// Standardize makes a text small and removes its punctuation, as Keras'
// "lower_and_strip_punctuation" does.
//
//	text.Standardize("Semi-colon; it's UP.") // semicolon its up
func Standardize(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case r < 128 && strings.ContainsRune(punctuation, r):
			return -1
		}
		return r
	}, s)
}

const punctuation = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'"

// The numbers that stand for no word of the vocabulary.
const (
	Padding = 0 // fills up short texts
	Unknown = 1 // stands for every word that is not in the vocabulary
)

// unknown is the text that Keras writes for Unknown.
const unknown = "[UNK]"

// Vocabulary numbers words: 0 is padding, 1 stands for every word that is not in
// it, and its words have the numbers from 2 on, the most frequent first.
type Vocabulary struct {
	words   []string // words[0] has the number 2
	numbers map[string]int32
}

// NewVocabulary counts the words of texts and keeps the most frequent.
//
//	v, err := text.NewVocabulary(10_000, texts...)
//
// limit also counts padding and unknown, as Keras' max_tokens does; 0 keeps all
// words. Equally frequent words have Keras' order, from z to a.
func NewVocabulary(limit int, texts ...string) (*Vocabulary, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	words := byFrequency(texts)
	if limit > 0 && len(words) > limit-2 {
		words = words[:limit-2]
	}
	return ofWords(words), nil
}

// byFrequency lists the words of texts, the most frequent first.
func byFrequency(texts []string) []string {
	counts := map[string]int{}
	for _, t := range texts {
		for _, w := range Words(t) {
			counts[w]++
		}
	}
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(b, a)) })
}

func checkLimit(limit int) error {
	if limit < 0 || limit == 1 || limit == 2 {
		return fmt.Errorf("a vocabulary of %d has no room for words: padding and %s are two of them; give at least 3, or 0 for all words", limit, unknown)
	}
	return nil
}

func ofWords(words []string) *Vocabulary {
	v := &Vocabulary{words: words, numbers: make(map[string]int32, len(words))}
	for i, w := range words {
		v.numbers[w] = int32(i + 2)
	}
	return v
}

// Len is the number of words, including padding and unknown. layer.Embedding needs
// it.
func (v *Vocabulary) Len() int { return len(v.words) + 2 }

// Word is the word of a number: "" for padding, "[UNK]" for 1 and for numbers
// beyond the vocabulary.
//
//	v.Word(2) // "the"
func (v *Vocabulary) Word(number int32) string {
	switch {
	case number == Padding:
		return ""
	case number < 2 || int(number) >= v.Len():
		return unknown
	}
	return v.words[number-2]
}

// MostFrequent gives the n most frequent words, or all if there are fewer.
//
//	v.MostFrequent(2) // ["the" "and"]
func (v *Vocabulary) MostFrequent(n int) []string {
	return slices.Clone(v.words[:max(0, min(n, len(v.words)))])
}

// Encode turns a text into numbers.
//
//	v.Encode("the film") // [2 20]
func (v *Vocabulary) Encode(s string) []int32 {
	words := Words(s)
	out := make([]int32, len(words))
	for i, w := range words {
		out[i] = cmp.Or(v.numbers[w], Unknown)
	}
	return out
}

// Decode turns numbers into a text, without padding.
//
//	v.Decode([]int32{2, 20, 0, 0}) // "the film"
func (v *Vocabulary) Decode(numbers []int32) string {
	var words []string
	for _, n := range numbers {
		if n != Padding {
			words = append(words, v.Word(n))
		}
	}
	return strings.Join(words, " ")
}

// Side is an end of a text.
type Side string

// The sides.
const (
	Pre  Side = "pre"  // before the first word
	Post Side = "post" // after the last word
)

// Pad makes rows of equal length, as Keras' pad_sequences does: longer texts lose
// words at one side, shorter texts get zeros at one side.
//
//	rows, err := text.Pad(encoded, 256, text.Post, text.Post) // int32, [256]
//
// Keras' default is Pre for both.
func Pad(texts [][]int32, length int, padding, truncating Side) (data.Array, error) {
	if _, ok := data.SizeOf([]int{length, max(1, len(texts))}, data.MaxValues); !ok {
		return data.Array{}, fmt.Errorf("text.Pad: a length of %d has no room for words, or is more than a memory holds; give one from 1 to the words of a text", length)
	}
	if err := checkSides(padding, truncating); err != nil {
		return data.Array{}, fmt.Errorf("text.Pad: %w", err)
	}
	a := data.Array{Shape: []int{length}, I32: make([]int32, length*len(texts))}
	for i, t := range texts {
		row := a.I32[i*length : (i+1)*length]
		if len(t) > length && truncating == Pre {
			t = t[len(t)-length:]
		}
		if len(t) < length && padding == Pre {
			row = row[length-len(t):]
		}
		copy(row, t)
	}
	return a, nil
}

func checkSides(sides ...Side) error {
	for _, side := range sides {
		if side != Pre && side != Post {
			return fmt.Errorf("side %.80q is not known; use text.Pre or text.Post", side)
		}
	}
	return nil
}

// MultiHot turns each text into a row of zeros and ones: column n is 1 if the text
// has the word n.
//
//	rows, err := text.MultiHot(encoded, v.Len()) // uint8, [10000]
//
// The order of the words and how often they occur are lost. Padding does not count.
func MultiHot(texts [][]int32, words int) (data.Array, error) {
	if _, ok := data.SizeOf([]int{words, max(1, len(texts))}, data.MaxValues); !ok || words < 3 {
		return data.Array{}, fmt.Errorf("text.MultiHot: %d columns have no room for words, or are more than a memory holds; give the size of the vocabulary", words)
	}
	a := data.Array{Shape: []int{words}, U8: make([]uint8, words*len(texts))}
	for i, t := range texts {
		row := a.U8[i*words : (i+1)*words]
		for _, n := range t {
			if n < 0 || int(n) >= words {
				return data.Array{}, fmt.Errorf("text.MultiHot: text %d has the word number %d but there are %d columns; encode it with the same vocabulary", i, n, words)
			}
			if n != Padding {
				row[n] = 1
			}
		}
	}
	return a, nil
}
