package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// idxTypes are the types that an Array holds, by their byte in an IDX header.
var idxTypes = map[byte]struct {
	name, numpy string
	width       int // bytes
}{
	0x08: {"uint8", "u1", 1},
	0x0C: {"int32", "i4", 4},
	0x0D: {"float32", "f4", 4},
}

// DecodeIDX reads an unpacked IDX file: a header with the type and the sides, then the values.
//
//	images, err := data.DecodeIDX(contents) // Shape [28 28], DType "uint8"
//
// The first side is the number of examples. The format is that of the MNIST files; uint8, int32 and
// float32 are read.
func DecodeIDX(contents []byte) (Array, error) {
	kind, sides, err := inMemory(contents, "").header()
	if err != nil {
		return Array{}, err
	}
	values := contents[4+4*len(sides):]
	a, err := decoders[idxTypes[kind].numpy](bytes.NewReader(values), len(values)/idxTypes[kind].width, binary.BigEndian)
	a.Shape = sides[1:]
	return a, err
}

// header reads the type and the sides of an IDX file, and holds them against its length.
func (c contents) header() (kind byte, sides []int, err error) {
	if c.size == 0 {
		return 0, nil, errors.New("the file is empty")
	}
	start := make([]byte, min(c.size, 4+4*255))
	err = c.read(func(r io.ReaderAt) error {
		_, err := r.ReadAt(start, 0)
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	if len(start) < 4 || start[0] != 0 || start[1] != 0 || start[3] == 0 {
		return 0, nil, fmt.Errorf("this is not an IDX file: it starts with % x, an IDX file with 00 00, its type and its number of sides",
			start[:min(4, len(start))])
	}
	kind = start[2]
	width := idxTypes[kind].width // in bytes
	if width == 0 {
		return 0, nil, fmt.Errorf("IDX type %#02x is not supported; store uint8 (0x08), int32 (0x0c) or float32 (0x0d)", kind)
	}
	sides = make([]int, start[3])
	header := 4 + 4*len(sides)
	if len(start) < header {
		return 0, nil, fmt.Errorf("the file is cut short: %d bytes, its header alone has %d", c.size, header)
	}
	for i := range sides {
		sides[i] = int(binary.BigEndian.Uint32(start[4+4*i:]))
	}
	values, ok := SizeOf(sides, math.MaxInt32)
	if !ok {
		return 0, nil, fmt.Errorf("the header announces sides %v, no values or more than %d: the file is damaged", sides, math.MaxInt32)
	}
	need := header + width*values
	if c.size != int64(need) {
		what := "is cut short"
		if c.size > int64(need) {
			what = "is too long"
		}
		return 0, nil, fmt.Errorf("the file %s: sides %v need %d bytes, it has %d", what, sides, need, c.size)
	}
	return kind, sides, nil
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
	header := []byte{0, 0, 0, byte(1 + len(a.Shape))}
	for kind, t := range idxTypes {
		if t.name == a.DType() {
			header[2] = kind
		}
	}
	for _, side := range append([]int{a.Len()}, a.Shape...) {
		header = binary.BigEndian.AppendUint32(header, uint32(side))
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	return a.write(w, binary.BigEndian)
}
