package text_test

import (
	"fmt"

	"github.com/janpfeifer/must"

	"gonblabs/mnistkit/text"
)

func ExampleWords() {
	fmt.Printf("%q\n", text.Words("Don't PANIC! It's only a film."))
	// Output: ["dont" "panic" "its" "only" "a" "film"]
}

// Number 0 is padding and 1 is every word that is not in the vocabulary.
func ExampleNewVocabulary() {
	v := must.M1(text.NewVocabulary(4, "a film", "a good film", "a mess"))
	fmt.Println(v.MostFrequent(2), v.Encode("a bad film"))
	// Output: [a film] [2 1 3]
}

// A long text keeps its end, a short one gets zeros after it.
func ExamplePad() {
	rows := must.M1(text.Pad([][]int32{{5, 6, 7, 8}, {9}}, 3, text.Post, text.Pre))
	fmt.Println(rows.Shape, rows.I32)
	// Output: [3] [6 7 8 9 0 0]
}
