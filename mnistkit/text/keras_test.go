package text

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
)

// fixture is what testdata/keras/make_fixtures.py wrote.
type fixture struct {
	Texts, Unseen []string
	Encodings     []struct {
		MaxTokens  int `json:"max_tokens"`
		Vocabulary []string
		IDs        [][]int32
		MultiHot   [][]int32 `json:"multi_hot"`
	}
	PadRows [][]int32 `json:"pad_rows"`
	Padding []struct {
		Length              int
		Padding, Truncating string
		Value               int32
		Rows                [][]int32
	}
}

func keras(t *testing.T) (f fixture) {
	t.Helper()
	contents, err := os.ReadFile("testdata/keras/text.json")
	if err == nil {
		err = json.Unmarshal(contents, &f)
	}
	if err != nil || len(f.Texts) == 0 || len(f.Encodings) == 0 || len(f.Padding) == 0 {
		t.Fatalf("the fixture holds nothing: %v", err)
	}
	return f
}

func TestVocabularyIsThatOfKeras(t *testing.T) {
	f := keras(t)
	for _, e := range f.Encodings {
		t.Run(fmt.Sprint(e.MaxTokens), func(t *testing.T) {
			v, err := NewVocabulary(e.MaxTokens, f.Texts...)
			if err != nil {
				t.Fatal(err)
			}
			got := []string{}
			for i := range v.Len() {
				got = append(got, v.Word(int32(i)))
			}
			if !slices.Equal(got, e.Vocabulary) {
				t.Fatalf("vocabulary\n%q, Keras has\n%q", got, e.Vocabulary)
			}
			for i, s := range append(slices.Clone(f.Texts), f.Unseen...) {
				ids := v.Encode(s)
				if !slices.Equal(ids, unpadded(e.IDs[i])) {
					t.Errorf("%q is %v, Keras has %v", s, ids, e.IDs[i])
				}
				// Keras' row begins with [UNK], ours with padding.
				hot, err := MultiHot([][]int32{ids}, v.Len())
				if err != nil {
					t.Fatal(err)
				}
				if got := places(hot.U8); !slices.Equal(got, e.MultiHot[i]) {
					t.Errorf("%q marks %v, Keras marks %v", s, got, e.MultiHot[i])
				}
			}
		})
	}
}

// unpadded leaves out zeros at the end: Keras gives an empty text a row of one.
func unpadded(ids []int32) []int32 {
	for len(ids) > 0 && ids[len(ids)-1] == 0 {
		ids = ids[:len(ids)-1]
	}
	return ids
}

// places are the marked ones, less that of padding.
func places(row []uint8) []int32 {
	out := []int32{}
	for i, v := range row {
		if v == 1 {
			out = append(out, int32(i-1))
		}
	}
	return out
}

func TestPadSequencesAreThoseOfKeras(t *testing.T) {
	f := keras(t)
	n := 0
	for _, c := range f.Padding {
		if c.Length == 0 || c.Value != 0 { // Keras' longest text, and its value other than 0, are not taken over
			continue
		}
		got, err := Pad(f.PadRows, c.Length, Side(c.Padding), Side(c.Truncating))
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		n++
		if want := slices.Concat(c.Rows...); !slices.Equal(got.I32, want) || !slices.Equal(got.Shape, []int{len(c.Rows[0])}) {
			t.Errorf("%+v: %v of %v, Keras has %v", c, got.I32, got.Shape, want)
		}
	}
	if n < 16 {
		t.Errorf("only %d cases were compared", n)
	}
}
