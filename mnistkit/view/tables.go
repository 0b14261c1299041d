package view

import (
	"fmt"
	"strings"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/table"
)

// PairPlot draws columns of a table's training rows against each other; none
// named are all of numbers.
func PairPlot(rows table.Recipe, columns ...string) (show.Block, error) {
	t, err := rows.TrainTable()
	if err != nil {
		return nil, err
	}
	if columns == nil {
		for _, c := range t.Columns {
			if c.Numbers != nil {
				columns = append(columns, c.Name)
			}
		}
	}
	var list []chart.Values
	for _, name := range columns {
		values, err := valuesOf(t, name)
		if err != nil {
			return nil, fmt.Errorf("kit.PairPlot: %w", err)
		}
		list = append(list, values)
	}
	train, err := rows.Train()
	if err != nil {
		return nil, err
	}
	return Figure(chart.PairPlot(list, train.Classes, train.Labels.I32))
}

// ScatterPlot draws one column of a table's training rows over another.
func ScatterPlot(rows table.Recipe, x, y string) (show.Block, error) {
	t, err := rows.TrainTable()
	if err != nil {
		return nil, err
	}
	xs, err := valuesOf(t, x)
	if err != nil {
		return nil, fmt.Errorf("kit.ScatterPlot: %w", err)
	}
	ys, err := valuesOf(t, y)
	if err != nil {
		return nil, fmt.Errorf("kit.ScatterPlot: %w", err)
	}
	train, err := rows.Train()
	if err != nil {
		return nil, err
	}
	return Figure(chart.ScatterPlot(xs, ys, train.Classes, train.Labels.I32))
}

func valuesOf(t *table.Table, name string) (chart.Values, error) {
	switch c := t.Column(name); {
	case c == nil:
		return chart.Values{}, fmt.Errorf("table %q has no column %q; it has %s", t.Name, name, strings.Join(t.Names(), ", "))
	case c.Numbers == nil:
		return chart.Values{}, fmt.Errorf("column %q of table %q holds text; name columns of numbers", name, t.Name)
	default:
		return chart.Values{Name: name, Numbers: c.Numbers}, nil
	}
}
