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
