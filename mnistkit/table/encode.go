package table

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/internal/quote"
)

// Row is a row that is not in the table: a number or a text for each column's name.
type Row = map[string]any

// Encode turns new rows into a set for Predict, in the same way as the rows of the
// table.
//
//	mine := must.M1(cars.Encode(kit.Row{"cylinders": 4, "displacement": 98, "horsepower": 70, "weight": 2120,
//		"acceleration": 15.5, "model year": 80, "origin": "Japan"}))
//
// Each row must have the columns of all features. Either all rows have the target
// too, or none; without it the set has no labels.
func (r Recipe) Encode(rows ...Row) (*data.Set, error) {
	e, err := r.Encoder()
	if err != nil {
		return nil, err
	}
	return e.Encode(rows...)
}

// Encoder turns rows into a model's inputs, in the same way as the rows of its
// training. It is plain data and marshals to JSON. A model keeps it, and so does
// not need the table any more.
type Encoder struct {
	Table    string    `json:"table"`
	Columns  []string  `json:"columns"` // all of the table's, used or not
	Target   string    `json:"target"`
	Classes  []string  `json:"classes,omitempty"` // nil for values
	Features []Feature `json:"features"`
}

// Feature is one number of a model's input: the value of a column, or whether a
// column has a certain value.
type Feature struct {
	Name      string  `json:"name"` // "weight", "origin=USA"
	Column    string  `json:"column"`
	OneHot    bool    `json:"one_hot,omitempty"`
	Value     string  `json:"value,omitempty"` // "USA"
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"`
}

// Encoder is what turns the recipe's rows into inputs.
//
//	e, err := cars.Encoder() // e.Features
func (r Recipe) Encoder() (Encoder, error) {
	o, err := r.open()
	return o.encoder, err
}

// Encode turns rows into a set: see Recipe.Encode.
//
//	mine, err := must.M1(cars.Encoder()).Encode(table.Row{"weight": 2120, "origin": "Japan"})
func (e Encoder) Encode(rows ...Row) (*data.Set, error) {
	if len(rows) == 0 {
		return nil, quote.Errorf("table %q: Encode was given no row; give at least one", e.Table)
	}
	t, labels, allowed := &Table{}, 0, e.allowed()
	for _, name := range e.Columns {
		t.Columns = append(t.Columns, Column{Name: name})
	}
	for i, row := range rows {
		if err := e.add(t, row, allowed); err != nil {
			return nil, quote.Errorf("table %q: Encode: row %d: %w", e.Table, i+1, err)
		}
		if _, ok := row[e.Target]; ok {
			labels++
		}
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; allowed[c.Name] == nil { // names stay as the table has them: 01067 is not 1067
			c.Numbers = numbers(c.Texts, number)
		}
	}
	s := &data.Set{Name: e.Table + "/new", Inputs: e.inputs(t), Classes: e.Classes, Encoding: e.encoding()}
	if labels == len(rows) {
		s.Labels = e.labels(t)
	} else if labels > 0 {
		return nil, quote.Errorf("table %q: Encode: %d of %d rows give %q; give it in all of them, or in none", e.Table, labels, len(rows), e.Target)
	}
	return s, nil
}

// add appends a row to a table that has all columns, with "" for what is not used.
func (e Encoder) add(t *Table, row Row, allowed map[string][]string) error {
	for name := range row {
		if !slices.Contains(e.Columns, name) {
			return quote.Errorf("there is no column %q; the columns are %s", name, quote.List(e.Columns))
		}
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		value, given := row[c.Name]
		values, used := allowed[c.Name]
		if used && !given && c.Name != e.Target {
			return quote.Errorf("it lacks %q; give every feature's column", c.Name)
		}
		if !used || !given {
			c.Texts = append(c.Texts, "")
			continue
		}
		text, err := written(value, values)
		switch {
		case err != nil:
			return quote.Errorf("column %q: %w", c.Name, err)
		case values == nil && isText(text):
			return quote.Errorf("column %q is given as %q; it needs a number", c.Name, text)
		case values == nil || slices.Contains(values, text):
			c.Texts = append(c.Texts, text)
		case c.Name == e.Target:
			return quote.Errorf("column %q is given as %q; the classes are %s", c.Name, text, quote.List(values))
		default:
			return quote.Errorf("column %q is given as %q; the table has only %s", c.Name, text, quote.List(values))
		}
	}
	return nil
}

// allowed lists the values that each used column may have; nil allows all numbers.
func (e Encoder) allowed() map[string][]string {
	allowed := map[string][]string{e.Target: e.Classes}
	for _, f := range e.Features {
		if f.OneHot {
			allowed[f.Column] = append(allowed[f.Column], f.Value)
		} else {
			allowed[f.Column] = nil
		}
	}
	return allowed
}

// written is a value as the table has it among those of its column, or would have it.
func written(value any, values []string) (string, error) {
	switch value.(type) {
	case string, int, int32, int64, float32, float64:
	default:
		return "", quote.Errorf("a value of type %T cannot be used; give a number or a string", value)
	}
	text := fmt.Sprint(value)
	if slices.Contains(values, text) {
		return text, nil
	}
	if n, err := number(text); err == nil {
		return strconv.FormatFloat(n, 'g', -1, 64), nil
	}
	if _, ok := value.(string); !ok {
		return "", quote.Errorf("%v is not a finite number that a float32 holds; give one, in another unit perhaps", value)
	}
	return text, nil
}

