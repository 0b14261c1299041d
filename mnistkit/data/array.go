package data

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// Array is n examples of one shape in one type; exactly one of U8, I32 and F32 is set.
//
//	fmt.Println(images.Shape, images.Len(), images.DType())
//
// The values lie one example after the other, each in row-major order.
type Array struct {
	Shape []int // of one example: [28 28 1]; empty for a scalar
	U8    []uint8
	I32   []int32
	F32   []float32
}

// Len is the number of examples.
//
//	images.Len()
func (a Array) Len() int {
	if size := a.Size(); size > 0 {
		return a.values() / size
	}
	return 0
}

// Size is the number of values in one example: 784 for an image of 28 by 28 pixels.
//
//	images.Size()
func (a Array) Size() int {
	size := 1
	for _, n := range a.Shape {
		size *= n
	}
	return size
}

// DType is the name of the type of the values: "uint8", "int32" or "float32"; "" for the zero Array.
//
//	images.DType()
func (a Array) DType() string {
	switch {
	case a.U8 != nil:
		return "uint8"
	case a.I32 != nil:
		return "int32"
	case a.F32 != nil:
		return "float32"
	}
	return ""
}

// Take returns a copy of the examples at the indices, in their order.
//
//	images.Take([]int32{3, 1, 4})
//
// An index outside 0..Len()-1 panics, as with a slice.
func (a Array) Take(indices []int32) Array { return a.choose(choice{indices: indices}) }

// Slice returns the examples from..to-1 without copying them.
//
//	images.Slice(0, 32)
func (a Array) Slice(from, to int) Array { return a.choose(choice{from: from, to: to}) }

// At returns one example's values as float64, whatever their type.
//
//	pixels := images.At(7) // 784 values of 0..255
func (a Array) At(i int) []float64 {
	one := a.Slice(i, i+1)
	values := appendAs(make([]float64, 0, a.Size()), one.U8)
	return appendAs(appendAs(values, one.I32), one.F32)
}

// key is the same for examples with the same values.
func (a Array) key(i int) string { return string(a.Slice(i, i+1).Bytes()) }

// Int32 gives the array with its values as int32, which class numbers need. Digits after the
// point are cut off.
//
//	labels := arrays["y_train"].Int32()
func (a Array) Int32() Array {
	values := appendAs(make([]int32, 0, a.values()), a.U8)
	return Array{Shape: a.Shape, I32: appendAs(appendAs(values, a.I32), a.F32)}
}

// values counts the single values of all examples.
func (a Array) values() int { return len(a.U8) + len(a.I32) + len(a.F32) }

// check reports an Array that is none: no values or values of two types, a size that does not divide.
func (a Array) check() error {
	set := 0
	for _, is := range []bool{a.U8 != nil, a.I32 != nil, a.F32 != nil} {
		if is {
			set++
		}
	}
	if set != 1 {
		return fmt.Errorf("%d of U8, I32 and F32 are set; set exactly one", set)
	}
	if _, ok := SizeOf(a.Shape, MaxValues); !ok {
		return fmt.Errorf("shape %v has a side below 1, or more values than a memory holds; give the shape of one example, such as [28 28 1]", a.Shape)
	}
	if a.values()%a.Size() != 0 {
		return fmt.Errorf("%d values do not divide into examples of shape %v", a.values(), a.Shape)
	}
	return nil
}

// MaxValues is how many values a set may have at most.
const MaxValues = 1 << 34

// SizeOf is the number of values of a shape; ok is false for more than a limit, and for what is no shape.
//
//	n, ok := data.SizeOf([]int{28, 28, 1}, data.MaxValues) // 784
func SizeOf(shape []int, limit int) (n int, ok bool) {
	n = 1
	for _, side := range shape {
		if side < 1 || side > limit/n {
			return 0, false
		}
		n *= side
	}
	return n, n <= limit
}

// choice is some examples: those at the indices, or, without indices, from..to-1.
type choice struct {
	from, to int
	indices  []int32
}

func (a Array) choose(c choice) Array {
	size := a.Size()
	return Array{Shape: a.Shape, U8: choose(a.U8, size, c), I32: choose(a.I32, size, c), F32: choose(a.F32, size, c)}
}

// choose gives the values of the chosen examples, of size values each. It copies those at indices, and
// shares the memory of those in a row.
func choose[T any](values []T, size int, c choice) []T {
	values = slices.Clip(values) // beyond its length may be memory that holds no example
	switch {
	case values == nil:
		return nil
	case c.indices == nil:
		return values[size*c.from : size*c.to : size*c.to]
	}
	out := make([]T, 0, size*len(c.indices))
	for _, i := range c.indices {
		out = append(out, values[size*int(i):size*(int(i)+1)]...)
	}
	return out
}

func appendAs[To, From uint8 | int32 | float32 | float64](to []To, from []From) []To {
	for _, v := range from {
		to = append(to, To(v))
	}
	return to
}

// write writes the values as they lie in memory, in an order of their bytes.
func (a Array) write(w io.Writer, order binary.ByteOrder) error {
	return cmp.Or(binary.Write(w, order, a.U8), binary.Write(w, order, a.I32), binary.Write(w, order, a.F32))
}
