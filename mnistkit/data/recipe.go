package data

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Recipe says which data a run uses.
//
//	var digits = data.MNIST().Holdout(0.15)
//
// It is plain data, comparable, and marshals to JSON. Only methods that return an error read
// anything. The other methods return a changed copy.
type Recipe struct {
	Dataset  string `json:"dataset"`             // "mnist" or "fashion-mnist"
	Dir      string `json:"dir,omitempty"`       // the folder of From; "" searches the usual places
	Split    Split  `json:"split,omitzero"`      // how validation examples are taken from the training file
	Most     int    `json:"first,omitempty"`     // training examples in all, before the split; 0 means all
	PerClass int    `json:"per_class,omitempty"` // examples of each class of the training file, before the split; 0 means all
}

// MNIST is 60,000 training and 10,000 test images of handwritten digits, 28×28×1, uint8 0..255.
//
//	var digits = data.MNIST().Holdout(0.15)
//
// Source: Y. LeCun, C. Cortes, C. Burges; CC BY-SA 3.0. Without the full files it is
// the bundled sample of 100 images of each digit.
func MNIST() Recipe { return Recipe{Dataset: "mnist"} }

// FashionMNIST is 60,000 training and 10,000 test images of 10 kinds of clothing, 28×28×1, uint8 0..255.
//
//	var clothes = data.FashionMNIST().Holdout(0.15)
//
// Source: Zalando Research; MIT licence. Without the full files it is the bundled
// sample of 100 images of each class.
func FashionMNIST() Recipe { return Recipe{Dataset: "fashion-mnist"} }

// From reads the files of one folder, and no others.
//
//	data.MNIST().From("~/my-digits")
//
// The folder needs all four IDX files, plain or .gz, or mnist.npz as Keras has it; From also takes
// such a .npz file. They may hold your own data in the same layout: images uint8 [n height width]
// and labels uint8 [n] below the number of classes.
func (r Recipe) From(dir string) Recipe { r.Dir = dir; return r }

// FirstPerClass keeps the first n training examples of each class, before the split.
//
//	data.MNIST().FirstPerClass(100).Holdout(0.2)
//
// The test set stays whole.
func (r Recipe) FirstPerClass(n int) Recipe { r.PerClass = cmp.Or(n, -1); return r }

// First keeps the first n training examples of the file, before the split.
//
//	data.MNIST().First(1000)
//
// With FirstPerClass it keeps the first n of those. The test set stays whole.
func (r Recipe) First(n int) Recipe { r.Most = cmp.Or(n, -1); return r }

// Train returns the training set, without the validation examples.
//
//	train, err := digits.Train()
//
// With Reshuffled it gives all examples, and EpochSplit gives the parts. Errors name the file,
// what was expected, what was found and what to do.
func (r Recipe) Train() (*Set, error) { return r.read("train") }

// Validation returns the validation set; nil without a split, and with Reshuffled.
//
//	validation, err := digits.Validation()
func (r Recipe) Validation() (*Set, error) { return r.read("validation") }

// Test returns the test set.
//
//	test, err := digits.Test()
func (r Recipe) Test() (*Set, error) { return r.read("test") }

// ID identifies the data and the split: equal IDs mean equal content on every machine.
//
//	id, err := digits.ID() // "mnist:full:holdout(0.15,seed 1)"
//
// It finds the files but does not decode them. It hashes only the files of From, once.
func (r Recipe) ID() (string, error) {
	p, err := r.find()
	if err != nil {
		return "", err
	}
	return r.Dataset + ":" + p.kind + r.suffix(), nil
}

// Form is what the sets of a recipe are like.
type Form struct {
	Shape             []int    // of one example: [28 28 1]
	Inputs, Labels    string   // their types: "uint8", "int32" or "float32"
	Train, Validation int      // numbers of examples
	Classes           []string // as those of a Set, as are the following
	Encoding          string
	Notice            string
}

