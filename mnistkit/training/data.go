package training

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/internal/check"
	"gonblabs/mnistkit/internal/strict"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/text"
)

// Data is what a Run learns from. data.Recipe and Sets are Data.
type Data interface {
	Train() (*data.Set, error)
	Validation() (*data.Set, error) // nil, nil when there is none
	Test() (*data.Set, error)
	// ID identifies the content and the split.
	ID() (string, error)
}

// Sets are data that you made yourself: each part is a Set.
//
//	kit.Sets{TrainSet: train, ValidationSet: validation, TestSet: test}
//
// ValidationSet and TestSet may be nil.
type Sets struct{ TrainSet, ValidationSet, TestSet *data.Set }

// Train is TrainSet.
func (s Sets) Train() (*data.Set, error) {
	if s.TrainSet == nil {
		return nil, fmt.Errorf("kit.Sets: TrainSet is nil; there is nothing to learn from")
	}
	return s.TrainSet, nil
}

// Validation is ValidationSet.
func (s Sets) Validation() (*data.Set, error) { return s.ValidationSet, nil }

// Test is TestSet.
func (s Sets) Test() (*data.Set, error) {
	if s.TestSet == nil {
		return nil, fmt.Errorf("kit.Sets: TestSet is nil; set it to evaluate on it")
	}
	return s.TestSet, nil
}

// ID combines the identities of the sets that decide the training.
func (s Sets) ID() (string, error) {
	train, err := s.Train()
	if err != nil {
		return "", err
	}
	return setIDs(train, s.ValidationSet), nil
}

// dataKinds are the recipes of data that are plain data themselves: a run's
// record keeps them, so that Load finds the data again.
var dataKinds = map[string]Data{"": data.Recipe{}, "text": text.Recipe{}, "table": table.Recipe{}}

// kindOf names the kind of a data recipe; ok is false for data of the reader's own.
func kindOf(d Data) (kind string, ok bool) {
	for kind, recipe := range dataKinds {
		if reflect.TypeOf(d) == reflect.TypeOf(recipe) {
			return kind, true
		}
	}
	return "", false
}

// identify tells the data and their split from all others; train and validation
// are the sets that formOf read. What a type of the reader's own says of itself is
// not enough: one that embeds a recipe has its ID, whatever its Train does. So its
// sets, or its chunks, are asked too.
func identify(d Data, train, validation *data.Set) (string, error) {
	id, err := d.ID()
	if _, own := d.(Sets); err != nil || own {
		return id, err
	}
	if _, inChunks := d.(chunked); inChunks {
		for _, name := range []string{fit.TrainSet, fit.ValidationSet} {
			chunks, err := InChunks(d, name)
			if err != nil {
				return "", err
			}
			content, err := chunks.ID()
			if err != nil {
				return "", err
			}
			id += ": " + content
		}
	} else if train != nil {
		id += ": " + setIDs(train, validation)
	}
	return id, nil
}

// setIDs joins the identities of the sets that decide a training.
func setIDs(train, validation *data.Set) string {
	if validation == nil {
		return train.ID()
	}
	return train.ID() + " + " + validation.ID()
}

// readData makes data from the recipe in a record. A path that a model file names is not
// its reader's, and nothing reads it.
func readData(record runs.Record, fromFile bool) (Data, error) {
	zero, ok := dataKinds[record.DataKind]
	switch {
	case record.Data == nil:
		return unread{errors.New("the run was trained on sets made by hand, which its record does not hold; set its Data, or give Evaluate a set")}, nil
	case !ok:
		return nil, fmt.Errorf("data of the kind %q are unknown to this version of mnistkit", record.DataKind)
	}
	d := reflect.New(reflect.TypeOf(zero))
	if err := strict.Unmarshal(record.Data, d.Interface()); err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	var named struct{ Dir, Path string } // the fields of all kinds that name one
	if err := json.Unmarshal(record.Data, &named); fromFile && named.Dir+named.Path != "" {
		return unread{cmp.Or(err, fmt.Errorf("the model file names its data %.80q, and the kit reads no path that a file names; "+
			"give the data yourself, as in Evaluate(kit.CSV(…).Test())", named.Dir+named.Path))}, nil
	}
	return d.Elem().Interface().(Data), nil
}

// unread is the data of a run whose record does not lead to them; its error says why.
type unread struct{ error }

func (u unread) Train() (*data.Set, error)      { return nil, u.error }
func (u unread) Validation() (*data.Set, error) { return nil, u.error }
func (u unread) Test() (*data.Set, error)       { return nil, u.error }
func (u unread) ID() (string, error)            { return "", u.error }

// chunked is Data that is read a chunk at a time, so that the cell need not hold
// all of it: a type of its own, since the recipes have no such method that an
// embedding type could inherit.
type chunked interface {
	Chunks(name string) (data.Chunks, error) // "train" or "validation"
}

