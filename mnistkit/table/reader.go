package table

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/internal/plain"
	"gonblabs/mnistkit/internal/quote"
)

// Reader reads the rows of a CSV file, whose first line names the columns.
//
//	rows, err := table.NewReader(file)
//	fields, err := rows.Read() // as many as rows.Columns
//
// Fields are separated by what the first line has most of outside of quotes: commas, semicolons, tabs or |.
// The text is in UTF-8, UTF-16 or Windows-1252, and a row has at most 4 MB.
type Reader struct {
	Columns []string

	csv  *csv.Reader
	text *plain.Text
	row  files.Bounded
	line int // of the last row
}

// longestRow bounds what a missing quotation mark can make of a file, in bytes.
const longestRow = 4 << 20

// NewReader reads the first line.
func NewReader(from io.Reader) (*Reader, error) {
	text, err := plain.Open(from)
	if err != nil {
		return nil, err
	}
	r := &Reader{text: text, row: files.Bounded{R: text,
		Err: fmt.Errorf("a row is longer than %d MB, as if a quotation mark were missing", longestRow>>20)}}
	r.csv = csv.NewReader(&r.row)
	first := ""
	for i, part := range strings.Split(text.First, `"`) {
		if i%2 == 0 { // names in quotes may hold commas
			first += part
		}
	}
	for _, separator := range ",;\t|" {
		if strings.Count(first, string(separator)) > strings.Count(first, string(r.csv.Comma)) {
			r.csv.Comma = separator
		}
	}
	r.csv.TrimLeadingSpace = r.csv.Comma != '\t'
	columns, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty; its first line must name the columns")
	}
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for i, name := range columns {
		if name == "" {
			return nil, fmt.Errorf("column %d of the first line has no name; name all columns there", i+1)
		}
		if known[name] {
			return nil, quote.Errorf("two columns are named %q; give each a name of its own", name)
		}
		known[name] = true
	}
	r.Columns, r.csv.ReuseRecord = slices.Clone(columns), true
	return r, nil
}

// Read gives the fields of the next row, without spaces around them, until the next Read; io.EOF is the end.
func (r *Reader) Read() ([]string, error) {
	r.row.Left = longestRow
	fields, err := r.csv.Read()
	var malformed *csv.ParseError
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		line, _ := r.csv.FieldPos(0)
		return nil, fmt.Errorf("line %d has %d fields but the first line names %d columns; give each row a field for each column", line, len(fields), len(r.Columns))
	case errors.As(err, &malformed):
		return nil, fmt.Errorf("%w; separate the fields by commas, and put those that hold commas or quotes into quotes", err)
	case err != nil && !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("it cannot be read after line %d (%w); make it anew", r.line, err)
	case err != nil:
		return nil, err
	}
	r.line, _ = r.csv.FieldPos(0)
	for i, field := range fields {
		if field, err = r.text.Decode(field); err != nil {
			return nil, fmt.Errorf("line %d: %w", r.line, err)
		}
		fields[i] = strings.TrimSpace(field)
	}
	return fields, nil
}
