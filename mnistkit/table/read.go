package table

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonblabs/mnistkit/internal/quote"
)

// Table is rows with named columns, before they become features.
//
//	rows := must.M1(cars.Table())
type Table struct {
	Name    string
	Columns []Column

	commas   bool     // numbers may have decimal commas
	found    string   // the file, or "part of the kit"
	digest   string   // of the file
	columns  []string // in the file
	rows     int      // in the file
	complete []int32  // the rows of the file that lack no value
	missing  []string // in words: the values that the others lack
	notice   string   // what a reader must know
}

// Column is one column of a Table.
type Column struct {
	Name    string
	Texts   []string  // as written, without spaces around; "" is missing
	Numbers []float64 // nil if any value is no number; NaN is missing
}

// missing lists how files write that there is no value: pandas' default words, "?" and "-".
var missing = []string{"", "?", "-", "NA", "N/A", "n/a", "<NA>", "#NA", "#N/A", "#N/A N/A", "None", "null", "NULL",
	"NaN", "nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}

// mostFields bounds what a table takes of the memory: 4 GB, where all fields have one digit.
var mostFields = 64 << 20

// Read reads a table with a header row; see Reader.
//
//	t, err := table.Read("houses", bytes.NewReader(text))
//
// Missing values are empty or ?, -, NA, N/A, NaN, None, null and the like. Where semicolons or tabs
// separate the fields, numbers may have decimal commas.
func Read(name string, from io.Reader) (*Table, error) {
	fail := func(err error) (*Table, error) { return nil, fmt.Errorf("table %q: %w", name, err) }
	rows, err := NewReader(from)
	if err != nil {
		return fail(err)
	}
	t := &Table{Name: name, columns: rows.Columns, commas: rows.csv.Comma != ','}
	for _, title := range rows.Columns {
		t.Columns = append(t.Columns, Column{Name: title})
	}
	row, err := rows.Read()
	for ; err == nil; row, err = rows.Read() {
		if t.Len()*len(row) >= mostFields {
			return fail(fmt.Errorf("it has more than %d million fields; read it row by row with pipeline.CSV", mostFields>>20))
		}
		for c, field := range row {
			if slices.Contains(missing, field) {
				field = ""
			}
			t.Columns[c].Texts = append(t.Columns[c].Texts, field)
		}
	}
	if !errors.Is(err, io.EOF) {
		return fail(err)
	}
	if t.rows = t.Len(); t.rows == 0 {
		return fail(errors.New("there are no rows after the first line; give it at least one"))
	}
	if rows.text.Western {
		t.note("it is not in UTF-8 and was read as Windows-1252, the letters of Western Europe; save it as UTF-8 if they are wrong")
	}
	t.parse()
	return t, nil
}

// parse finds out which columns are of numbers. Decimal commas become points, where a point makes it
// none.
func (t *Table) parse() {
	for i := range t.Columns {
		c, mark := &t.Columns[i], "."
		if c.Numbers != nil {
			continue
		}
		if c.Numbers = numbers(c.Texts, number); c.Numbers == nil && t.commas {
			c.Numbers, mark = numbers(c.Texts, func(text string) (float64, error) { return number(points.Replace(text)) }), ","
		}
		if row := slices.IndexFunc(c.Texts, func(text string) bool { return strings.Contains(text, mark) }); t.commas && row >= 0 &&
			c.Numbers != nil && !slices.ContainsFunc(c.Texts, func(text string) bool { return !thousands(text, mark) }) {
			t.note(fmt.Sprintf("column %q: %s is read as %v; write numbers without signs for thousands", quote.Cut(c.Name, 300, 0), c.Texts[row], c.Numbers[row]))
		}
	}
}

var points = strings.NewReplacer(".", " ", ",", ".")

// thousands says that the mark in a number, if it has one, may part thousands: in 1,234 but not in 0,234 or 1,5.
func thousands(text, mark string) bool {
	whole, rest, has := strings.Cut(strings.TrimLeft(text, "+-"), mark)
	return !has || len(rest) == 3 && len(whole) <= 3 && whole >= "1"
}

// numbers are the texts as read; nil if one is no number, or all are missing.
func numbers(texts []string, read func(string) (float64, error)) []float64 {
	out, found := make([]float64, len(texts)), false
	for i, text := range texts {
		out[i] = math.NaN()
		if text == "" {
			continue
		}
		v, err := read(text)
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
		err = strconv.ErrRange
	}
	return v, err
}

// isText says that a text is no number; numeric that it looks like one: 1e300, 1,000 or 1.000,5, but not 10-20.
func isText(text string) bool { _, err := number(text); return err != nil }

func numeric(text string) bool {
	rest := strings.Trim(strings.TrimLeft(text, "+-"), "0123456789.,'’eE+ \u00a0\u202f")
	return !isText(text) || rest == "" && strings.ContainsAny(text, "0123456789")
}

// Len is the number of rows.
func (t *Table) Len() int {
	if len(t.Columns) == 0 {
		return 0
	}
	return len(t.Columns[0].Texts)
}

// Column finds a column by its name; it is nil if there is none.
//
//	weights := rows.Column("weight").Numbers
func (t *Table) Column(name string) *Column { return t.byName()[name] }

// byName finds the columns by their names, of which there may be many.
func (t *Table) byName() map[string]*Column {
	columns := make(map[string]*Column, len(t.Columns))
	for i := range t.Columns {
		columns[t.Columns[i].Name] = &t.Columns[i]
	}
	return columns
}

// Names lists the names of the columns, in order.
func (t *Table) Names() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// Select returns a copy of the rows at the indices.
func (t *Table) Select(indices []int32) *Table {
	out := *t
	out.Columns = slices.Clone(t.Columns)
	for i := range out.Columns {
		c := &out.Columns[i]
		c.Texts, c.Numbers = take(c.Texts, indices), take(c.Numbers, indices)
	}
	return &out
}

// take gives the values at the indices; none of nil.
func take[T any](values []T, indices []int32) (out []T) {
	if values == nil {
		return nil
	}
	for _, i := range indices {
		out = append(out, values[i])
	}
	return out
}

// note adds to what a reader must know.
func (t *Table) note(text string) {
	t.notice = strings.TrimPrefix(t.notice+"; "+t.Name+": "+text, "; ")
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
	size := map[string]float64{} // of each value; 0 for text
	for i := range c.Texts {
		text := c.text(i)
		if text == "" {
			continue
		}
		size[text] = 0
		if c.Numbers != nil {
			size[text] = c.Numbers[i]
		}
	}
	return slices.SortedFunc(maps.Keys(size), func(a, b string) int {
		return cmp.Or(cmp.Compare(size[a], size[b]), strings.Compare(a, b))
	})
}
