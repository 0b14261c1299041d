// Package text turns texts into numbers for a network. It has words, a
// vocabulary, rows of equal length, and the recipe of IMDB's film reviews.
//
// It gives the same numbers as Keras' TextVectorization and pad_sequences.
package text

import "strings"

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
