package layer

import "fmt"

// EmbeddingLayer gives each word number a vector; make it with Embedding.
type EmbeddingLayer struct {
	Words int  `json:"input_dim" min:"1"`
	Size  int  `json:"output_dim" min:"1"`
	Mask  bool `json:"mask_zero,omitempty"`
}

// Embedding gives each word number below words a vector of size values, which
// the model learns.
//
//	layer.Embedding(10_000, 16).MaskZero()
//
// Shape [length], of word numbers, to [length size]; words·size weights, drawn
// uniformly from -0.05 to 0.05. It must be the first layer of a model.
func Embedding(words, size int) EmbeddingLayer { return EmbeddingLayer{Words: words, Size: size} }

// MaskZero says that word 0 is padding, which GlobalAveragePool1D and BatchNorm leave out.
func (e EmbeddingLayer) MaskZero() EmbeddingLayer { e.Mask = true; return e }

// Output is [length size].
func (e EmbeddingLayer) Output(in []int) ([]int, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("it takes rows of word numbers, shape [length], got shape %v", in)
	}
	return []int{in[0], e.Size}, nil
}

// Params are the embeddings [words size].
func (e EmbeddingLayer) Params([]int) []Param {
	return []Param{{Name: "embeddings", Shape: []int{e.Words, e.Size}, Trainable: true, Init: "random_uniform"}}
}

// GlobalAveragePool1DLayer keeps the mean of all places; make it with
// GlobalAveragePool1D.
type GlobalAveragePool1DLayer struct{ weightless }

// GlobalAveragePool1D keeps the mean of each value over all places of a text.
//
//	layer.GlobalAveragePool1D()
//
// Shape [length size] to [size]. After Embedding(…).MaskZero() padding does
// not count, and a text of nothing but padding gives zeros.
func GlobalAveragePool1D() GlobalAveragePool1DLayer { return GlobalAveragePool1DLayer{} }

// Output is [size].
func (GlobalAveragePool1DLayer) Output(in []int) ([]int, error) {
	if len(in) != 2 {
		return nil, fmt.Errorf("it takes vectors in a row, shape [length size], got shape %v; put layer.Embedding before it", in)
	}
	return in[1:], nil
}