// Form says what Train and Validation return, without reading any image.
//
//	form, err := digits.Form() // form.Shape, form.Train
func (r Recipe) Form() (Form, error) {
	h, train, validation, err := r.trainingHalf()
	if err == nil {
		err = h.openImages()
	}
	if err != nil {
		return Form{}, err
	}
	return Form{Shape: h.images.shape(), Inputs: "uint8", Labels: "int32", Train: len(train), Validation: len(validation),
		Classes: h.all.Classes, Notice: h.notice}, nil
}

// Bundled says whether the bundled sample was found, and not the full data.
//
//	if digits.Bundled() { … }
func (r Recipe) Bundled() bool {
	h, _, _, err := r.trainingHalf() // whoever reads the data tells what is wrong with them
	return err == nil && h.kind == sampled
}

// read gives a subset; nil if the recipe has none of the name.
func (r Recipe) read(name string) (*Set, error) {
	h, indices, err := r.subset(name)
	if err != nil || indices == nil {
		return nil, err
	}
	s, err := h.set(name, indices)
	if err != nil {
		return nil, err
	}
	if h.all.Index == nil && len(indices) == h.all.Len() {
		s.Index = nil // all of them
	}
	id := s.Name + ":" + h.kind
	if name != "test" {
		id += r.suffix()
	}
	return s.Identified(id), nil
}

// suffix names what the recipe takes of the training file.
func (r Recipe) suffix() string {
	out := ""
	if r.PerClass > 0 {
		out = fmt.Sprintf(":first %d per class", r.PerClass)
	}
	if r.Most > 0 {
		out += fmt.Sprintf(":first %d", r.Most)
	}
	return out + r.Split.Suffix()
}

// check reports a recipe that cannot be followed.
func (r Recipe) check() error {
	if _, ok := known[r.Dataset]; !ok {
		return fmt.Errorf("data set %.80q is not known; known are %s", r.Dataset, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
	if min(r.PerClass, r.Most) < 0 { // 0 is all
		return fmt.Errorf("%s: First or FirstPerClass takes nothing; give at least 1, or leave it out for all", r.Dataset)
	}
	if err := r.Split.Check(); err != nil {
		return fmt.Errorf("%s: %w", r.Dataset, err)
	}
	return nil
}

// Description is what one must know about a data set before using it.
//
//	kit.Show(digits.Describe())
type Description struct {
	Name    string // "mnist"
	Title   string // "MNIST handwritten digits"
	Source  string // who made it, and where it is published; "" for a user's table
	Licence string // "CC BY-SA 3.0"
	Found   string // the file, the folder of the files, or "bundled sample"
	Notice  string // "" if the full data were found

	Shape    []int    // of one image: [28 28 1]
	DType    string   // "uint8"
	Min, Max float64  // the range that a pixel may have: 0 to 255
	Classes  []string // nil for values

	Train, Validation, Test []int // examples of each class, or of all for values; Validation is nil without a split

	// Of a table, in place of shape, type and range.
	Rows     int      // in the file
	Columns  []string // in the file
	Missing  []string // in words: which used column, how many, which rows
	Target   string
	Features []string // in the order of the inputs: "weight", "origin=USA"
}

// Describe says what the data set is, where it was found, and how many examples of each class it has.
//
//	kit.Show(digits.Describe())
//
// It reads labels and no images.
func (r Recipe) Describe() (Description, error) {
	test, _, err := r.subset("test")
	if err != nil {
		return Description{}, err
	}
	h, train, validation, err := r.trainingHalf()
	if err != nil {
		return Description{}, err
	}
	set := known[r.Dataset]
	counts := func(indices []int32) []int { return h.all.choose(choice{indices: indices}, "").Counts() }
	d := Description{
		Name: r.Dataset, Title: set.title, Source: set.source, Licence: set.licence,
		Found: h.dir, Notice: h.notice,
		Shape: test.images.shape(), DType: "uint8", Min: 0, Max: 255, Classes: h.all.Classes,
		Train: counts(train), Test: test.all.Counts(),
	}
	if validation != nil {
		d.Validation = counts(validation)
	}
	return d, nil
}
