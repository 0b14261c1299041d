package training

import (
	"fmt"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/text"
)

// parted is Data that is read a part at a time, so that the cell need not hold
// all of it: a type of its own, since the recipes have no such method that an
// embedding type could inherit.
type parted interface {
	Parts(name string) (data.Parts, error) // "train" or "validation"
}

// InParts gives the training ("train") or the validation ("validation") data of d a part at a time,
// as a fit reads them: from the files, if d is a recipe of data or text or has a method Parts of
// the same form, otherwise cut from the whole set. Without a split there are none of "validation".
//
//	parts, err := kit.InParts(digits, "train")
func InParts(d Data, name string) (data.Parts, error) {
	if name != "train" && name != "validation" {
		return data.Parts{}, fmt.Errorf("the part %q is not known; name \"train\" or \"validation\"", name)
	}
	switch d := d.(type) {
	case nil:
		return data.Parts{}, errNoData
	case data.Recipe:
		return data.InParts(d, name)
	case text.Recipe:
		return text.InParts(d, name)
	case parted:
		return d.Parts(name)
	}
	if name == "validation" {
		return partsOf(validationSet(d))
	}
	return partsOf(trainSet(d))
}

// partsOf is a set in parts; there are none of a set that is not there.
func partsOf(set *data.Set, err error) (data.Parts, error) {
	if err != nil || set == nil {
		return (&data.Set{}).Parts(), err
	}
	return set.Parts(), nil
}

// setParts are the training and the validation data in parts.
func setParts(d Data) (train, validation data.Parts, err error) {
	if train, err = InParts(d, "train"); err == nil {
		validation, err = InParts(d, "validation")
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
		err = fmt.Errorf("the data have no training part")
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
