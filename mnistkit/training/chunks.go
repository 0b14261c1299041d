package training

import (
	"fmt"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/text"
)

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
//	chunks, err := kit.InChunks(digits, "train")
func InChunks(d Data, name string) (data.Chunks, error) {
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
		return d.Chunks(name)
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
