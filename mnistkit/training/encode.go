package training

import (
	"fmt"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/text"
)

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
	defer r.explain("Encode", &err)
	k, err := r.snapshot()
	if err != nil {
		return nil, err
	}
	var e encoder
	ok, err := k.dir.ReadEncoder(&e)
	if err == nil && !ok { // a run of version 0.1
		e, err = encoderOf(r.Data)
	}
	switch {
	case err != nil:
		return nil, err
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
