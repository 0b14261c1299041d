package table

import (
	"math"
	"slices"

	"gonblabs/mnistkit/data"
)

// Statistics are those of a table's numeric columns, as pandas'
// describe().transpose() gives them.
type Statistics struct {
	Name    string
	Columns []ColumnStatistics
}

// ColumnStatistics are those of one column; missing values do not count.
type ColumnStatistics struct {
	Name            string
	Count           int
	Mean, Std       float64 // Std divides by n-1; NaN of a single value, and both of none
	Min, Q1, Median float64
	Q3, Max         float64
}

// Statistics describe the numeric columns: count, mean, deviation, quartiles.
//
//	kit.Show(must.M1(cars.TrainTable()).Statistics())
//
// Quartiles are interpolated as pandas and NumPy do by default.
func (t *Table) Statistics() Statistics {
	s := Statistics{Name: t.Name}
	for _, c := range t.Columns {
		if c.Numbers == nil {
			continue
		}
		values := slices.DeleteFunc(slices.Clone(c.Numbers), math.IsNaN)
		slices.Sort(values)
		n := float64(len(values))
		mean, variance := moments(values)
		s.Columns = append(s.Columns, ColumnStatistics{
			Name: c.Name, Count: len(values), Mean: mean, Std: math.Sqrt(variance * n / (n - 1)),
			Min: quantile(values, 0), Q1: quantile(values, 0.25), Median: quantile(values, 0.5),
			Q3: quantile(values, 0.75), Max: quantile(values, 1),
		})
	}
	return s
}

// moments are mean and variance, as of all values there are; NaN of none.
func moments(values []float64) (mean, variance float64) {
	n := float64(len(values))
	mean, variance = 0/n, 0/n
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		variance += (v - mean) * (v - mean) / n
	}
	return mean, variance
}

// quantile of sorted values, interpolated between neighbours.
func quantile(sorted []float64, share float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := share * float64(len(sorted)-1)
	below := int(at)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (at-float64(below))*(sorted[above]-sorted[below])
}

// TrainTable is Table, of the training rows only: what one may look at.
//
//	kit.Show(cars.TrainTable())
func (r Recipe) TrainTable() (*Table, error) {
	o, err := r.open()
	if err != nil {
		return nil, err
	}
	return o.table.Select(o.subsets["train"]), nil
}

// Describe says what the table is, what of it is used, and how it is split.
//
//	kit.Show(cars.Describe())
func (r Recipe) Describe() (data.Description, error) {
	o, err := r.open()
	if err != nil {
		return data.Description{}, err
	}
	d := data.Description{Title: r.name()}
	if r.Path == "" {
		d = known[r.Dataset]
	}
	d.Name, d.Found, d.Notice = r.name(), o.table.found, o.all.Notice
	d.Rows, d.Columns, d.Missing = o.table.rows, o.table.columns, o.table.missing
	d.Target, d.Classes = r.Target, o.encoder.Classes
	for name, counts := range map[string]*[]int{"train": &d.Train, "validation": &d.Validation, "test": &d.Test} {
		if rows := o.subsets[name]; rows != nil {
			if *counts = o.all.Select(rows).Counts(); d.Classes == nil {
				*counts = []int{len(rows)}
			}
		}
	}
	for _, f := range o.encoder.Features {
		d.Features = append(d.Features, f.Name)
	}
	return d, nil
}
