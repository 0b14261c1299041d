package chart

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonblabs/mnistkit/fit"
)

// Named is a run's history under the name that the legend shows.
type Named struct {
	Name    string
	History fit.History
}

// Curves draws metrics of one or more runs over their epochs, with a panel for each
// metric. Training is solid, validation dashed, other data dotted, and a ring marks
// the best epoch.
//
//	figure, err := chart.Curves("lenet", nil, chart.Named{Name: "lenet", History: h})
//
// metrics are names without "val_"; nil draws all, the loss last. It leaves out
// values that are not finite numbers, and the caption names them.
func Curves(title string, metrics []string, runs ...Named) (Figure, error) {
	if len(runs) == 0 {
		return Figure{}, fmt.Errorf("chart.Curves: no runs given; give at least one")
	}
	epochs := 0
	for _, run := range runs {
		if len(run.History) == 0 {
			return Figure{}, fmt.Errorf("chart.Curves: %q has no epochs yet; train it first with Fit", run.Name)
		}
		epochs = max(epochs, run.History.Last().Number)
	}
	all := seriesOf(runs, metrics)
	known := metricsOf(all)
	if metrics == nil {
		metrics = known
	}
	var panels []panel
	var lines []series
	for _, metric := range metrics {
		p := panel{metric: metric, several: len(runs) > 1}
		for _, line := range all {
			if line.panel == metric || line.metric == metric {
				p.lines = append(p.lines, line)
			}
		}
		if p.lines == nil {
			return Figure{}, fmt.Errorf("chart.Curves: no run has the metric %q; they have %s", metric, strings.Join(known, ", "))
		}
		panels, lines = append(panels, p), append(lines, p.lines...)
	}
	if panels == nil {
		return Figure{}, fmt.Errorf("chart.Curves: there are no metrics to draw; name at least one, such as %q", "loss")
	}
	s, at := newPanels(title, len(panels), 2, panelWidth, panelHeight, curvesLegend(runs, lines)...)
	var facts, remarks []string
	for _, line := range lines {
		facts = append(facts, line.facts())
	}
	for i, p := range panels {
		x, y := at(i)
		p.draw(s, x, y)
		remarks = append(remarks, p.remarks()...)
	}
	return s.figure(fmt.Sprintf("Learning curves%s over %s: %s.", textIf(title != "", " of %s", title), plural(epochs, "epoch"), strings.Join(facts, "; ")), strings.Join(remarks, " "))
}

// metricsOf names what the lines show, without "val_" and the like, the loss last.
func metricsOf(lines []series) (names []string) {
	for _, line := range lines {
		if !slices.Contains(names, line.panel) {
			names = append(names, line.panel)
		}
	}
	if i := slices.Index(names, "loss"); i >= 0 {
		names = append(slices.Delete(names, i, i+1), "loss")
	}
	return names
}

// curvesLegend names the runs if there are several, the data and the ring.
func curvesLegend(runs []Named, lines []series) (legend []legendEntry) {
	several := len(runs) > 1
	if several {
		for r, run := range runs {
			legend = append(legend, legendEntry{run.Name, seriesLook(r, trainingSplit, true)})
		}
	}
	data := map[int]string{} // by their split
	for _, line := range lines {
		data[line.split] = line.data
	}
	for _, split := range slices.Sorted(maps.Keys(data)) {
		e := legendEntry{data[split], seriesLook(0, split, false)}
		if several {
			e.line.colour = ink
		}
		if several || split == trainingSplit {
			e.mark = mark{}
		}
		legend = append(legend, e)
	}
	return append(legend, legendEntry{"best epoch", bestLook(ink)})
}
