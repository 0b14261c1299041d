package table

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Table is rows with named columns, before they become features.
//
//	rows := must.M1(cars.Table())
type Table struct {
	Name    string
	Columns []Column
}

// Column is one column of a Table.
type Column struct {
	Name    string
	Texts   []string  // as written, without spaces around; "" is missing
	Numbers []float64 // nil if any value is no number; NaN is missing
}

// missing are the ways in which files say that there is no value.
var missing = []string{"", "?", "NA", "N/A", "NaN", "nan", "null", "NULL"}

// Read reads a table with a header row and commas.
//
//	t, err := table.Read("houses", bytes.NewReader(text))
//
// Missing values are empty, ?, NA, N/A, NaN or null.
func Read(name string, from io.Reader) (*Table, error) {
	text, err := io.ReadAll(from)
	if err != nil {
		return nil, fmt.Errorf("table %q: %w", name, err)
	}
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	reader.TrimLeadingSpace = true
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("table %q is empty; its first line must name the columns", name)
	}
	if err != nil {
		return nil, fmt.Errorf("table %q: %w; it must be text with commas between the fields", name, err)
	}
	t := &Table{Name: name}
	for i, title := range header {
		title = strings.TrimSpace(title)
		if title == "" {
			return nil, fmt.Errorf("table %q: column %d of the first line has no name; name all columns there", name, i+1)
		}
		if t.Column(title) != nil {
			return nil, fmt.Errorf("table %q names column %q twice; give each a name of its own", name, title)
		}
		t.Columns = append(t.Columns, Column{Name: title})
	}
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, csv.ErrFieldCount) {
			line, _ := reader.FieldPos(0)
			return nil, fmt.Errorf("table %q: line %d has %d fields but the first line names %d columns; give each row a field for each column", name, line, len(row), len(header))
		}
		if err != nil {
			return nil, fmt.Errorf("table %q: %w; it must be text with commas between the fields", name, err)
		}
		for c, field := range row {
			if field = strings.TrimSpace(field); slices.Contains(missing, field) {
				field = ""
			}
			t.Columns[c].Texts = append(t.Columns[c].Texts, field)
		}
	}
	if t.Len() == 0 {
		return nil, fmt.Errorf("table %q has a first line but no rows; give it at least one", name)
	}
	for c := range t.Columns {
		t.Columns[c].Numbers = numbers(t.Columns[c].Texts)
	}
	return t, nil
}

// numbers are the texts as finite numbers; nil if one is none, or all are missing.
func numbers(texts []string) []float64 {
	out, found := make([]float64, len(texts)), false
	for i, text := range texts {
		if text == "" {
			out[i] = math.NaN()
			continue
		}
		v, err := number(text)
		if err != nil {
			return nil
		}
		out[i], found = v, true
	}
	if !found {
		return nil
	}
	return out
}

// number reads a finite number that a float32 holds.
func number(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err == nil && (math.IsNaN(v) || math.Abs(v) > math.MaxFloat32) {
		err = fmt.Errorf("%q is no finite number", text)
	}
	return v, err
}

// Len is the number of rows.
func (t *Table) Len() int {
	if len(t.Columns) == 0 {
		return 0
	}
	return len(t.Columns[0].Texts)
}

// Column finds a column by its name; nil if there is none.
//
//	weights := rows.Column("weight").Numbers
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// Names are the columns' names, in order.
func (t *Table) Names() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// Select returns a copy of the rows at the indices.
func (t *Table) Select(indices []int32) *Table {
	out := &Table{Name: t.Name}
	for _, c := range t.Columns {
		picked := Column{Name: c.Name, Texts: make([]string, 0, len(indices))}
		for _, i := range indices {
			picked.Texts = append(picked.Texts, c.Texts[i])
			if c.Numbers != nil {
				picked.Numbers = append(picked.Numbers, c.Numbers[i])
			}
		}
		out.Columns = append(out.Columns, picked)
	}
	return out
}

// text is the value of a row; a number has one way to be written.
func (c *Column) text(row int) string {
	if c.Texts[row] == "" || c.Numbers == nil {
		return c.Texts[row]
	}
	return strconv.FormatFloat(c.Numbers[row], 'g', -1, 64)
}

// values are the different values of a column, numbers by size, text by letters.
func (c *Column) values() []string {
	first := map[string]int{} // a row that has it
	var out []string
	for i := range c.Texts {
		text := c.text(i)
		if _, seen := first[text]; text != "" && !seen {
			first[text] = i
			out = append(out, text)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		if c.Numbers != nil {
			return cmp.Compare(c.Numbers[first[a]], c.Numbers[first[b]])
		}
		return strings.Compare(a, b)
	})
	return out
}
