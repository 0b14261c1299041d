package text

import (
	"slices"
	"strings"
	"testing"
)

// FuzzVocabulary: what a vocabulary of limited size encodes comes back in
// words, those that it lacks as [UNK], and fits into its columns.
func FuzzVocabulary(f *testing.F) {
	f.Add("a good film a", "a bad film", 4)
	f.Add("x", "", 0)
	f.Add("the the of", "[UNK] the", 3)
	f.Fuzz(func(t *testing.T, learn, s string, limit int) {
		v, err := NewVocabulary(limit, learn)
		if err != nil {
			return // a limit without room
		}
		if limit > 0 && v.Len() > limit {
			t.Fatalf("%d words, the limit is %d", v.Len(), limit)
		}
		numbers := v.Encode(s)
		want := Words(s)
		for i, n := range numbers {
			if n == Unknown {
				want[i] = unknown
			}
		}
		if got := v.Decode(numbers); got != strings.Join(want, " ") {
			t.Fatalf("%q comes back as %q", s, got)
		}
		if v.Len() >= 3 {
			if _, err := MultiHot([][]int32{numbers}, v.Len()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzDecode: any numbers are words, [UNK] or padding.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0, 1, 2, 200})
	v, err := NewVocabulary(0, "a good film")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var numbers []int32
		known := 0
		for _, b := range in {
			numbers = append(numbers, int32(int8(b)))
			if b != Padding {
				known++
			}
		}
		if got := strings.Fields(v.Decode(numbers)); len(got) != known {
			t.Fatalf("%v has %d words, want %d", got, len(got), known)
		}
	})
}

// FuzzPad: a row keeps the words of the side that is not cut, in order.
func FuzzPad(f *testing.F) {
	f.Add([]byte{1, 2, 3}, 2, true, false)
	f.Add([]byte{}, 4, false, true)
	f.Fuzz(func(t *testing.T, in []byte, length int, padPost, cutPost bool) {
		if length < 1 || length > 1000 {
			return
		}
		words := []int32{}
		for _, b := range in {
			words = append(words, int32(b)+1)
		}
		sides := map[bool]Side{true: Post, false: Pre}
		a, err := Pad([][]int32{words}, length, sides[padPost], sides[cutPost])
		if err != nil || a.Len() != 1 || len(a.I32) != length {
			t.Fatalf("%+v, %v; want a row of %d", a, err, length)
		}
		want := words[max(0, len(words)-length):]
		if cutPost {
			want = words[:min(len(words), length)]
		}
		fill := make([]int32, length-len(want))
		whole := slices.Concat(fill, want)
		if padPost {
			whole = slices.Concat(want, fill)
		}
		if !slices.Equal(a.I32, whole) {
			t.Fatalf("%v gives %v, want %v", words, a.I32, whole)
		}
	})
}
