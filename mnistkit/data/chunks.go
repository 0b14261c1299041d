package data

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
)

// Chunks gives the examples of a set in their order, some at a time, so that one need not hold
// all of them in memory.
//
//	chunks, err := data.InChunks(data.MNIST(), "train")
//	for chunk, err := range chunks.Each { … }
//
// Each may be ranged over several times. After an error nothing more comes.
type Chunks struct {
	N    int // examples in all
	Each iter.Seq2[*Set, error]
}

// chunkValues is how many values a chunk has, about: a megabyte of pixels.
const chunkValues = 1 << 20

// ID identifies the content of all chunks by a hash, however they are cut. It reads them once.
//
//	id, err := chunks.ID() // "sha256:7f3b1c…"
func (c Chunks) ID() (string, error) {
	inputs, labels, weights := sha256.New(), sha256.New(), sha256.New()
	form := ""
	for chunk, err := range c.Each {
		if err != nil {
			return "", err
		}
		_ = chunk.Inputs.write(inputs, binary.LittleEndian) // a hash takes everything
		_ = chunk.Labels.write(labels, binary.LittleEndian)
		_ = Array{F32: chunk.Weights}.write(weights, binary.LittleEndian)
		form = fmt.Sprint(chunk.Inputs.Shape, chunk.Inputs.DType(), chunk.Labels.Shape, chunk.Labels.DType())
	}
	all := sha256.New()
	fmt.Fprintln(all, form, inputs.Sum(nil), labels.Sum(nil), weights.Sum(nil))
	return fmt.Sprintf("sha256:%x", all.Sum(nil)[:8]), nil
}

// ChunksOf reads the examples at the indices some at a time, of so many values each.
//
//	chunks := data.ChunksOf([]int32{3, 1, 4}, 784, func(some []int32) (*data.Set, error) { return train.Select(some), nil })
func ChunksOf(indices []int32, values int, read func(some []int32) (*Set, error)) Chunks {
	return Chunks{len(indices), func(yield func(*Set, error) bool) {
		for some := range slices.Chunk(indices, max(1, chunkValues/max(1, values))) {
			chunk, err := read(some)
			if !yield(chunk, err) || err != nil {
				return
			}
		}
	}}
}

// Chunks cuts the set, without copying.
//
//	for chunk, err := range train.Chunks().Each { … }
func (s *Set) Chunks() Chunks {
	return ChunksOf(firstIndices(s.Len()), s.Inputs.Size(), func(some []int32) (*Set, error) {
		return s.Slice(int(some[0]), int(some[0])+len(some)), nil
	})
}

// InChunks gives Train ("train") or Validation ("validation") of a recipe, and reads each chunk from
// the files when it is asked for. Without a split there are no "validation" chunks.
//
//	chunks, err := data.InChunks(digits, "train")
//
// It is not a method, so that a type that embeds a Recipe and has its own Train does not get it.
func InChunks(r Recipe, name string) (Chunks, error) {
	if name != "train" && name != "validation" {
		return Chunks{}, fmt.Errorf("%s: the subset %q is not known; name \"train\" or \"validation\"", r.Dataset, name)
	}
	h, indices, err := r.subset(name)
	if err != nil || indices == nil {
		return ChunksOf(nil, 0, nil), err
	}
	read := func(some []int32) (*Set, error) { return h.set(name, some) }
	return ChunksOf(indices, Array{Shape: h.images.shape()}.Size(), read), nil
}

// subset finds the examples of "train", "validation" or "test", as ascending indices into a half, and opens
// its images. The indices are nil if the recipe has no such subset.
func (r Recipe) subset(name string) (h half, indices []int32, err error) {
	switch {
	case name == "test":
		h, err = r.half(testFile)
		indices = firstIndices(h.all.Len())
	case name == "train":
		h, indices, _, err = r.trainingHalf()
	case r.Split.fixed():
		h, _, indices, err = r.trainingHalf()
	default:
		return h, nil, r.check()
	}
	if err == nil {
		err = h.openImages()
	}
	return h, indices, err
}
