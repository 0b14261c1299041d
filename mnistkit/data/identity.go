package data

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"slices"
	"unsafe"
)

// identity is a readable ID, and what it was said of: a set whose examples are others since is one
// made by hand.
type identity struct {
	id   string
	sums []uint64 // of each example
}

// ID identifies the content of the set: equal recipes give equal IDs on every machine.
//
//	train.ID() // "mnist/train:full:holdout(0.15,seed 1)"
//
// A set of a Recipe has a readable ID, and a part of it adds which part it is ("[0:32]"). A set that
// was made by hand, or written to since, has a hash of its shapes, types and values.
func (s *Set) ID() string {
	id := s.known()
	if id == "" {
		id = "sha256:" + digestOf(s.Inputs, s.Labels)
	}
	if s.Weights != nil {
		id += ":weights(" + digestOf(Array{F32: s.Weights}) + ")"
	}
	return id
}

// Identified gives the set a readable ID for the content that it has now.
//
//	set = set.Identified("imdb/test:full:10000 words")
//
// It is meant for recipes: equal IDs must mean equal content on every machine.
func (s *Set) Identified(id string) *Set {
	s.made = identity{id, s.sums()}
	return s
}

// known is the readable ID while it still holds, else "".
func (s *Set) known() string {
	if s.made.id == "" || !slices.Equal(s.made.sums, s.sums()) {
		return ""
	}
	return s.made.id
}

// seed makes sums that hold for this program: to compare with, not to keep.
var seed = maphash.MakeSeed()

// sums has a number for each example that changes with its values, shape and types. 60,000 images take 5 ms.
func (s *Set) sums() []uint64 {
	form := maphash.String(seed, fmt.Sprint(s.Inputs.Shape, s.Inputs.DType(), s.Labels.Shape, s.Labels.DType()))
	inputs, labels := s.Inputs.Bytes(), s.Labels.Bytes()
	sums := make([]uint64, min(s.Inputs.Len(), s.Len()))
	for i := range sums {
		sums[i] = form + maphash.Bytes(seed, row(inputs, i, len(sums))) + 3*maphash.Bytes(seed, row(labels, i, len(sums)))
	}
	return sums
}

// row is one of n parts of equal length.
func row(all []byte, i, n int) []byte {
	size := len(all) / n
	return all[i*size : (i+1)*size]
}

// Bytes are the values as they lie in memory, without copying them.
//
//	len(images.Bytes())
func (a Array) Bytes() []byte {
	switch {
	case a.I32 != nil:
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(a.I32))), 4*len(a.I32))
	case a.F32 != nil:
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(a.F32))), 4*len(a.F32))
	}
	return a.U8
}

// digestOf is the start of a sha256 over the arrays' shapes, types and values.
func digestOf(arrays ...Array) string {
	h := sha256.New()
	for _, a := range arrays {
		fmt.Fprintln(h, a.Shape, a.DType(), a.values())
		_ = a.write(h, binary.LittleEndian) // a hash takes everything
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}
