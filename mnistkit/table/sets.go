package table

import (
	"fmt"
	"math"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/internal/quote"
)

// opened is a recipe with its table read.
type opened struct {
	encoder Encoder
	table   *Table
	all     *data.Set          // the rows of the table as examples
	subsets map[string][]int32 // which of them are for "train", "validation" and "test"
}

func (r Recipe) open() (o opened, err error) {
	t, err := r.Table()
	if err != nil {
		return o, err
	}
	if t.missing != nil && !r.Complete {
		return o, quote.Errorf("table %q: %s; leave those rows out with DropMissing()", t.Name, strings.Join(t.missing, ", "))
	}
	if len(t.complete) == 0 {
		return o, quote.Errorf("table %q: %s; no row is left", t.Name, strings.Join(t.missing, ", "))
	}
	o.table = t
	if o.encoder, err = r.plan(t); err != nil {
		return o, err
	}
	o.all = &data.Set{Labels: o.encoder.labels(t), Classes: o.encoder.Classes, Index: t.complete}
	if o.subsets, err = r.split(o.all.Labels); err != nil {
		return o, quote.Errorf("table %q: %w", t.Name, err)
	}
	if r.Normal {
		o.measure()
	}
	o.all.Inputs = o.encoder.inputs(t)
	o.all.Encoding, o.all.Notice = o.encoder.encoding(), t.notice
	return o, nil
}

// split draws which of the rows with the labels are for each subset.
func (r Recipe) split(labels data.Array) (map[string][]int32, error) {
	if s := r.TestSplit; s.Kind == data.Stratified && s.Fraction == 0 && r.ValidationSplit.Kind != "" {
		r.TestSplit = data.Split{} // it was said of the Holdout
	}
	rest, test, err := r.TestSplit.Divide(labels.Len(), labels.I32)
	if err != nil {
		return nil, err
	}
	train, validation, err := r.ValidationSplit.Divide(len(rest), labels.Take(rest).I32)
	return map[string][]int32{"train": take(rest, train), "validation": take(rest, validation), "test": test}, err
}

// smallest is what Keras' Normalization divides by at least.
const smallest = 1e-7

// measure finds mean and deviation of the training rows.
func (o opened) measure() {
	columns := o.table.byName()
	for k := range o.encoder.Features {
		f := &o.encoder.Features[k]
		mean, variance := moments(take(f.values(columns[f.Column]), o.subsets["train"]))
		deviation := math.Sqrt(variance)
		f.Mean, f.Deviation = mean, max(deviation, smallest)
		if deviation <= 1e-12*math.Abs(mean) { // a constant, but for rounding, becomes 0
			f.Deviation = 1
		} else if deviation < smallest/10 {
			o.table.note(fmt.Sprintf("column %q has a standard deviation of %.1g, and Normalized divides by %g at least, as Keras does: give it in a smaller unit", quote.Cut(f.Column, 300, 0), deviation, smallest))
		}
	}
}

// values are the feature's of its column, before they are normalised.
func (f Feature) values(c *Column) []float64 {
	if !f.OneHot {
		return c.Numbers
	}
	out := make([]float64, len(c.Texts))
	for i := range out {
		if c.text(i) == f.Value {
			out[i] = 1
		}
	}
	return out
}

// inputs are the features of a table's rows.
func (e Encoder) inputs(t *Table) data.Array {
	n, columns := len(e.Features), t.byName()
	a := data.Array{Shape: []int{n}, F32: make([]float32, n*t.Len())}
	for k, f := range e.Features {
		for i, v := range f.values(columns[f.Column]) {
			a.F32[i*n+k] = float32((v - f.Mean) / f.Deviation)
		}
	}
	return a
}

// labels are the target of a table's rows.
func (e Encoder) labels(t *Table) data.Array {
	c := t.Column(e.Target)
	a, numbers := data.Array{Shape: []int{}}, map[string]int32{}
	for i, class := range e.Classes {
		numbers[class] = int32(i)
	}
	for i := range t.Len() {
		if e.Classes == nil {
			a.F32 = append(a.F32, float32(c.Numbers[i]))
		} else {
			a.I32 = append(a.I32, numbers[c.text(i)])
		}
	}
	return a
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
	rows := o.subsets[name]
	if rows == nil && name == "test" {
		return nil, quote.Errorf("table %q keeps no rows for the test; set them aside with TestFraction(0.2)", r.name())
	}
	if rows == nil {
		return nil, nil
	}
	s := o.all.Select(rows)
	s.Name = r.name() + "/" + name
	return s, nil
}

// ID identifies the content, the features and the split.
//
//	id, err := cars.ID()
func (r Recipe) ID() (string, error) {
	t, err := r.Table()
	if err != nil {
		return "", err
	}
	id := fmt.Sprintf("table %s(%s):target %s", r.name(), t.digest, r.Target)
	add := func(is bool, text string) {
		if is {
			id += text
		}
	}
	add(r.Classes, " as classes")
	add(len(r.Dropped) > 0, fmt.Sprintf(":drop %q", r.Dropped))
	add(len(r.OneHots) > 0, fmt.Sprintf(":one-hot %q", r.OneHots))
	add(r.Complete, ":complete rows")
	add(r.Normal, ":normalized")
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
	s := o.all
	if len(s.Classes) == 1 {
		err = quote.Errorf("the target %q of table %q has only the class %q; a classifier needs at least two", r.Target, r.name(), s.Classes[0])
	}
	return data.Form{Shape: s.Inputs.Shape, Inputs: s.Inputs.DType(), Labels: s.Labels.DType(), Train: len(o.subsets["train"]),
		Validation: len(o.subsets["validation"]), Classes: s.Classes, Encoding: s.Encoding, Notice: s.Notice}, err
}
