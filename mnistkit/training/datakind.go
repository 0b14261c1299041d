package training

import (
	"encoding/json"
	"fmt"
	"slices"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/internal/strict"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/text"
)

// dataKinds are the recipes of data that are plain data themselves: a run's
// record keeps them, so that Load finds the data again.
var dataKinds = []dataKind{
	kindOf[data.Recipe](""),
	kindOf[text.Recipe]("text"),
	kindOf[table.Recipe]("table"),
}

type dataKind struct {
	name string
	is   func(Data) bool
	read func([]byte) (Data, error)
}

func kindOf[T Data](name string) dataKind {
	return dataKind{
		name: name,
		is:   func(d Data) bool { _, ok := d.(T); return ok },
		read: func(b []byte) (Data, error) {
			var recipe T
			if err := strict.Unmarshal(b, &recipe); err != nil {
				return nil, fmt.Errorf("it is damaged: %w", err)
			}
			return recipe, nil
		},
	}
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

// isRecipe says whether d is one of the kit's own recipes.
func isRecipe(d Data) bool {
	return slices.ContainsFunc(dataKinds, func(k dataKind) bool { return k.is(d) })
}

// writeData is d for a record; nil for data that were made by hand.
func writeData(d Data) (kind string, recipe json.RawMessage, err error) {
	for _, k := range dataKinds {
		if k.is(d) {
			recipe, err = json.Marshal(d)
			return k.name, recipe, err
		}
	}
	return "", nil, nil
}

// readData is what writeData wrote.
func readData(kind string, recipe json.RawMessage) (Data, error) {
	for _, k := range dataKinds {
		if k.name == kind {
			return k.read(recipe)
		}
	}
	return nil, fmt.Errorf("data of the kind %q are unknown to this version of mnistkit", kind)
}
