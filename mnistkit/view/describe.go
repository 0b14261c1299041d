package view

import (
	"fmt"
	"strings"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/table"
)

// described is a table of facts with the sizes of training, validation and test
// data, and the distribution of the classes where there are any.
func described(title, notice string, facts [][]string, sizes [3]int, classes []string, counts [3][]int) (show.Block, error) {
	var blocks show.Blocks
	if notice != "" {
		blocks = append(blocks, show.Note(notice))
	}
	var parts []chart.Split
	for i, name := range []string{"train", "validation", "test"} {
		if sizes[i] == 0 && name == "validation" {
			continue
		}
		if sizes[i] > 0 {
			parts = append(parts, chart.Split{Name: name, Counts: counts[i]})
		}
		if name == "train" {
			name = "training"
		}
		facts = append(facts, []string{name, show.Count(sizes[i])})
	}
	blocks = append(blocks, show.Table{Caption: title, Rows: facts})
	if classes == nil {
		return blocks, nil
	}
	figure, err := chart.ClassDistribution(title, classes, parts...)
	return append(blocks, figure), err
}

func imagesDescribed(d data.Description) (show.Block, error) {
	counts := [3][]int{d.Train, d.Validation, d.Test}
	var sizes [3]int
	for i, classes := range counts {
		for _, n := range classes {
			sizes[i] += n
		}
	}
	return described(d.Title, d.Notice, [][]string{
		{"source", d.Source}, {"licence", d.Licence}, {"found", shortPath(d.Found)},
		{"one example", fmt.Sprintf("%v %s, %g to %g", d.Shape, d.DType, d.Min, d.Max)},
		{"classes", fmt.Sprint(len(d.Classes))},
	}, sizes, d.Classes, counts)
}

func tableDescribed(d table.Description) (show.Block, error) {
	var facts [][]string
	if d.Source != "" {
		facts = [][]string{{"source", d.Source}, {"licence", d.Licence}}
	}
	facts = append(facts, []string{"found", shortPath(d.Found)}, []string{"rows", show.Count(d.Rows)},
		[]string{"columns", strings.Join(d.Columns, ", ")}, []string{"target", d.Target}, []string{"features", strings.Join(d.Features, ", ")})
	for _, m := range d.Missing {
		facts = append(facts, []string{"missing", m})
	}
	return described(d.Title, d.Notice, facts, [3]int{d.Train, d.Validation, d.Test},
		d.Classes, [3][]int{d.TrainCounts, d.ValidationCounts, d.TestCounts})
}

// statistics is the table of a table's numbers.
func statistics(s table.Statistics) show.Block {
	t := show.Table{Caption: "Statistics of " + s.Name, Header: []string{"column", "count", "mean", "std", "min", "25 %", "50 %", "75 %", "max"}}
	for _, c := range s.Columns {
		row := []string{c.Name, show.Count(c.Count)}
		for _, v := range []float64{c.Mean, c.Std, c.Min, c.Q1, c.Median, c.Q3, c.Max} {
			row = append(row, fmt.Sprintf("%.6g", v))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// lastRows is how a table shows itself: its last five rows, as pandas' tail().
func lastRows(t *table.Table) show.Block {
	n := min(t.Len(), 5)
	out := show.Table{Caption: fmt.Sprintf("%s: the last %d of %s rows", t.Name, n, show.Count(t.Len())), Rows: make([][]string, n)}
	for _, c := range t.Columns {
		out.AddColumn(c.Name, func(row int) string { return orDash(c.Texts[t.Len()-n+row]) })
	}
	return out
}
