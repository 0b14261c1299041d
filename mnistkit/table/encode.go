package table

import (
	"crypto/sha256"
	"fmt"
	"math"
	"reflect"
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
	return o.encoder, err
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
		text, v, err := valueOf(f.Column, given, e.oneHot(f.Column), "the table has only")
		if err != nil {
			return err
		}
		if f.OneHot && text == f.Value {
			v = 1
		} else if f.OneHot {
			v = 0
		}
		s.Inputs.F32 = append(s.Inputs.F32, f.scaled(v))
	}
	given, ok := row[e.Target]
	if !ok {
		return nil
	}
	_, v, err := valueOf(e.Target, given, e.Classes, "the classes are")
	if e.Classes == nil {
		s.Labels.F32 = append(s.Labels.F32, float32(v))
	} else {
		s.Labels.I32 = append(s.Labels.I32, int32(v))
	}
	return err
}

// oneHot lists the values that a column may have; nil for a column of numbers.
func (e Encoder) oneHot(column string) (values []string) {
	for _, f := range e.Features {
		if f.OneHot && f.Column == column {
			values = append(values, f.Value)
		}
	}
	return values
}

// valueOf gives the value for a column as a table has it, and its place among the
// allowed values, or its number where nil allows all of them. The error has the phrase before the values.
func valueOf(column string, value any, allowed []string, phrase string) (text string, v float64, err error) {
	if text, err = written(value); err != nil {
		return "", 0, fmt.Errorf("column %q: %w", column, err)
	}
	if allowed != nil {
		if v = float64(slices.Index(allowed, text)); v < 0 {
			return "", 0, fmt.Errorf("column %q is given as %q; %s %q", column, text, phrase, allowed)
		}
		return text, v, nil
	}
	if v, err = number(text); err != nil {
		return "", 0, fmt.Errorf("column %q is given as %q; it needs a number", column, text)
	}
	return text, v, nil
}

// written is a value as a table would have it.
func written(value any) (string, error) {
	var f float64
	switch v := reflect.ValueOf(value); {
	case v.Kind() == reflect.String:
		n, err := number(v.String())
		if err != nil {
			return v.String(), nil
		}
		f = n
	case v.CanInt():
		f = float64(v.Int())
	case v.CanFloat():
		f = v.Float()
	default:
		return "", fmt.Errorf("%v is of type %T; give a number or a string", value, value)
	}
	if math.IsNaN(f) || math.Abs(f) > math.MaxFloat32 {
		return "", fmt.Errorf("%g is not a finite number; give one", f)
	}
	return strconv.FormatFloat(f, 'g', -1, 64), nil
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