// encoding says how the features are made; columns, values and moments are told
// apart by a digest.
func (e Encoder) encoding() string {
	form := "as they are"
	if slices.ContainsFunc(e.Features, func(f Feature) bool { return f.Mean != 0 || f.Deviation != 1 }) {
		form = "normalized"
	}
	all := sha256.Sum256(fmt.Append(nil, e.Features))
	return fmt.Sprintf("%d features, %s (%x)", len(e.Features), form, all[:4])
}

// check reports names of columns that cannot be followed.
func (r Recipe) check(t *Table) error {
	columns := t.byName()
	for _, name := range slices.Concat([]string{r.Target}, r.Dropped, r.OneHots) {
		if columns[name] == nil {
			return quote.Errorf("table %q has no column %q; it has %s", t.Name, name, quote.List(t.Names()))
		}
	}
	for _, name := range slices.Concat(r.Dropped, r.OneHots) {
		if name == r.Target {
			return quote.Errorf("column %q of table %q is the target and no feature; leave it out of Drop and OneHot", name, t.Name)
		}
		if slices.Contains(r.Dropped, name) && slices.Contains(r.OneHots, name) {
			return quote.Errorf("column %q of table %q is in Drop and in OneHot; choose one", name, t.Name)
		}
	}
	return nil
}

func (t *Table) findMissing() {
	incomplete := make([]bool, t.Len())
	for _, c := range t.Columns {
		var numbers []int // of rows, from 1
		for i, text := range c.Texts {
			if text == "" {
				numbers = append(numbers, i+1)
				incomplete[i] = true
			}
		}
		if numbers != nil {
			t.missing = append(t.missing, fmt.Sprintf("column %q has %s", quote.Cut(c.Name, 300, 0), missingValues(numbers)))
		}
	}
	for i, is := range incomplete {
		if !is {
			t.complete = append(t.complete, int32(i))
		}
	}
}

// plan says what becomes of each column.
func (r Recipe) plan(t *Table) (Encoder, error) {
	e := Encoder{Table: t.Name, Columns: t.columns, Target: r.Target}
	for _, c := range t.Columns {
		switch target := c.Name == r.Target; {
		case target && c.Numbers != nil && !r.Classes: // values
		case target:
			e.Classes = c.values()
			err := t.stray(c, "AsClasses()")
			if n := len(e.Classes); err == nil && t.Len() >= 10 && 2*n > t.Len() { // a class has several examples
				err = quote.Errorf("the target %q of table %q has %d different texts in %d rows (%q in row %d), too many for classes; write plain numbers for a regression, or add AsClasses()",
					c.Name, t.Name, n, t.Len(), c.Texts[0], t.complete[0]+1)
			}
			if err != nil && !r.Classes {
				return e, err
			}
		case slices.Contains(r.OneHots, c.Name):
			for _, v := range c.values() {
				e.Features = append(e.Features, Feature{Name: c.Name + "=" + v, Column: c.Name, OneHot: true, Value: v, Deviation: 1})
			}
		case c.Numbers == nil:
			err := t.stray(c, fmt.Sprintf("OneHot(%q)", c.Name))
			return e, cmp.Or(err, quote.Errorf("column %q of table %q holds text (%q in row %d); add OneHot(%[1]q) or Drop(%[1]q)", c.Name, t.Name, c.Texts[0], t.complete[0]+1))
		default:
			e.Features = append(e.Features, Feature{Name: c.Name, Column: c.Name, Deviation: 1})
		}
	}
	if e.Features == nil {
		return e, quote.Errorf("table %q leaves no column to learn from; drop fewer", t.Name)
	}
	if size := len(e.Features) * t.Len() * 4; size > 2<<30 {
		return e, quote.Errorf("table %q has %d features in %d rows, %d MB; drop columns of many different texts, such as names", t.Name, len(e.Features), t.Len(), size>>20)
	}
	return e, nil
}

// stray reports a slip among the numbers of a column, which does not make texts of them; all takes it so.
func (t *Table) stray(c Column, all string) error {
	row := slices.IndexFunc(c.Texts, isText)
	if row < 0 || !slices.ContainsFunc(c.Texts, numeric) {
		return nil
	}
	what := "write a number there, or nothing for a missing value"
	if numeric(c.Texts[row]) {
		what = "write it as 1234.5, without signs for thousands and below 3.4e38"
	}
	return quote.Errorf("column %q of table %q has numbers, but %q in row %d; %s; %s takes all of them as names",
		c.Name, t.Name, c.Texts[row], t.complete[row]+1, what, all)
}

// missingValues is "3 missing values (rows 33, 127 and 331)", with the first eight of the rows.
func missingValues(rows []int) string {
	if len(rows) == 1 {
		return fmt.Sprintf("1 missing value (row %d)", rows[0])
	}
	var first []string
	for _, row := range rows[:min(len(rows), 8)] {
		first = append(first, strconv.Itoa(row))
	}
	last := len(first) - 1
	list := strings.Join(first[:last], ", ") + " and " + first[last]
	if len(rows) > len(first) {
		list = strings.Join(first, ", ") + " …"
	}
	return fmt.Sprintf("%d missing values (rows %s)", len(rows), list)
}
