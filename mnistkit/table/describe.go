package table

// Description is what one must know about a table before using it.
//
//	kit.Show(cars.Describe())
type Description struct {
	Name, Title     string
	Source, Licence string // "" for a user's file
	Found           string // the file, or "part of the kit"

	Rows     int      // in the file
	Columns  []string // in the file
	Missing  []string // in words: which used column, how many, which rows
	Target   string
	Classes  []string // nil for values
	Features []string // in the order of the inputs: "weight", "origin=USA"
	Notice   string

	Train, Validation, Test int // rows
	// Counts of the classes in the parts; nil for values.
	TrainCounts, ValidationCounts, TestCounts []int
}

// Describe says what the table is, what of it is used, and how it is split.
//
//	kit.Show(cars.Describe())
func (r Recipe) Describe() (Description, error) {
	o, err := r.open()
	if err != nil {
		return Description{}, err
	}
	train, validation, test := o.subsets["train"], o.subsets["validation"], o.subsets["test"]
	d := Description{
		Name: r.name(), Title: r.name(), Found: o.table.found,
		Rows: o.table.rows, Columns: o.table.columns, Missing: o.table.missing,
		Target: r.Target, Classes: o.encoder.Classes, Notice: o.all.Notice,
		Train: len(train), Validation: len(validation), Test: len(test),
		TrainCounts: o.all.Select(train).Counts(), ValidationCounts: o.all.Select(validation).Counts(), TestCounts: o.all.Select(test).Counts(),
	}
	if r.Path == "" {
		p := known[r.Dataset]
		d.Title, d.Source, d.Licence = p.title, p.source, p.licence
	}
	for _, f := range o.encoder.Features {
		d.Features = append(d.Features, f.Name)
	}
	return d, nil
}
