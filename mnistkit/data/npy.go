package data

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
)

// ReadNPY reads a .npy file, as numpy.save writes it: the first axis counts the examples.
//
//	pixels, err := data.ReadNPY("digits.npy") // (100, 28, 28) gives 100 examples of [28 28]
//
// uint8, int32 and float32 stay; bool becomes uint8, float64 becomes float32 and loses digits,
// other integers become int32 where all of them fit. Fortran order, strings, objects and
// records are errors that say what to do.
func ReadNPY(path string) (Array, error) {
	file, err := os.Open(path)
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
	size, kind, order, err := h.element()
	if err != nil {
		return Array{}, err
	}
	a, n, err := h.layout()
	if err != nil {
		return Array{}, err
	}
	// Memory grows with what is read: a forged shape reserves nothing.
	raw, err := io.ReadAll(io.LimitReader(r, int64(n)*int64(size)+1))
	if err != nil {
		return Array{}, fmt.Errorf("the values cannot be read (%w); save it again", err)
	}
	if len(raw) != n*size {
		return Array{}, fmt.Errorf("shape %v of %s needs %d bytes but %s are there; save it again", h.shape, h.descr, n*size, atMost(len(raw), n*size))
	}
	return a, a.fill(raw, kind, size, order)
}

func atMost(n, limit int) string {
	if n > limit {
		return "more"
	}
	return fmt.Sprint(n)
}

// element is how one value lies in the file: its bytes, its kind as numpy names it ('b' for
// bool, 'u', 'i', 'f') and the order of its bytes.
func (h npyHeader) element() (size int, kind byte, order binary.ByteOrder, err error) {
	order = binary.LittleEndian
	descr := h.descr
	if descr != "" && strings.IndexByte("<>|=", descr[0]) >= 0 {
		if descr[0] == '>' {
			order = binary.BigEndian
		}
		descr = descr[1:]
	}
	switch descr {
	case "b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8":
		return int(descr[1] - '0'), descr[0], order, nil
	}
	return 0, 0, nil, fmt.Errorf("values of type %q cannot be used; save numbers, as in numpy.save(path, a.astype(\"float32\"))", h.descr)
}

// layout is the Array to be filled, and how many values it takes.
func (h npyHeader) layout() (a Array, values int, err error) {
	if h.fortran && len(h.shape) > 1 {
		return a, 0, fmt.Errorf("the values lie in Fortran order; save them in C order, as in numpy.save(path, numpy.ascontiguousarray(a))")
	}
	values = 1
	for i, n := range h.shape {
		if i > 0 && n == 0 {
			return a, 0, fmt.Errorf("shape %v has a side of 0; give examples with at least one value", h.shape)
		}
		if n != 0 && values > math.MaxInt32*8/n {
			return a, 0, fmt.Errorf("shape %v is too large for a set in memory; save it in parts", h.shape)
		}
		values *= n
	}
	a.Shape = slices.Clone(h.shape[min(1, len(h.shape)):])
	return a, values, nil
}

// fill decodes the values into the type that holds them.
func (a *Array) fill(raw []byte, kind byte, size int, order binary.ByteOrder) error {
	n := len(raw) / size
	switch {
	case size == 1 && kind != 'i':
		a.U8 = raw
	case kind == 'f':
		a.F32 = make([]float32, n)
		for i := range a.F32 {
			bits := unsigned(raw[i*size:], size, order)
			if size == 4 {
				a.F32[i] = math.Float32frombits(uint32(bits))
			} else {
				a.F32[i] = float32(math.Float64frombits(bits))
			}
		}
	default:
		a.I32 = make([]int32, n)
		for i := range a.I32 {
			bits := unsigned(raw[i*size:], size, order)
			v := int64(bits)
			if kind == 'i' { // carry the sign up
				v = int64(bits<<(64-8*size)) >> (64 - 8*size)
			}
			if v > math.MaxInt32 || v < math.MinInt32 || kind == 'u' && bits > math.MaxInt32 {
				return fmt.Errorf("value %d does not fit into int32; save smaller numbers, or float32", i)
			}
			a.I32[i] = int32(v)
		}
	}
	return nil
}

func unsigned(b []byte, size int, order binary.ByteOrder) uint64 {
	switch size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(order.Uint16(b))
	case 4:
		return uint64(order.Uint32(b))
	}
	return order.Uint64(b)
}

// EncodeNPY is WriteNPY on any writer.
//
//	err := data.EncodeNPY(w, a)
func EncodeNPY(w io.Writer, a Array) error {
	if err := a.check(); err != nil {
		return err
	}
	descr := map[string]string{"uint8": "|u1", "int32": "<i4", "float32": "<f4"}[a.DType()]
	sides := ""
	for _, n := range append([]int{a.Len()}, a.Shape...) {
		sides += fmt.Sprintf("%d, ", n)
	}
	if len(a.Shape) > 0 {
		sides = strings.TrimSuffix(sides, ", ")
	} else {
		sides = strings.TrimSuffix(sides, " ") // Python's tuple of one
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, sides)
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
	for _, values := range []any{a.U8, a.I32, a.F32} {
		if err := binary.Write(w, binary.LittleEndian, values); err != nil {
			return err
		}
	}
	return nil
}
