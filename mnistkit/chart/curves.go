package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/show"
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
	if err := checkRuns(runs); err != nil {
		return Figure{}, err
	}
	if metrics == nil {
		metrics = metricsOf(runs)
	}
	var panels []panel
	for _, metric := range metrics {
		lines := seriesOf(metric, runs)
		if len(lines) == 0 {
			return Figure{}, fmt.Errorf("chart.Curves: no run has the metric %q; they have %s", metric, strings.Join(metricsOf(runs), ", "))
		}
		panels = append(panels, panel{metric: metric, lines: lines, several: len(runs) > 1})
	}
	if len(panels) == 0 {
		return Figure{}, fmt.Errorf("chart.Curves: there are no metrics to draw; name at least one, such as %q", "loss")
	}
	return drawCurves(title, panels, runs)
}

func checkRuns(runs []Named) error {
	if len(runs) == 0 {
		return fmt.Errorf("chart.Curves: no runs given; give at least one")
	}
	for _, run := range runs {
		if len(run.History) == 0 {
			return fmt.Errorf("chart.Curves: %q has no epochs yet; train it first with Fit", run.Name)
		}
	}
	return nil
}

// metricsOf names what the runs hold, without "val_" and the like, the loss last.
func metricsOf(runs []Named) (names []string) {
	for _, run := range runs {
		all := run.History.Metrics()
		for _, name := range all {
			if _, name = fit.SplitMetric(name, all); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if i := slices.Index(names, "loss"); i >= 0 {
		names = append(slices.Delete(names, i, i+1), "loss")
	}
	return names
}

const (
	panelWidth  = 430.0
	panelHeight = 280.0
	margin      = 10.0
)

func drawCurves(title string, panels []panel, runs []Named) (Figure, error) {
	columns := min(len(panels), 2)
	rows := (len(panels) + columns - 1) / columns
	width := float64(columns)*panelWidth + 2*margin
	head := 0.0
	if title != "" {
		head = 26
	}
	key := newLegend(panels, runs, width-2*margin)
	s := newSheet(width, head+float64(rows)*panelHeight+key.height()+2*margin)
	if title != "" {
		s.write(title, width/2, margin+titleSize/2, titleSize, true, ink, center)
	}
	for i, p := range panels {
		x := margin + float64(i%columns)*panelWidth
		y := margin + head + float64(i/columns)*panelHeight
		p.draw(s, x+4, y, panelWidth-16, panelHeight-8)
	}
	key.draw(s, margin, s.height-margin-key.height())
	return s.figure(curvesAlt(title, panels, runs), curvesCaption(panels, len(runs) > 1))
}

func curvesAlt(title string, panels []panel, runs []Named) string {
	epochs := 0
	for _, run := range runs {
		epochs = max(epochs, run.History.Last().Number)
	}
	if title != "" {
		title = " of " + title
	}
	var facts []string
	for _, p := range panels {
		for _, line := range p.lines {
			facts = append(facts, line.facts())
		}
	}
	return fmt.Sprintf("Learning curves%s over %s: %s.", title, plural(epochs, "epoch"), strings.Join(facts, "; "))
}

// curvesCaption names the best values of several runs, and what is not drawn.
func curvesCaption(panels []panel, several bool) string {
	var sentences []string
	for _, p := range panels {
		if best := p.bestValues(); several && best != "" {
			sentences = append(sentences, best)
		}
		for _, line := range p.lines {
			if note := line.missingNote(several); note != "" {
				sentences = append(sentences, note)
			}
		}
	}
	return strings.Join(sentences, " ")
}

// bestValues names each run's best value of the panel's metric.
func (p panel) bestValues() string {
	var best []string
	for _, line := range p.ringed() {
		best = append(best, fmt.Sprintf("%s %s (epoch %.0f)", line.name, show.Number(line.values[line.best]), line.epochs[line.best]))
	}
	if best == nil {
		return ""
	}
	return fmt.Sprintf("Best %s: %s.", p.metric, strings.Join(best, ", "))
}

// ringed are the lines whose best epoch is ringed: the validation, or the
// training where a run has no validation.
func (p panel) ringed() (out []series) {
	for i, line := range p.lines {
		hasValidation := i+1 < len(p.lines) && p.lines[i+1].run == line.run && p.lines[i+1].split == validationSplit
		if line.best >= 0 && line.split <= validationSplit && !hasValidation {
			out = append(out, line)
		}
	}
	return out
}

// needsLog says whether one end of the values dwarfs the rest, so that only a
// logarithmic axis shows them all.
func (p panel) needsLog() bool {
	var values []float64
	for _, line := range p.lines {
		for _, v := range line.values {
			if !math.IsNaN(v) {
				values = append(values, v)
			}
		}
	}
	slices.Sort(values)
	return len(values) > 0 && values[0] > 0 && values[len(values)-1] > 30*values[len(values)/2]
}
