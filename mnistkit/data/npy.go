package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/internal/strict"
)

// ReadNPY reads a .npy file, as numpy.save writes it: the first axis counts the examples.
//
//	pixels, err := data.ReadNPY("digits.npy") // (100, 28, 28) gives 100 examples of [28 28]
//
// uint8, int32 and float32 stay; bool becomes uint8, float64 becomes float32 and loses digits,
// other integers become int32 where all of them fit. Fortran order, strings, objects and
// records are errors that say what to do.
func ReadNPY(path string) (Array, error) {
	file, err := files.Open(path)
	if err != nil {
		return Array{}, fmt.Errorf("data.ReadNPY: %w", err)
	}
	defer file.Close()
	a, err := DecodeNPY(file)
	if err != nil {
		return Array{}, fmt.Errorf("data.ReadNPY: %s: %w", path, err)
	}
	return a, nil
}

// WriteNPY writes an array as numpy.load reads it: uint8, int32 or float32, [n shape...].
//
//	err := data.WriteNPY("answers.npy", answers)
func WriteNPY(path string, a Array) error {
	var b bytes.Buffer
	if err := EncodeNPY(&b, a); err != nil {
		return fmt.Errorf("data.WriteNPY: %s: %w", path, err)
	}
	if err := files.Write(path, b.Bytes()); err != nil {
		return fmt.Errorf("data.WriteNPY: %w", err)
	}
	return nil
}

// DecodeNPY is ReadNPY on the contents of a file.
//
//	a, err := data.DecodeNPY(r)
func DecodeNPY(r io.Reader) (Array, error) {
	h, err := readNPYHeader(r)
	if err != nil {
		return Array{}, err
	}
	kind, order, err := h.element()
	if err != nil {
		return Array{}, err
	}
	size := int(kind[1] - '0')
	n, err := h.values()
	if err != nil {
		return Array{}, err
	}
	// Memory grows with what is read: a forged shape reserves nothing.
	raw, err := io.ReadAll(io.LimitReader(r, int64(n)*int64(size)+1))
	if err != nil {
		return Array{}, fmt.Errorf("the values cannot be read (%w); save it again", err)
	}
	if len(raw) != n*size {
		found := fmt.Sprint(len(raw))
		if len(raw) > n*size {
			found = "more"
		}
		return Array{}, fmt.Errorf("shape %v of %s needs %d bytes but %s are there; save it again", h.Shape, h.Descr, n*size, found)
	}
	a, err := decoders[kind](raw, order)
	a.Shape = slices.Clone(h.Shape[min(1, len(h.Shape)):])
	return a, err
}

// decoders decode values of the types that can be read, by NumPy's names for them.
var decoders = map[string]func(raw []byte, order binary.ByteOrder) (Array, error){
	"b1": unsigned8, "u1": unsigned8, "u2": integers[uint16], "u4": integers[uint32], "u8": integers[uint64],
	"i1": integers[int8], "i2": integers[int16], "i4": integers[int32], "i8": integers[int64],
	"f4": floats[float32], "f8": floats[float64],
}

// decodedAtOnce bounds the memory that decoding takes beside the values: bytes, a multiple of each type's.
const decodedAtOnce = 1 << 16

func unsigned8(raw []byte, _ binary.ByteOrder) (Array, error) {
	return Array{U8: slices.Clip(raw)}, nil
}

func floats[T float32 | float64](raw []byte, order binary.ByteOrder) (Array, error) {
	values := make([]float32, 0, len(raw)/binary.Size(T(0)))
	for block := range slices.Chunk(raw, decodedAtOnce) {
		values = appendAs(values, decode[T](block, order))
	}
	return Array{F32: values}, nil
}

func integers[T int8 | int16 | int32 | int64 | uint16 | uint32 | uint64](raw []byte, order binary.ByteOrder) (Array, error) {
	values := make([]int32, 0, len(raw)/binary.Size(T(0)))
	for block := range slices.Chunk(raw, decodedAtOnce) {
		for _, v := range decode[T](block, order) {
			if T(int32(v)) != v || (int32(v) < 0) != (v < 0) {
				return Array{}, fmt.Errorf("value %d does not fit into int32; save smaller numbers, or float32", len(values))
			}
			values = append(values, int32(v))
		}
	}
	return Array{I32: values}, nil
}

