package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// The type byte of an IDX header, for the three types that an Array holds.
const (
	idxUint8   = 0x08
	idxInt32   = 0x0C
	idxFloat32 = 0x0D
)

// DecodeIDX reads an unpacked IDX file: a header with the type and the sides, then the values.
//
//	images, err := data.DecodeIDX(contents) // Shape [28 28], DType "uint8"
//
// The first side is the number of examples. Bytes are not copied: an Array of uint8 shares
// contents. The format is that of the MNIST files; uint8, int32 and float32 are read.
func DecodeIDX(contents []byte) (Array, error) {
	sides, err := idxSides(contents, int64(len(contents)))
	if err != nil {
		return Array{}, err
	}
	a := Array{Shape: sides[1:]}
	values := contents[4+4*len(sides):]
	switch contents[2] {
	case idxUint8:
		a.U8 = slices.Clip(values)
	case idxInt32:
		a.I32 = make([]int32, len(values)/4)
		for i := range a.I32 {
			a.I32[i] = int32(binary.BigEndian.Uint32(values[4*i:]))
		}
	case idxFloat32:
		a.F32 = make([]float32, len(values)/4)
		for i := range a.F32 {
			a.F32[i] = math.Float32frombits(binary.BigEndian.Uint32(values[4*i:]))
		}
	}
	return a, nil
}

// idxTypes are their names.
var idxTypes = map[byte]string{idxUint8: "uint8", idxInt32: "int32", idxFloat32: "float32"}

// header reads the type and the sides of an IDX file.
func (c contents) header() (kind byte, sides []int, err error) {
	start := make([]byte, min(c.size, 4+4*255))
	if _, err := c.ReadAt(start, 0); err != nil && !errors.Is(err, io.EOF) {
		return 0, nil, err
	}
	sides, err = idxSides(start, c.size)
	if err != nil {
		return 0, nil, err
	}
	return start[2], sides, nil
}

// idxSides reads the header, with which contents start, and holds it against
// the length of the file.
func idxSides(contents []byte, length int64) ([]int, error) {
	if length == 0 {
		return nil, errors.New("the file is empty")
	}
	if len(contents) < 4 || contents[0] != 0 || contents[1] != 0 || contents[3] == 0 {
		return nil, fmt.Errorf("this is not an IDX file: it starts with % x, an IDX file with 00 00, its type and its number of sides",
			contents[:min(4, len(contents))])
	}
	width := map[byte]uint64{idxUint8: 1, idxInt32: 4, idxFloat32: 4}[contents[2]]
	if width == 0 {
		return nil, fmt.Errorf("IDX type %#02x is not supported; store uint8 (0x08), int32 (0x0c) or float32 (0x0d)", contents[2])
	}
	start := 4 + 4*int(contents[3])
	if len(contents) < start {
		return nil, fmt.Errorf("the file is cut short: %d bytes, its header alone has %d", len(contents), start)
	}
	sides := make([]int, contents[3])
	need := width
	for i := range sides {
		side := uint64(binary.BigEndian.Uint32(contents[4+4*i:]))
		sides[i] = int(side)
		if side == 0 {
			return nil, fmt.Errorf("the header announces %v: no values at all", sides)
		}
		// Stopping here keeps the product from overflowing into something that fits.
		if need *= side; need > math.MaxInt32 {
			return nil, fmt.Errorf("the header announces sides %v, more than %d bytes: the file is damaged", sides[:i+1], math.MaxInt32)
		}
	}
	if found := uint64(length) - uint64(start); found != need {
		what := "is cut short"
		if found > need {
			what = "is too long"
		}
		return nil, fmt.Errorf("the file %s: sides %v need %d bytes, it has %d", what, sides, uint64(start)+need, length)
	}
	return sides, nil
}

// EncodeIDX writes an Array as an unpacked IDX file, the layout that DecodeIDX and From read.
//
//	err := data.EncodeIDX(file, data.Array{Shape: []int{28, 28}, U8: pixels})
//
// An Array without values, or with two types, is an error.
func EncodeIDX(w io.Writer, a Array) error {
	if err := a.check(); err != nil {
		return fmt.Errorf("data.EncodeIDX: %w", err)
	}
	kind := map[string]byte{"uint8": idxUint8, "int32": idxInt32, "float32": idxFloat32}[a.DType()]
	header := []byte{0, 0, kind, byte(1 + len(a.Shape))}
	for _, side := range append([]int{a.Len()}, a.Shape...) {
		header = binary.BigEndian.AppendUint32(header, uint32(side))
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	var values any = a.U8
	switch kind {
	case idxInt32:
		values = a.I32
	case idxFloat32:
		values = a.F32
	}
	return binary.Write(w, binary.BigEndian, values)
}
