package data

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
)

// Parts are the examples of a set in their order, some at a time, so that who reads them need
// not hold all.
//
//	parts, err := data.InParts(data.MNIST(), "train")
//	for part, err := range parts.Each { … }
//
// Each may be read more than once; behind an error nothing comes.
type Parts struct {
	N    int // examples in all
	Each iter.Seq2[*Set, error]
}

// partValues is how many values a part has, about: a megabyte of pixels.
const partValues = 1 << 20

// Chunk is how many examples of so many values are a part.
//
//	data.Chunk(784) // 1337
func Chunk(values int) int { return max(1, partValues/max(1, values)) }

// Parts cuts the set, without copying.
//
//	for part, err := range train.Parts().Each { … }
func (s *Set) Parts() Parts {
	return Parts{s.Len(), func(yield func(*Set, error) bool) {
		step := Chunk(s.Inputs.Size())
		for from := 0; from < s.Len(); from += step {
			if !yield(s.Slice(from, min(from+step, s.Len())), nil) {
				return
			}
		}
	}}
}

// InParts gives Train ("train") or Validation ("validation") of a recipe, read from the files as
// they are asked for; without a split there are none of "validation".
//
//	parts, err := data.InParts(digits, "train")
//
// Bundled files, packed ones of your own, and those that were never checked are read at once.
// It is no method, so that a type that embeds a Recipe and has a Train of its own does not get it.
func InParts(r Recipe, name string) (Parts, error) {
	c, err := r.choose(name)
	if err != nil || c.indices == nil {
		return (&Set{}).Parts(), err
	}
	file := c.imageFile(trainFile)
	if file == nil {
		set, err := r.part(name)
		if err != nil {
			return Parts{}, err
		}
		return set.Parts(), nil
	}
	shape, n := withChannels(file.sides[1:]), file.sides[0]
	if err := cmp.Or(file.Close(), c.together(trainFile, n, c.labels.Len())); err != nil {
		return Parts{}, err
	}
	return Parts{len(c.indices), func(yield func(*Set, error) bool) {
		file := c.imageFile(trainFile)
		if file == nil || file.sides[0] != n {
			yield(nil, fmt.Errorf("%s changed while it was read; run the cell again", c.name(trainFile)))
			return
		}
		defer file.Close()
		for indices := range slices.Chunk(c.indices, Chunk(Array{Shape: shape}.Size())) {
			part := &Set{Name: r.Dataset + "/" + name, Labels: c.labels.Take(indices), Classes: known[r.Dataset].classes, Index: indices, Notice: c.notice}
			var err error
			if part.Inputs, err = file.take(indices); err != nil {
				yield(nil, err)
				return
			}
			part.Inputs.Shape = shape
			if !yield(part, nil) {
				return
			}
		}
	}}, nil
}

// choice is which examples of the training file a part of a recipe has.
type choice struct {
	place
	labels  Array
	indices []int32 // ascending; nil if the part is none
}

// choose finds the files and the examples of "train" or "validation".
func (r Recipe) choose(name string) (choice, error) {
	if name != "train" && name != "validation" {
		return choice{}, fmt.Errorf("%s: the part %q is not known; name \"train\" or \"validation\"", r.Dataset, name)
	}
	if name == "validation" && !r.Split.fixed() {
		return choice{}, r.check()
	}
	p, err := r.find()
	if err != nil {
		return choice{}, err
	}
	labels, err := p.labels(trainFile)
	if err != nil {
		return choice{}, err
	}
	train, validation, err := r.parts(labels.I32)
	if err != nil {
		return choice{}, err
	}
	if name == "validation" {
		train = validation
	}
	return choice{p, labels, train}, nil
}
