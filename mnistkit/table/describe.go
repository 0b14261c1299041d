package table

import "gonblabs/mnistkit/data"

// Describe says what the table is, what of it is used, and how it is split.
//
//	kit.Show(cars.Describe())
func (r Recipe) Describe() (data.Description, error) {
	o, err := r.open()
	if err != nil {
		return data.Description{}, err
	}
	d := data.Description{
		Name: r.name(), Title: r.name(), Found: o.table.found,
		Rows: o.table.rows, Columns: o.table.columns, Missing: o.table.missing,
		Target: r.Target, Classes: o.encoder.Classes, Notice: o.all.Notice,
	}
	for name, counts := range map[string]*[]int{"train": &d.Train, "validation": &d.Validation, "test": &d.Test} {
		if rows := o.subsets[name]; rows != nil {
			if *counts = o.all.Select(rows).Counts(); d.Classes == nil {
				*counts = []int{len(rows)}
			}
		}
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
