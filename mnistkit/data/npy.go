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
	"gonblabs/mnistkit/internal/quote"
	"gonblabs/mnistkit/internal/strict"
)

// ReadNPY reads a .npy file, as numpy.save writes it: the first axis counts the examples.
//
//	pixels, err := data.ReadNPY("digits.npy") // (100, 28, 28) gives 100 examples of [28 28]
//
// uint8, int32 and float32 stay; bool becomes uint8, float64 becomes float32 and loses digits,
// other integers become int32. Numbers that do not fit, Fortran order, strings, objects and records are errors.
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
	n, err := h.values()
	if err != nil {
		return Array{}, err
	}
	a, err := decoders[kind](r, n, order)
	more, end := io.CopyN(io.Discard, r, 1) // at its end an archive tells whether it is damaged
	switch fewer := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF); {
	case fewer || err == nil && more > 0:
		err = fmt.Errorf("shape %v of %s needs %d values, and fewer or more are there; save it again", h.Shape, h.Descr, n)
	case err == nil && !errors.Is(end, io.EOF):
		err = fmt.Errorf("the values are damaged (%w); save it again", end)
	}
	a.Shape = slices.Clone(h.Shape[min(1, len(h.Shape)):])
	return a, err
}

// decoders decode n values of the types that can be read, by NumPy's names for them.
var decoders = map[string]func(r io.Reader, n int, order binary.ByteOrder) (Array, error){
	"b1": unsigned8, "u1": unsigned8, "u2": integers[uint16], "u4": integers[uint32], "u8": integers[uint64],
	"i1": integers[int8], "i2": integers[int16], "i4": integers[int32], "i8": integers[int64],
	"f4": floats[float32], "f8": floats[float64],
}

func unsigned8(r io.Reader, n int, order binary.ByteOrder) (Array, error) {
	values, err := decode(r, n, order, func(v uint8) (uint8, bool) { return v, true })
	return Array{U8: values}, err
}

func floats[T float32 | float64](r io.Reader, n int, order binary.ByteOrder) (Array, error) {
	values, err := decode(r, n, order, func(v T) (float32, bool) {
		return float32(v), !math.IsInf(float64(float32(v)), 0) || math.IsInf(float64(v), 0)
	})
	return Array{F32: values}, err
}

func integers[T int8 | int16 | int32 | int64 | uint16 | uint32 | uint64](r io.Reader, n int, order binary.ByteOrder) (Array, error) {
	values, err := decode(r, n, order, func(v T) (int32, bool) { return int32(v), T(int32(v)) == v && (int32(v) < 0) == (v < 0) })
	return Array{I32: values}, err
}

// decodedAtOnce bounds what decoding takes beside the values. Memory grows with what is read: a forged shape
// reserves nothing.
const decodedAtOnce = 1 << 16

// decode reads n numbers; as gives each in another type, unless it does not fit.
func decode[To, From any](r io.Reader, n int, order binary.ByteOrder, as func(From) (To, bool)) ([]To, error) {
	values := make([]To, 0, min(n, decodedAtOnce))
	block := make([]From, min(n, decodedAtOnce))
	for len(values) < n {
		block = block[:min(len(block), n-len(values))]
		if err := binary.Read(r, order, block); err != nil {
			return values, fmt.Errorf("the values cannot be read (%w); save it again", err)
		}
		for _, v := range block {
			value, fits := as(v)
			if !fits {
				return values, fmt.Errorf("value %d is %v, which does not fit into %T; save smaller numbers, as in another unit", len(values), v, value)
			}
			values = append(values, value)
		}
	}
	return values, nil
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
		err = quote.Errorf("values of type %q cannot be used; save numbers, as in numpy.save(path, a.astype(\"float32\"))", h.Descr)
	}
	return kind, order, err
}

// values counts the values of all examples.
func (h npyHeader) values() (n int, err error) {
	if *h.Fortran && len(h.Shape) > 1 {
		return 0, fmt.Errorf("the values lie in Fortran order; save them in C order, as in numpy.save(path, numpy.ascontiguousarray(a))")
	}
	if len(h.Shape) == 0 {
		return 1, nil
	}
	n, ok := SizeOf(h.Shape[1:], MaxValues/max(1, h.Shape[0]))
	if !ok {
		err = fmt.Errorf("shape %v has a side of 0, or is too large for a set in memory; give each example a value, or save it in parts", h.Shape)
	}
	return n * h.Shape[0], err
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
	width, known := map[byte]int{1: 2, 2: 4, 3: 4}[start[len(npyMagic)]]
	if !known {
		return h, fmt.Errorf("the .npy format's version %d is not known; versions 1 to 3 are", start[len(npyMagic)])
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
	if err == nil && (len(h.Shape) > 64 || slices.ContainsFunc(h.Shape, func(n int) bool { return n < 0 || n > math.MaxInt32 })) {
		err = errors.New("the shape has impossible sides")
	}
	if err != nil {
		err = fmt.Errorf("the header %.80q cannot be read (%.200w); records and objects cannot be used, save plain numbers", strings.TrimSpace(text), err)
	}
	return h, err
}
