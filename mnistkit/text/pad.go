package text

import (
	"fmt"

	"gonblabs/mnistkit/data"
)

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
