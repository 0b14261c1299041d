package table

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Reader reads the rows of a CSV file, whose first line names the columns.
//
//	rows, err := table.NewReader(file)
//	fields, err := rows.Read() // as many as rows.Columns
//
// Fields are separated by what the first line has most of: commas, semicolons or tabs.
type Reader struct {
	Columns []string

	csv *csv.Reader
}

// NewReader reads the first line.
func NewReader(from io.Reader) (*Reader, error) {
	text := bufio.NewReaderSize(from, 1<<16)
	start, _ := text.Peek(1 << 16) // an error comes again with the first line
	line, _, _ := strings.Cut(string(start), "\n")
	if mark := "\ufeff"; strings.HasPrefix(line, mark) {
		_, _ = text.Discard(len(mark))
	}
	r := &Reader{csv: csv.NewReader(text)}
	for _, separator := range ",;\t" {
		if strings.Count(line, string(separator)) > strings.Count(line, string(r.csv.Comma)) {
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
	for i, name := range columns {
		if name == "" {
			return nil, fmt.Errorf("column %d of the first line has no name; name all columns there", i+1)
		}
		if slices.Contains(columns[:i], name) {
			return nil, fmt.Errorf("two columns are named %q; give each a name of its own", name)
		}
	}
	r.Columns = columns
	return r, nil
}

// Read gives the fields of the next row, without spaces around them; io.EOF is the end.
func (r *Reader) Read() ([]string, error) {
	fields, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, err
	}
	if err != nil && !errors.Is(err, csv.ErrFieldCount) {
		return nil, fmt.Errorf("%w; separate the fields by commas, and put those that hold commas or quotes into quotes", err)
	}
	line, _ := r.csv.FieldPos(0)
	if err != nil {
		return nil, fmt.Errorf("line %d has %d fields but the first line names %d columns; give each row a field for each column", line, len(fields), len(r.Columns))
	}
	for i, field := range fields {
		if !utf8.ValidString(field) {
			return nil, fmt.Errorf("line %d is not in UTF-8 (%q); save the file as UTF-8, which spreadsheets call \"CSV UTF-8\"", line, field)
		}
		fields[i] = strings.TrimSpace(field)
	}
	return fields, nil
}
