// Package plain reads text files as people have them: in UTF-8, UTF-16 or Windows-1252, with any ends of lines.
package plain

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"

	"gonblabs/mnistkit/internal/quote"
)

// Text is a text file: Read gives its bytes, of which Decode makes letters.
type Text struct {
	io.Reader
	First   string // the first line
	Western bool   // it is in Windows-1252, as its letters make one guess

	utf8  bool // it has letters outside of ASCII in UTF-8
	lossy bool // it is decoded already, and each letter that is none became U+FFFD
}

// Open looks at the start of a text. A mark there tells UTF-16 and UTF-8.
func Open(from io.Reader) (*Text, error) {
	raw := bufio.NewReader(from)
	mark, _ := raw.Peek(2) // an error comes again with the first line
	text := bufio.NewReaderSize(transform.NewReader(raw, unicode.BOMOverride(transform.Nop)), 1<<16)
	start, _ := text.Peek(1 << 16)
	if bytes.IndexByte(start, 0) >= 0 {
		return nil, errors.New("it holds bytes of 0, as no text does; save it as text in UTF-8, which spreadsheets call \"CSV UTF-8\"")
	}
	first, _, ends := strings.Cut(string(start), "\n")
	mac := !ends && strings.Contains(first, "\r")
	if mac { // lines end in CR alone, as on the Macs of old
		first, _, _ = strings.Cut(first, "\r")
		text = bufio.NewReader(transform.NewReader(text, runes.Map(func(r rune) rune { return cmp.Or(lineEnds[r], r) })))
	}
	return &Text{Reader: text, First: first, lossy: mac || string(mark) == "\xff\xfe" || string(mark) == "\xfe\xff"}, nil
}

var lineEnds = map[rune]rune{'\r': '\n'}

// Decode gives a line or a field in UTF-8. One that is not in the encoding of those before is an error.
func (t *Text) Decode(s string) (string, error) {
	out, err, valid := s, error(nil), utf8.ValidString(s)
	if !valid {
		out, err = charmap.Windows1252.NewDecoder().String(s)
		t.Western = true
	} else if utf8.RuneCountInString(s) < len(s) {
		t.utf8 = true
	}
	if err != nil || t.Western && t.utf8 || (t.lossy || !valid) && strings.ContainsRune(out, utf8.RuneError) {
		err = quote.Errorf("its letters are not all in UTF-8 (%q); save the file as UTF-8, which spreadsheets call \"CSV UTF-8\"", s)
	}
	return out, err
}
