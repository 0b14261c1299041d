package chart

import (
	"fmt"
	"slices"

	"gonblabs/mnistkit/show"
)

// Split is a split of a data set: how many examples of each class it holds.
type Split struct {
	Name   string // "train"
	Counts []int
}

// ClassDistribution shows how many examples of each class the splits hold, in bars,
// numbers and percentages, with a panel for each split.
//
//	chart.ClassDistribution("MNIST", d.Classes, chart.Split{"train", d.Train}, chart.Split{"test", d.Test})
func ClassDistribution(title string, classes []string, splits ...Split) (Figure, error) {
	if len(splits) == 0 || len(classes) == 0 {
		return Figure{}, fmt.Errorf("chart.ClassDistribution: %d classes in %d splits cannot be drawn; give at least one of each", len(classes), len(splits))
	}
	caption := "The classes" + textIf(title != "", " of %s", title) + "."
	f := Figure{Alt: caption, Caption: caption}
	for i, p := range splits {
		if len(p.Counts) != len(classes) {
			return Figure{}, fmt.Errorf("chart.ClassDistribution: split %q has %d counts for %d classes; give one each", p.Name, len(p.Counts), len(classes))
		}
		total := 0
		for _, n := range p.Counts {
			total += n
		}
		w := words{title: p.Name, fact: plural(total, "example")}
		for c, n := range p.Counts {
			w.rows = append(w.rows, []entry{{text: classes[c]}, {isBar: true, colour: cycle[i%len(cycle)], bar: float64(n) / float64(max(1, slices.Max(p.Counts)))},
				{text: show.Count(n), strong: true}, {text: fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(1, total)))}})
		}
		f.panels = append(f.panels, w)
	}
	return f, nil
}