// InChunks gives the training ("train") or the validation ("validation") data of d chunk by chunk,
// as a fit reads them. If d is a recipe of data or text, or has a method Chunks of the same form,
// the chunks come from the files; otherwise they are cut from the whole set. Without a split there
// are no "validation" chunks.
//
//	chunks, err := training.InChunks(digits, "train")
func InChunks(d Data, name string) (_ data.Chunks, err error) {
	defer func() { check.Caught(recover(), &err) }()
	if name != "train" && name != "validation" {
		return data.Chunks{}, fmt.Errorf("the subset %q is not known; name \"train\" or \"validation\"", name)
	}
	switch d := d.(type) {
	case nil:
		return data.Chunks{}, errNoData
	case data.Recipe:
		return data.InChunks(d, name)
	case text.Recipe:
		return text.InChunks(d, name)
	case chunked:
		chunks, err := d.Chunks(name)
		if chunks.Each == nil { // the zero Chunks are no examples
			chunks = (&data.Set{}).Chunks()
		}
		return chunks, err
	}
	set, err := subset(d, name)
	if err != nil || set == nil {
		return (&data.Set{}).Chunks(), err
	}
	return set.Chunks(), nil
}

// subset is the "train" or the "validation" set of d, checked; the latter is nil
// if there is none.
func subset(d Data, name string) (set *data.Set, err error) {
	if name == "validation" {
		set, err = d.Validation()
	} else if set, err = d.Train(); err == nil && set == nil {
		err = fmt.Errorf("the data have no training set")
	}
	if err == nil && set != nil {
		err = set.Check()
	}
	return set, err
}

var errNoData = errors.New("there are no data; set Data of the run, such as kit.MNIST().Holdout(0.15)")

// formOf asks a data recipe. Other data it has to look at: train and validation are
// the sets that it read, nil where it did not.
func formOf(d Data) (f data.Form, train, validation *data.Set, err error) {
	if d == nil {
		return f, nil, nil, errNoData
	}
	_, inChunks := d.(chunked)
	_, isRecipe := kindOf(d)
	if d, ok := d.(interface{ Form() (data.Form, error) }); ok && (inChunks || isRecipe) { // another type that embeds a recipe may have other sets
		f, err = d.Form()
		return f, nil, nil, err
	}
	if train, err = subset(d, "train"); err == nil {
		validation, err = subset(d, "validation")
	}
	if err != nil {
		return f, nil, nil, err
	}
	for _, set := range []*data.Set{train, validation} {
		if set != nil && !set.Labelled() {
			return f, nil, nil, fmt.Errorf("data set %q has no labels, so there is nothing to learn from it; set its Labels", set.Name)
		}
	}
	f = data.Form{Shape: train.Inputs.Shape, Inputs: train.Inputs.DType(), Labels: train.Labels.DType(), Train: train.Len(),
		Classes: train.Classes, Encoding: train.Encoding, Notice: train.Notice}
	if validation != nil {
		f.Validation = validation.Len()
	}
	return f, train, validation, nil
}

// encoder is what turns rows of a table, or texts, into a model's inputs; the run
// keeps it beside its weights.
type encoder struct {
	Table *table.Encoder `json:"table,omitempty"`
	Text  *text.Encoder  `json:"text,omitempty"`
}

// encoderOf is that of a data recipe; the zero value for data that need none.
func encoderOf(d Data) (e encoder, err error) {
	switch d := d.(type) {
	case table.Recipe:
		e.Table = new(table.Encoder)
		*e.Table, err = d.Encoder()
	case text.Recipe:
		e.Text = new(text.Encoder)
		*e.Text, err = d.Encoder()
	case unread:
		err = d.error
	}
	return e, err
}

// encoder is what made the inputs of a snapshot's weights.
func (r Run) encoder(w snapshot) (e encoder, err error) {
	if w.model != nil {
		if w.model.Encoder != nil {
			err = json.Unmarshal(w.model.Encoder, &e)
		}
		return e, err
	}
	ok, err := w.dir.ReadEncoder(&e)
	if err == nil && !ok { // a run of version 0.1
		e, err = encoderOf(r.Data)
	}
	return e, err
}

// Encode turns new rows or sentences into a set for Predict. It does so in the same
// way as for the training data: with their columns, means and vocabulary.
//
//	mine := must.M1(model.Encode(kit.Row{"weight": 2120, "origin": "Japan"}))
//	mine := must.M1(sentiment.Encode("What a film!", "Two hours that I want back."))
//
// It also works for a run of Load or Open, without the data. Pictures need no
// Encode: see Pictures.
func (r Run) Encode(examples ...any) (set *data.Set, err error) {
	defer explain(r.label()+".Encode", &err)
	k, err := r.snapshot()
	if err != nil {
		return nil, err
	}
	e, err := r.encoder(k)
	if err != nil {
		return nil, err
	}
	return e.encode(examples)
}

func (e encoder) encode(examples []any) (*data.Set, error) {
	switch {
	case e.Table != nil:
		return encode(e.Table.Encode, examples, "rows, such as kit.Row{\"weight\": 2120}")
	case e.Text != nil:
		return encode(e.Text.Encode, examples, "sentences")
	}
	return nil, fmt.Errorf("the run was trained on inputs as they are, such as pixels; give Predict a set of such inputs, for pictures by kit.Pictures")
}

// encode turns examples into a set, if they are of the type that do takes.
func encode[T any](do func(...T) (*data.Set, error), examples []any, wanted string) (*data.Set, error) {
	list := make([]T, len(examples))
	for i, x := range examples {
		v, ok := x.(T)
		if !ok {
			return nil, fmt.Errorf("example %d is of type %T; the run was trained on %s", i+1, x, wanted)
		}
		list[i] = v
	}
	return do(list...)
}
