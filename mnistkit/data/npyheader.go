package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonblabs/mnistkit/internal/strict"
)

const npyMagic = "\x93NUMPY"

// longestNPYHeader is what numpy.load takes by default, rounded up.
const longestNPYHeader = 1 << 16

// npyHeader is the start of a .npy file: a Python dictionary of three entries.
type npyHeader struct {
	descr   string // "<f4"
	fortran bool
	shape   []int
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
func parseNPYHeader(text string) (npyHeader, error) {
	var fields struct {
		Descr   *string `json:"descr"`
		Fortran *bool   `json:"fortran_order"`
		Shape   *[]int  `json:"shape"`
	}
	err := strict.Unmarshal([]byte(asJSON.Replace(strings.Join(strings.Fields(text), ""))), &fields)
	if err == nil && (fields.Descr == nil || fields.Fortran == nil || fields.Shape == nil) {
		err = errors.New("descr, fortran_order or shape is missing")
	}
	if err == nil && slices.ContainsFunc(*fields.Shape, func(n int) bool { return n < 0 || n > math.MaxInt32 }) {
		err = errors.New("the shape has impossible sides")
	}
	if err != nil {
		return npyHeader{}, fmt.Errorf("the header %.80q cannot be read (%w); records and objects cannot be used, save plain numbers", strings.TrimSpace(text), err)
	}
	return npyHeader{*fields.Descr, *fields.Fortran, *fields.Shape}, nil
}
