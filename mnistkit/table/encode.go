package table

import (
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonblabs/mnistkit/data"
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
	if err != nil {
		return Encoder{}, err
	}
	return Encoder{Table: o.name(), Columns: o.table.Names(), Target: o.Target, Classes: o.classes, Features: o.features}, nil
}

// Encode turns rows into a set: see Recipe.Encode.
//
//	mine, err := must.M1(cars.Encoder()).Encode(table.Row{"weight": 2120, "origin": "Japan"})
func (e Encoder) Encode(rows ...Row) (*data.Set, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("table %q: Encode was given no row; give at least one", e.Table)
	}
	s := &data.Set{Name: e.Table + "/new", Classes: e.Classes, Encoding: e.encoding(),
		Inputs: data.Array{Shape: []int{len(e.Features)}}, Labels: data.Array{Shape: []int{}}}
	for i, row := range rows {
		if err := e.encode(s, row); err != nil {
			return nil, fmt.Errorf("table %q: Encode: row %d: %w", e.Table, i+1, err)
		}
	}
	switch labels := s.Labels.Len(); labels {
	case len(rows):
	case 0:
		s.Labels = data.Array{}
	default:
		return nil, fmt.Errorf("table %q: Encode: %d of %d rows give %q; give it in all of them, or in none", e.Table, labels, len(rows), e.Target)
	}
	return s, nil
}

// encode appends a row to s.
func (e Encoder) encode(s *data.Set, row Row) error {
	for name := range row {
		if !slices.Contains(e.Columns, name) {
			return fmt.Errorf("there is no column %q; the columns are %q", name, e.Columns)
		}
	}
	for _, f := range e.Features {
		given, ok := row[f.Column]
		if !ok {
			return fmt.Errorf("it lacks %q; give every feature's column", f.Column)
		}
		v, err := e.value(f, given)
		if err != nil {
			return err
		}
		s.Inputs.F32 = append(s.Inputs.F32, f.scaled(v))
	}
	return e.encodeTarget(s, row)
}

// value is the feature of what was given for its column.
func (e Encoder) value(f Feature, given any) (float64, error) {
	text, err := written(given)
	if err != nil {
		return 0, fmt.Errorf("column %q: %w", f.Column, err)
	}
	if !f.OneHot {
		v, err := number(text)
		if err != nil {
			return 0, fmt.Errorf("column %q is given as %q; it needs a number", f.Column, text)
		}
		return v, nil
	}
	var known []string
	for _, other := range e.Features {
		if other.OneHot && other.Column == f.Column {
			known = append(known, other.Value)
		}
	}
	if !slices.Contains(known, text) {
		return 0, fmt.Errorf("column %q is given as %q; the table has only %q", f.Column, text, known)
	}
	if text == f.Value {
		return 1, nil
	}
	return 0, nil
}

// scaled is a value of the feature as the model is given it.
func (f Feature) scaled(v float64) float32 { return float32((v - f.Mean) / f.Deviation) }

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

// encodeTarget appends the row's label, if it has one.
func (e Encoder) encodeTarget(s *data.Set, row Row) error {
	given, ok := row[e.Target]
	if !ok {
		return nil
	}
	text, err := written(given)
	if err != nil {
		return fmt.Errorf("column %q: %w", e.Target, err)
	}
	if e.Classes != nil {
		class := slices.Index(e.Classes, text)
		if class < 0 {
			return fmt.Errorf("column %q is given as %q; the classes are %q", e.Target, text, e.Classes)
		}
		s.Labels.I32 = append(s.Labels.I32, int32(class))
		return nil
	}
	v, err := number(text)
	if err != nil {
		return fmt.Errorf("column %q is given as %q; it needs a number", e.Target, text)
	}
	s.Labels.F32 = append(s.Labels.F32, float32(v))
	return nil
}

// written is a value as a table would have it.
func written(v any) (string, error) {
	var f float64
	switch v := v.(type) {
	case string:
		if n, err := number(v); err == nil {
			return strconv.FormatFloat(n, 'g', -1, 64), nil
		}
		return v, nil
	case int:
		f = float64(v)
	case int32:
		f = float64(v)
	case int64:
		f = float64(v)
	case float32:
		f = float64(v)
	case float64:
		f = v
	default:
		return "", fmt.Errorf("%v is of type %T; give a number or a string", v, v)
	}
	if math.IsNaN(f) || math.Abs(f) > math.MaxFloat32 {
		return "", fmt.Errorf("%g is not a finite number; give one", f)
	}
	return strconv.FormatFloat(f, 'g', -1, 64), nil
}
