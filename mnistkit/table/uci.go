package table

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
)

// coded says how UCI's file of a data set writes a column of words.
type coded struct {
	column int
	words  map[string]string
}

var codes = map[string]coded{
	"auto-mpg": {7, map[string]string{"1": "USA", "2": "Europe", "3": "Japan"}},
	"iris":     {4, map[string]string{"Iris-setosa": "setosa", "Iris-versicolor": "versicolor", "Iris-virginica": "virginica"}},
}

// fromUCI turns auto-mpg.data (spaces, a tab before the quoted name) or
// iris.data (commas), both without a header, into CSV text with one.
func fromUCI(name string, columns []string, text []byte) ([]byte, error) {
	comma := ','
	if name == "auto-mpg" {
		comma = ' '
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	if err := w.Write(columns); err != nil {
		return nil, err
	}
	line := 0
	for text := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		line++
		if text = strings.TrimSpace(strings.ReplaceAll(text, "\t", " ")); text == "" {
			continue
		}
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.TrimLeadingSpace = comma, true
		row, err := r.Read()
		if err != nil || len(row) != len(columns) {
			return nil, fmt.Errorf("line %d is not a row of UCI's %s.data, which has %d fields without a header", line, name, len(columns))
		}
		c := codes[name]
		word, ok := c.words[row[c.column]]
		if !ok {
			return nil, fmt.Errorf("line %d has %q as %s, which UCI's %s.data does not", line, row[c.column], columns[c.column], name)
		}
		row[c.column] = word
		if err := w.Write(row); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}
