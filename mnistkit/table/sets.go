package table

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonblabs/mnistkit/data"
)

// opened is a recipe with its table read.
type opened struct {
	Recipe
	origin
	rows    []int32  // those used, by their place in the file
	missing []string // in words
	classes []string // nil for values

	features []Feature

	train, validation, test []int32 // places in the file
}

func (r Recipe) open() (*opened, error) {
	from, err := r.read()
	if err != nil {
		return nil, err
	}
	t := from.table
	o := &opened{Recipe: r, origin: from}
	complete, incomplete, where := r.rows(t)
	if incomplete != nil && !r.Complete {
		return nil, fmt.Errorf("table %q: %s; leave those rows out with DropMissing()", t.Name, strings.Join(where, ", "))
	}
	o.rows, o.missing = complete, where
	if incomplete != nil {
		t.leaveOut(incomplete)
		o.note(fmt.Sprintf("%s; %d of %d rows are left out", strings.Join(where, ", "), len(incomplete), t.Len()))
	}
	if len(o.rows) == 0 {
		return nil, fmt.Errorf("table %q: %s; no row is left", t.Name, strings.Join(where, ", "))
	}
	used := t.Select(o.rows)
	if o.features, err = r.plan(used, o.rows); err != nil {
		return nil, err
	}
	if o.classes, err = r.classesOf(used, o.rows); err != nil {
		return nil, err
	}
	if err := o.split(); err != nil {
		return nil, fmt.Errorf("table %q: %w", t.Name, err)
	}
	o.measure()
	return o, nil
}

// split draws the rows of each subset.
func (o *opened) split() error {
	labels := o.labels(o.rows).I32
	rest, test, err := o.TestSplit.Divide(len(o.rows), labels)
	if err != nil {
		return err
	}
	pick := func(from, at []int32) (out []int32) {
		for _, i := range at {
			out = append(out, from[i])
		}
		return out
	}
	o.test, o.train = pick(o.rows, test), pick(o.rows, rest)
	rest, validation, err := o.ValidationSplit.Divide(len(o.train), o.labels(o.train).I32)
	if err != nil {
		return err
	}
	o.validation, o.train = pick(o.train, validation), pick(o.train, rest)
	return nil
}

// smallest is what Keras' Normalization divides by at least.
const smallest = 1e-7

// note adds to what a reader must know.
func (o *opened) note(text string) {
	o.notice = strings.TrimPrefix(o.notice+"; "+o.table.Name+": "+text, "; ")
}

// measure finds mean and deviation of the training rows.
func (o *opened) measure() {
	if !o.Normal {
		return
	}
	n := float64(len(o.train))
	for k := range o.features {
		f := &o.features[k]
		c := o.table.Column(f.Column)
		mean, square := 0.0, 0.0
		for _, i := range o.train {
			mean += f.of(c, int(i)) / n
		}
		for _, i := range o.train {
			d := f.of(c, int(i)) - mean
			square += d * d / n
		}
		deviation := math.Sqrt(square)
		switch {
		case deviation <= 1e-12*math.Abs(mean): // a constant, but for rounding, becomes 0
			deviation = 1
		case deviation < smallest/10:
			o.note(fmt.Sprintf("column %q has a standard deviation of %.1g, and Normalized divides by %g at least, as Keras does: give it in a smaller unit", f.Column, deviation, smallest))
			fallthrough
		default:
			deviation = max(deviation, smallest)
		}
		f.Mean, f.Deviation = mean, deviation
	}
}

// of is the feature's value in a row of its column.
func (f Feature) of(c *Column, row int) float64 {
	switch {
	case !f.OneHot:
		return c.Numbers[row]
	case c.text(row) == f.Value:
		return 1
	}
	return 0
}

// labels are the target in rows.
func (o *opened) labels(rows []int32) data.Array {
	c := o.table.Column(o.Target)
	a := data.Array{Shape: []int{}}
	if o.classes == nil {
		a.F32 = make([]float32, len(rows))
	} else {
		a.I32 = make([]int32, len(rows))
	}
	for k, i := range rows {
		if o.classes == nil {
			a.F32[k] = float32(c.Numbers[i])
		} else {
			a.I32[k] = int32(slices.Index(o.classes, c.text(int(i))))
		}
	}
	return a
}

// set is a subset.
func (o *opened) set(name string, rows []int32) *data.Set {
	s := &data.Set{Name: o.name() + "/" + name, Labels: o.labels(rows), Classes: o.classes, Index: rows, Notice: o.notice, Encoding: Encoder{Features: o.features}.encoding()}
	s.Inputs = data.Array{Shape: []int{len(o.features)}, F32: make([]float32, 0, len(rows)*len(o.features))}
	for _, i := range rows {
		for _, f := range o.features {
			s.Inputs.F32 = append(s.Inputs.F32, f.scaled(f.of(o.table.Column(f.Column), int(i))))
		}
	}
	return s
}

// Train returns the rows that are for neither test nor validation.
//
//	train, err := cars.Train()
//
// Inputs are float32 [features]; labels float32, or int32 with Classes.
func (r Recipe) Train() (*data.Set, error) { return r.subset("train") }

// Validation returns the rows of the Holdout; nil without one.
//
//	validation, err := cars.Validation()
func (r Recipe) Validation() (*data.Set, error) { return r.subset("validation") }

// Test returns the rows of the TestFraction.
//
//	test, err := cars.Test()
func (r Recipe) Test() (*data.Set, error) { return r.subset("test") }

func (r Recipe) subset(name string) (*data.Set, error) {
	o, err := r.open()
	if err != nil {
		return nil, err
	}
	switch {
	case name == "train":
		return o.set(name, o.train), nil
	case name == "validation" && o.validation == nil:
		return nil, nil
	case name == "validation":
		return o.set(name, o.validation), nil
	case o.test == nil:
		return nil, fmt.Errorf("table %q keeps no rows for the test; set them aside with TestFraction(0.2)", o.name())
	}
	return o.set(name, o.test), nil
}

// ID identifies the content, the features and the split.
//
//	id, err := cars.ID()
func (r Recipe) ID() (string, error) {
	from, err := r.read()
	if err != nil {
		return "", err
	}
	id := fmt.Sprintf("table %s(%s):target %s", r.name(), from.digest, r.Target)
	if r.Classes {
		id += " as classes"
	}
	for _, list := range []struct {
		what  string
		names []string
	}{{"drop", r.Dropped}, {"one-hot", r.OneHots}} {
		if len(list.names) > 0 {
			id += fmt.Sprintf(":%s %q", list.what, list.names)
		}
	}
	if r.Complete {
		id += ":complete rows"
	}
	if r.Normal {
		id += ":normalized"
	}
	return id + ":test" + r.TestSplit.Suffix() + ":validation" + r.ValidationSplit.Suffix(), nil
}

// Form says what Train and Validation return.
//
//	form, err := cars.Form() // form.Shape is [features]
func (r Recipe) Form() (data.Form, error) {
	o, err := r.open()
	if err != nil {
		return data.Form{}, err
	}
	f := data.Form{Shape: []int{len(o.features)}, Inputs: "float32", Labels: "float32", Train: len(o.train), Validation: len(o.validation), Classes: o.classes, Encoding: Encoder{Features: o.features}.encoding(), Notice: o.notice}
	if o.classes != nil {
		f.Labels = "int32"
	}
	if len(o.classes) == 1 {
		return f, fmt.Errorf("the target %q of table %q has only the class %q; a classifier needs at least two", r.Target, o.name(), o.classes[0])
	}
	return f, nil
}
