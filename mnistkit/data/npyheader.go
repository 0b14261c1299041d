package data

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
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
		return h, fmt.Errorf("this is no .npy file; write one with numpy.save")
	}
	wide := 2
	switch version := start[len(npyMagic)]; version {
	case 1:
	case 2, 3:
		wide = 4
	default:
		return h, fmt.Errorf("the .npy format's version %d is not known; versions 1 to 3 are", version)
	}
	length := make([]byte, 4)
	if _, err := io.ReadFull(r, length[:wide]); err != nil {
		return h, fmt.Errorf("the header is cut short; save it again")
	}
	n := binary.LittleEndian.Uint32(length)
	if n > longestNPYHeader {
		return h, fmt.Errorf("the header is said to have %d bytes; at most %d are read", n, longestNPYHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, fmt.Errorf("the header is cut short; save it again")
	}
	return parseNPYHeader(string(text))
}

// parseNPYHeader reads {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, in any order.
func parseNPYHeader(text string) (h npyHeader, err error) {
	bad := func(what string) (npyHeader, error) {
		return npyHeader{}, fmt.Errorf("the header has no readable %s (%.80q); records and objects cannot be used, save plain numbers", what, strings.TrimSpace(text))
	}
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "{")
	if !ok {
		return bad("dictionary")
	}
	seen := map[string]bool{}
	for !strings.HasPrefix(rest, "}") {
		var key, value string
		if key, rest, ok = pyString(rest); !ok || seen[key] {
			return bad("key")
		}
		seen[key] = true
		if rest, ok = strings.CutPrefix(strings.TrimSpace(rest), ":"); !ok {
			return bad(key)
		}
		rest = strings.TrimSpace(rest)
		switch key {
		case "descr":
			h.descr, rest, ok = pyString(rest)
		case "fortran_order":
			if value, ok = "True", strings.HasPrefix(rest, "True"); !ok {
				value, ok = "False", strings.HasPrefix(rest, "False")
			}
			h.fortran = value == "True"
			rest = strings.TrimPrefix(rest, value)
		case "shape":
			h.shape, rest, ok = pyTuple(rest)
		default:
			ok = false
		}
		if !ok {
			return bad(key)
		}
		rest = strings.TrimSpace(rest)
		comma, found := strings.CutPrefix(rest, ",")
		if !found && !strings.HasPrefix(rest, "}") {
			return bad("end")
		}
		rest = strings.TrimSpace(comma)
	}
	if rest != "}" || len(seen) != 3 {
		return bad("set of descr, fortran_order and shape")
	}
	return h, nil
}

// pyString cuts a quoted string without escapes off the front.
func pyString(s string) (value, rest string, ok bool) {
	if s == "" || s[0] != '\'' && s[0] != '"' {
		return "", s, false
	}
	return strings.Cut(s[1:], s[:1])
}

// pyTuple cuts (), (3,) or (3, 4) off the front.
func pyTuple(s string) (sides []int, rest string, ok bool) {
	inside, rest, ok := strings.Cut(s, ")")
	if inside, found := strings.CutPrefix(inside, "("); !ok || !found {
		return nil, s, false
	} else if strings.TrimSpace(inside) != "" {
		for _, side := range strings.Split(strings.TrimSuffix(strings.TrimSpace(inside), ","), ",") {
			n, err := strconv.ParseUint(strings.TrimSpace(side), 10, 31)
			if err != nil || len(sides) == 32 { // numpy's own limit is 32, later 64
				return nil, s, false
			}
			sides = append(sides, int(n))
		}
	}
	return sides, rest, true
}
