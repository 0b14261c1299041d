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
	if name == "validation" {
		return chunksOf(validationSet(d))
	}
	return chunksOf(trainSet(d))
}

// chunksOf is a set in chunks; there are none of a set that is not there.
func chunksOf(set *data.Set, err error) (data.Chunks, error) {
	if err != nil || set == nil {
		return (&data.Set{}).Chunks(), err
	}
	return set.Chunks(), nil
}

// setChunks are the training and the validation data in chunks.
func setChunks(d Data) (train, validation data.Chunks, err error) {
	if train, err = InChunks(d, "train"); err == nil {
		validation, err = InChunks(d, "validation")
	}
	return train, validation, err
}

// sets are the training and the validation data, checked.
func sets(d Data) (train, validation *data.Set, err error) {
	if train, err = trainSet(d); err == nil {
		validation, err = validationSet(d)
	}
	return train, validation, err
}

// trainSet is the training set, checked.
func trainSet(d Data) (*data.Set, error) {
	set, err := d.Train()
	if err == nil && set == nil {
		err = fmt.Errorf("the data have no training set")
	}
	return checked(set, err)
}

// validationSet is the validation set, checked; nil if there is none.
func validationSet(d Data) (*data.Set, error) { return checked(d.Validation()) }

func checked(set *data.Set, err error) (*data.Set, error) {
	if err == nil && set != nil {
		err = set.Check()
	}
	return set, err
}
