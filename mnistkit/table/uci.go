package table

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
)

// fromUCI turns auto-mpg.data (spaces, a tab before the quoted name) or
// iris.data (commas), both without a header, into CSV text with one.
func fromUCI(name string, columns []string, text []byte) ([]byte, error) {
	file := known[name]
	rows := [][]string{columns}
	line := 0
	for text := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		line++
		if text = strings.TrimSpace(strings.ReplaceAll(text, "\t", " ")); text == "" {
			continue
		}
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.TrimLeadingSpace = file.separator, true
		row, err := r.Read()
		if err != nil || len(row) != len(columns) {
			return nil, fmt.Errorf("line %d is not a row of UCI's %s.data, which has %d fields without a header", line, name, len(columns))
		}
		word, ok := file.words[row[file.coded]]
		if !ok {
			return nil, fmt.Errorf("line %d has %q as %s, which UCI's %s.data does not", line, row[file.coded], columns[file.coded], name)
		}
		row[file.coded] = word
		rows = append(rows, row)
	}
	var out bytes.Buffer
	err := csv.NewWriter(&out).WriteAll(rows)
	return out.Bytes(), err
}
