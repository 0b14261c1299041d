package table

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonblabs/mnistkit/data"
)

// Row is a row that is not in the table, by the columns' names: numbers or text.
type Row = map[string]any

// Encode turns new rows into a set for Predict, exactly as the table's own
// rows were turned.
//
//	mine := must.M1(cars.Encode(kit.Row{"cylinders": 4, "displacement": 98, "horsepower": 70, "weight": 2120,
//		"acceleration": 15.5, "model year": 80, "origin": "Japan"}))
//
// Each row gives every feature's column. All may give the target too, or none:
// without it the set has no labels.
func (r Recipe) Encode(rows ...Row) (*data.Set, error) {
	o, err := r.open()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("table %q: Encode was given no row; give at least one", o.name())
	}
	s := o.set("new", nil)
	for i, row := range rows {
		if err := o.encode(s, row); err != nil {
			return nil, fmt.Errorf("table %q: Encode: row %d: %w", o.name(), i+1, err)
		}
	}
	switch labels := s.Labels.Len(); labels {
	case len(rows):
	case 0:
		s.Labels = data.Array{}
	default:
		return nil, fmt.Errorf("table %q: Encode: %d of %d rows give %q; give it in all of them, or in none", o.name(), labels, len(rows), o.Target)
	}
	s.Index, s.Notice = nil, ""
	return s, nil
}

// encode appends a row to s.
func (o *opened) encode(s *data.Set, row Row) error {
	for name := range row {
		if o.table.Column(name) == nil {
			return fmt.Errorf("there is no column %q; the columns are %q", name, o.table.Names())
		}
	}
	for k, f := range o.plan {
		given, ok := row[f.column]
		if !ok {
			return fmt.Errorf("it lacks %q; give every feature's column", f.column)
		}
		v, err := o.value(f, given)
		if err != nil {
			return err
		}
		s.Inputs.F32 = append(s.Inputs.F32, o.scaled(k, v))
	}
	return o.encodeTarget(s, row)
}

// value is the feature of what was given for its column.
func (o *opened) value(f feature, given any) (float64, error) {
	text, err := written(given)
	if err != nil {
		return 0, fmt.Errorf("column %q: %w", f.column, err)
	}
	if !f.oneHot {
		v, err := number(text)
		if err != nil {
			return 0, fmt.Errorf("column %q is given as %q; it needs a number", f.column, text)
		}
		return v, nil
	}
	known := o.valuesOf(f.column)
	if !slices.Contains(known, text) {
		return 0, fmt.Errorf("column %q is given as %q; the table has only %q", f.column, text, known)
	}
	if text == f.value {
		return 1, nil
	}
	return 0, nil
}

// valuesOf are the values of a one-hot column.
func (o *opened) valuesOf(column string) (values []string) {
	for _, f := range o.plan {
		if f.oneHot && f.column == column {
			values = append(values, f.value)
		}
	}
	return values
}

// encodeTarget appends the row's label, if it has one.
func (o *opened) encodeTarget(s *data.Set, row Row) error {
	given, ok := row[o.Target]
	if !ok {
		return nil
	}
	text, err := written(given)
	if err != nil {
		return fmt.Errorf("column %q: %w", o.Target, err)
	}
	if o.classes != nil {
		class := slices.Index(o.classes, text)
		if class < 0 {
			return fmt.Errorf("column %q is given as %q; the classes are %q", o.Target, text, o.classes)
		}
		s.Labels.I32 = append(s.Labels.I32, int32(class))
		return nil
	}
	v, err := number(text)
	if err != nil {
		return fmt.Errorf("column %q is given as %q; it needs a number", o.Target, text)
	}
	s.Labels.F32 = append(s.Labels.F32, float32(v))
	return nil
}

// written is a value as a table would have it.
func written(v any) (string, error) {
	f := math.NaN()
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
		return "", fmt.Errorf("%g is no finite number; give one", f)
	}
	return strconv.FormatFloat(f, 'g', -1, 64), nil
}
