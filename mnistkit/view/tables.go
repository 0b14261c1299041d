package view

import (
	"fmt"
	"strings"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/table"
)

// PairPlot draws columns of a table's training rows against each other; without
// names, all columns of numbers.
func PairPlot(rows table.Recipe, names ...string) (show.Block, error) {
	columns, train, err := trainingColumns(rows, names)
	if err != nil {
		return nil, fmt.Errorf("kit.PairPlot: %w", err)
	}
	return chart.PairPlot(columns, train.Classes, train.Labels.I32)
}

// ScatterPlot draws one column of a table's training rows over another.
func ScatterPlot(rows table.Recipe, x, y string) (show.Block, error) {
	columns, train, err := trainingColumns(rows, []string{x, y})
	if err != nil {
		return nil, fmt.Errorf("kit.ScatterPlot: %w", err)
	}
	return chart.ScatterPlot(columns[0], columns[1], train.Classes, train.Labels.I32)
}

// trainingColumns are columns of the training rows before they are normalised,
// and the training set; no columns named are all of numbers.
func trainingColumns(rows table.Recipe, names []string) (columns []chart.Values, train *data.Set, err error) {
	t, err := rows.TrainTable()
	if err != nil {
		return nil, nil, err
	}
	if names == nil {
		for _, c := range t.Columns {
			if c.Numbers != nil {
				names = append(names, c.Name)
			}
		}
	}
	for _, name := range names {
		c := t.Column(name)
		if c == nil {
			return nil, nil, fmt.Errorf("table %q has no column %q; it has %s", t.Name, name, strings.Join(t.Names(), ", "))
		}
		if c.Numbers == nil {
			return nil, nil, fmt.Errorf("column %q of table %q holds text; name columns of numbers", name, t.Name)
		}
		columns = append(columns, chart.Values{Name: name, Numbers: c.Numbers})
	}
	train, err = rows.Train()
	return columns, train, err
}