// element is the type of the values, as in decoders, and the order of their bytes.
func (h npyHeader) element() (kind string, order binary.ByteOrder, err error) {
	kind, order = h.Descr, binary.LittleEndian
	if kind != "" && strings.IndexByte("<>|=", kind[0]) >= 0 {
		if kind[0] == '>' {
			order = binary.BigEndian
		}
		kind = kind[1:]
	}
	if decoders[kind] == nil {
		err = fmt.Errorf("values of type %q cannot be used; save numbers, as in numpy.save(path, a.astype(\"float32\"))", h.Descr)
	}
	return kind, order, err
}

// values counts the values of all examples.
func (h npyHeader) values() (n int, err error) {
	if *h.Fortran && len(h.Shape) > 1 {
		return 0, fmt.Errorf("the values lie in Fortran order; save them in C order, as in numpy.save(path, numpy.ascontiguousarray(a))")
	}
	n = 1
	for i, side := range h.Shape {
		if i > 0 && side == 0 {
			return 0, fmt.Errorf("shape %v has a side of 0; give examples with at least one value", h.Shape)
		}
		if side != 0 && n > math.MaxInt32*8/side {
			return 0, fmt.Errorf("shape %v is too large for a set in memory; save it in parts", h.Shape)
		}
		n *= side
	}
	return n, nil
}

// EncodeNPY is WriteNPY on any writer.
//
//	err := data.EncodeNPY(w, a)
func EncodeNPY(w io.Writer, a Array) error {
	if err := a.check(); err != nil {
		return err
	}
	descr := map[string]string{"uint8": "|u1", "int32": "<i4", "float32": "<f4"}[a.DType()]
	shape := strings.Join(strings.Fields(strings.Trim(fmt.Sprint(append([]int{a.Len()}, a.Shape...)), "[]")), ", ")
	if len(a.Shape) == 0 {
		shape += "," // Python's tuple of one
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, shape)
	start := len(npyMagic) + 2 + 2
	header += strings.Repeat(" ", 63-(start+len(header))%64) + "\n" // the values start at a multiple of 64
	if len(header) > math.MaxUint16 {
		return fmt.Errorf("shape %v has too many sides for a .npy file", a.Shape)
	}
	b := append([]byte(npyMagic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	if _, err := w.Write(append(b, header...)); err != nil {
		return err
	}
	return a.write(w, binary.LittleEndian)
}

const npyMagic = "\x93NUMPY"

// longestNPYHeader is what numpy.load takes by default, rounded up.
const longestNPYHeader = 1 << 16

// npyHeader is the start of a .npy file: a Python dictionary of three entries.
type npyHeader struct {
	Descr   string `json:"descr"` // "<f4"
	Fortran *bool  `json:"fortran_order"`
	Shape   []int  `json:"shape"`
}

func readNPYHeader(r io.Reader) (npyHeader, error) {
	var h npyHeader
	start := make([]byte, len(npyMagic)+2)
	if _, err := io.ReadFull(r, start); err != nil || string(start[:len(npyMagic)]) != npyMagic {
		return h, fmt.Errorf("this is not a .npy file; write one with numpy.save")
	}
	width := 4
	switch version := start[len(npyMagic)]; version {
	case 1:
		width = 2
	case 2, 3:
	default:
		return h, fmt.Errorf("the .npy format's version %d is not known; versions 1 to 3 are", version)
	}
	length := make([]byte, 4)
	_, err := io.ReadFull(r, length[:width])
	n := binary.LittleEndian.Uint32(length)
	if n > longestNPYHeader {
		return h, fmt.Errorf("the header is said to have %d bytes; at most %d are read", n, longestNPYHeader)
	}
	text := make([]byte, n)
	if err == nil {
		_, err = io.ReadFull(r, text)
	}
	if err != nil {
		return h, fmt.Errorf("the header is cut short; save it again")
	}
	return parseNPYHeader(string(text))
}

// asJSON are the signs in which Python's dictionary differs.
var asJSON = strings.NewReplacer(",}", "}", ",)", "]", "(", "[", ")", "]", "'", `"`, "True", "true", "False", "false")

// parseNPYHeader reads {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, in any order.
func parseNPYHeader(text string) (h npyHeader, err error) {
	err = strict.Unmarshal([]byte(asJSON.Replace(strings.Join(strings.Fields(text), ""))), &h)
	if err == nil && (h.Descr == "" || h.Fortran == nil || h.Shape == nil) {
		err = errors.New("descr, fortran_order or shape is missing")
	}
	if err == nil && slices.ContainsFunc(h.Shape, func(n int) bool { return n < 0 || n > math.MaxInt32 }) {
		err = errors.New("the shape has impossible sides")
	}
	if err != nil {
		err = fmt.Errorf("the header %.80q cannot be read (%w); records and objects cannot be used, save plain numbers", strings.TrimSpace(text), err)
	}
	return h, err
}
