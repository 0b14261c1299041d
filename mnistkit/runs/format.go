package runs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"

	"gonblabs/mnistkit/internal/strict"
)

// Version is the version of the kit, as in the changelog. The files of a run
// name the version that wrote them.
const Version = "0.2.0"

// Format is the form in which run.json, state.json and scores.json are written.
// When you change one of them, raise it, and say in docs/run-format.md what the
// earlier form means. Files of version 0.1 have no number.
const Format = 4

// stamp says in a file which form it has, and who wrote it.
type stamp struct {
	Format int    `json:"format,omitempty"`
	Writer string `json:"written_by,omitempty"`
}

var written = stamp{Format: Format, Writer: "gonblabs " + Version}

// errDamaged is of the contents of a file; other errors are of reading it.
var errDamaged = errors.New("is damaged, or was changed since it was written")

// decode reads the contents of a file whole, or says why it cannot.
func decode(b []byte, v any) error {
	s := stamp{Writer: "gonblabs 0.1"}
	object, err := unseal(b)
	if err == nil {
		err = json.Unmarshal(object, &s)
	}
	switch {
	case err != nil:
	case s.Format > Format:
		return fmt.Errorf("has format %d, written by %s; this is gonblabs %s, which reads formats up to %d: update the checkout with git pull", s.Format, s.Writer, Version, Format)
	case string(bytes.TrimSpace(b)) == "null":
		err = errors.New("it holds nothing")
	default:
		err = strict.Unmarshal(object, v)
	}
	if c, ok := v.(interface{ check() error }); ok && err == nil { // not all that can be written is possible
		err = c.check()
	}
	if err != nil {
		return fmt.Errorf("%w by %s (%.200v; this is gonblabs %s)", errDamaged, s.Writer, err, Version)
	}
	return nil
}

// sumField is the last field of each JSON object that the kit writes: the CRC-32C of all that stands before its value.
const sumField = `"crc32c":`

func checksum(b []byte) string {
	return fmt.Sprintf("0x%08x", crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// seal gives a JSON object its checksum, and ends the line.
func seal(object []byte) []byte {
	b := append(bytes.TrimSuffix(bytes.TrimSuffix(object, []byte("}")), []byte("\n")), ", "+sumField...)
	return fmt.Appendf(b, "%q}\n", checksum(b))
}

// unseal checks an object and takes off its checksum, which formats before 3 lack.
func unseal(b []byte) (object []byte, err error) {
	at := bytes.LastIndex(b, []byte(sumField))
	if at < 0 {
		return b, nil
	}
	if end := at + len(sumField); fmt.Sprintf("%q}", checksum(b[:end])) != string(bytes.TrimSpace(b[end:])) {
		err = errors.New("its checksum is another")
	}
	return append(bytes.Clone(bytes.TrimRight(b[:at], ", ")), '}'), err
}
