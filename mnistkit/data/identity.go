package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"unsafe"
)

// identity is the recipe of a set's content, and the arrays that it was said of: a set whose
// arrays were replaced since is one made by hand.
type identity struct {
	id             string
	inputs, labels Array
}

// ID identifies the content of the set: equal recipes give equal IDs on every machine.
//
//	train.ID() // "mnist/train:full:holdout(0.15,seed 1)"
//
// Sets of a Recipe have a readable ID that costs nothing, those cut from them add how
// ("[0:32]"); sets made by hand have a hash of their shapes, types and values.
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
// It is for recipes: equal IDs must mean equal content on every machine.
func (s *Set) Identified(id string) *Set {
	s.made = identity{id, s.Inputs, s.Labels}
	return s
}

// known is the readable ID while it still holds, else "".
func (s *Set) known() string {
	if s.made.inputs.same(s.Inputs) && s.made.labels.same(s.Labels) {
		return s.made.id
	}
	return ""
}

// derive names a part of the set.
func (s *Set) derive(part *Set, suffix string) identity {
	id := s.known()
	if id == "" {
		return identity{}
	}
	return identity{id + suffix, part.Inputs, part.Labels}
}

// same says whether two Arrays are the same memory.
func (a Array) same(b Array) bool {
	return slices.Equal(a.Shape, b.Shape) && len(a.U8) == len(b.U8) && len(a.I32) == len(b.I32) && len(a.F32) == len(b.F32) &&
		unsafe.SliceData(a.U8) == unsafe.SliceData(b.U8) &&
		unsafe.SliceData(a.I32) == unsafe.SliceData(b.I32) &&
		unsafe.SliceData(a.F32) == unsafe.SliceData(b.F32)
}

// digestOf is the start of a sha256 over the arrays' shapes, types and values.
func digestOf(arrays ...Array) string {
	h := sha256.New()
	for _, a := range arrays {
		fmt.Fprintln(h, a.Shape, a.DType(), a.values())
		h.Write(a.U8)
		for _, values := range []any{a.I32, a.F32} {
			// A hash never fails to write.
			_ = binary.Write(h, binary.LittleEndian, values)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
