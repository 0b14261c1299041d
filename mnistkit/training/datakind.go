package training

import (
	"encoding/json"
	"fmt"
	"reflect"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/internal/strict"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/text"
)

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
// sets are asked too, unless it gives them in chunks.
func identify(d Data, train, validation *data.Set) (string, error) {
	id, err := d.ID()
	_, inChunks := d.(chunked)
	if _, own := d.(Sets); err != nil || own || inChunks || train == nil {
		return id, err
	}
	return id + ": " + setIDs(train, validation), nil
}

// setIDs joins the identities of the sets that decide a training.
func setIDs(train, validation *data.Set) string {
	if validation == nil {
		return train.ID()
	}
	return train.ID() + " + " + validation.ID()
}

// readData makes data from the recipe in a record.
func readData(kind string, recipe json.RawMessage) (Data, error) {
	zero, ok := dataKinds[kind]
	if !ok {
		return nil, fmt.Errorf("data of the kind %q are unknown to this version of mnistkit", kind)
	}
	d := reflect.New(reflect.TypeOf(zero))
	if err := strict.Unmarshal(recipe, d.Interface()); err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	return d.Elem().Interface().(Data), nil
}
