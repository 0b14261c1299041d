package data

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
		Shape: test.images.shape(), DType: "uint8", Min: 0, Max: 255, Classes: set.classes,
		Train: counts(train), Test: test.all.Counts(),
	}
	if validation != nil {
		d.Validation = counts(validation)
	}
	return d, nil
}
