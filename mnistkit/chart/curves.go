package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/show"
)

// Named is a run's history under the name that the figure shows.
type Named struct {
	Name    string
	History fit.History
	Kept    int // the epoch whose weights are kept; 0: not known
}

// Curves draws metrics of one or more runs over their epochs, with a panel for each
// metric. Validation is thick, training thin, other data dotted. Of more than four runs
// that validate the training is left out. A ring marks the epoch whose weights are kept.
//
//	figure, err := chart.Curves("lenet", nil, chart.Named{Name: "lenet", History: h})
//
// metrics are names without "val_"; nil draws all, the loss last. It leaves out values
// that are not finite numbers, and first epochs that would hide the rest; the caption
// names them. Names such as "rate=0.01" colour the runs by the value, and runs that
// differ by "seed=3" are thin lines of one colour.
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
	if len(metrics) == 0 {
		return Figure{}, fmt.Errorf("chart.Curves: there are no metrics to draw; name at least one, such as %q", "loss")
	}
	f := Figure{}
	var findings, missing, outside []string
	var lines []series
	for _, metric := range metrics {
		p := metricPanel{metric: metric, several: len(runs) > 1}
		for _, line := range all {
			if line.panel == metric || line.metric == metric {
				p.lines = append(p.lines, line)
			}
		}
		if p.lines == nil {
			return Figure{}, fmt.Errorf("chart.Curves: no run has the metric %q; they have %s", metric, strings.Join(known, ", "))
		}
		f.panels, lines = append(f.panels, p.draw()), append(lines, p.lines...)
		for _, line := range p.lines {
			if line.missing != nil {
				missing = append(missing, line.missingNote(p.several))
			}
		}
		up := focus(p.lines).rounded()
		if i := slices.IndexFunc(p.lines, func(l series) bool { return l.outside(up) > 0 }); i >= 0 {
			outside = append(outside, metric+" begins at "+show.Number(p.lines[i].values[0]))
		}
		if found := p.finding(); found != "" && len(findings) < 2 {
			findings = append(findings, found)
		}
	}
	what := "Learning curves" + textIf(title != "", " of %s", title) + textIf(title == "" && len(runs) > 1, " of %d runs", len(runs))
	f.Alt = fmt.Sprintf("%s over %s%s.", what, plural(epochs, "epoch"), textIf(findings != nil, ": %s", strings.Join(findings, "; ")))
	if n := len(missing) - 3; n > 0 {
		missing = append(missing[:3], fmt.Sprintf("%d more lines have such gaps.", n))
	}
	if outside != nil {
		missing = append(missing, fmt.Sprintf("Where a line begins with an arrowhead, the axis leaves out the first epochs: %s.", strings.Join(outside, ", ")))
	}
	f.Caption = strings.Join(append([]string{what + "." + key(runs, lines)}, missing...), " ")
	if names := (metricPanel{lines: lines, several: len(runs) > 1}).labels(); len(names) > mostLabels {
		for _, l := range names {
			f.legend = append(f.legend, legendEntry{l.text, look{line: stroke{colour: l.colour}}})
		}
	}
	f.Numbers = curvesTable(lines, epochs, len(runs) > 1)
	return f, nil
}

// key says in words how lines differ, beyond their names.
func key(runs []Named, lines []series) string {
	several := len(runs) > 1
	has := func(holds func(series) bool) bool { return slices.ContainsFunc(lines, holds) }
	validated := has(func(l series) bool { return l.split == validationSplit })
	words := ""
	switch {
	case several && validated && has(func(l series) bool { return l.split == trainingSplit && !l.primary }):
		words = " Thick lines: validation; thin lines: training."
	case several && validated:
		words = " The lines are the validation's."
	}
	again := has(func(l series) bool { // with more groups than colours
		return has(func(o series) bool { return o.style.colour == l.style.colour && o.style.group != l.style.group })
	})
	return words + textIf(!again && has(func(l series) bool { return l.style.thin }), " Runs of one colour differ in their seed only.") +
		textIf(has(func(l series) bool { return l.primary && l.kept >= 0 }), " ○ marks the epoch whose weights are kept.")
}

// finding is the best value of a panel in words, or the last where none is better.
func (p metricPanel) finding() string {
	lines := slices.DeleteFunc(slices.Clone(p.lines), func(l series) bool { return l.best < 0 || !l.primary })
	if first := p.lines[0]; len(lines) == 0 && first.drawn != nil {
		return first.metric + " ends at " + first.at(first.drawn[len(first.drawn)-1])
	} else if len(lines) == 0 {
		return ""
	}
	best := slices.MinFunc(lines, func(a, b series) int {
		if fit.ModeOf(p.metric) == fit.Max {
			a, b = b, a
		}
		return cmp.Compare(a.values[a.best], b.values[b.best])
	})
	return "the best " + best.metric + " is " + best.at(best.best) + textIf(p.several, ", by %s", best.name)
}

// curvesTable has a row for each line, at epochs that the axis names.
func curvesTable(lines []series, epochs int, several bool) show.Table {
	t := show.Table{Header: []string{"metric"}}
	var at []int
	ticks := epochTicks(1, float64(epochs))
	for i := 0; i < len(ticks); i += (len(ticks) + 5) / 6 { // at most six
		at = append(at, int(ticks[i].value))
	}
	if !slices.Contains(at, epochs) {
		at = append(at, epochs)
	}
	for _, n := range at {
		t.Header = append(t.Header, fmt.Sprintf("epoch %d", n))
	}
	judged := slices.ContainsFunc(lines, func(l series) bool { return l.best >= 0 })
	if judged {
		t.Header = append(t.Header, "best", "in epoch")
	}
	for _, line := range lines {
		row := []any{textIf(several, "%s ", line.name) + line.metric}
		for _, n := range at {
			var value any // a dash where there is none
			if i := slices.Index(line.epochs, float64(n)); i >= 0 && !math.IsNaN(line.values[i]) {
				value = line.values[i]
			}
			row = append(row, value)
		}
		switch {
		case line.best >= 0:
			row = append(row, line.values[line.best], int(line.epochs[line.best]))
		case judged:
			row = append(row, nil, nil)
		}
		t.AddRow(row...)
	}
	return t
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
