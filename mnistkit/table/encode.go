package table

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"

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
	t, labels := &Table{}, 0
	for _, name := range e.Columns {
		t.Columns = append(t.Columns, Column{Name: name})
	}
	for i, row := range rows {
		if err := e.add(t, row); err != nil {
			return nil, quote.Errorf("table %q: Encode: row %d: %w", e.Table, i+1, err)
		}
		if _, ok := row[e.Target]; ok {
			labels++
		}
	}
	t.parse()
	s := &data.Set{Name: e.Table + "/new", Inputs: e.inputs(t), Classes: e.Classes, Encoding: e.encoding()}
	if labels == len(rows) {
		s.Labels = e.labels(t)
	} else if labels > 0 {
		return nil, quote.Errorf("table %q: Encode: %d of %d rows give %q; give it in all of them, or in none", e.Table, labels, len(rows), e.Target)
	}
	return s, nil
}

// add appends a row to a table that has all columns, with "" for what is not used.
func (e Encoder) add(t *Table, row Row) error {
	columns := t.byName()
	for name := range row {
		if columns[name] == nil {
			return quote.Errorf("there is no column %q; the columns are %s", name, quote.List(e.Columns))
		}
	}
	allowed := e.allowed()
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
		text, err := written(value)
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

// written is a value as a table would have it.
func written(value any) (string, error) {
	switch value.(type) {
	case string, int, int32, int64, float32, float64:
	default:
		return "", quote.Errorf("a value of type %T cannot be used; give a number or a string", value)
	}
	text := fmt.Sprint(value)
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
