package chart

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonblabs/mnistkit/show"
)

const (
	panelWidth  = 414.0
	panelHeight = 272.0
	columnGap   = 16.0
	rowGap      = 10.0
)

// newPanels is a sheet with room for n panels of a size, at most so many side by
// side, below a title. at is where each of them begins.
func newPanels(title string, n, columns int, width, height float64, legend ...legendEntry) (s *sheet, at func(i int) (x, y float64)) {
	columns = min(n, columns)
	rows := (n + columns - 1) / columns
	top := 0.0
	if title != "" {
		top = 26
	}
	s = newFigure(float64(columns)*(width+columnGap)-columnGap, top+float64(rows)*(height+rowGap)-rowGap, legend...)
	s.write(title, s.width/2, margin+headline.size/2, headline, center)
	return s, func(i int) (x, y float64) {
		return margin + float64(i%columns)*(width+columnGap), margin + top + float64(i/columns)*(height+rowGap)
	}
}

// panel is one metric's part of a figure of curves.
type panel struct {
	metric  string
	lines   []series
	several bool // runs: the colour tells the run; else training from validation
}

func (p panel) draw(s *sheet, x, y float64) {
	const head = 26
	var epochs, values []float64
	for _, line := range p.lines {
		epochs, values = append(epochs, line.epochs...), append(values, line.values...)
	}
	across, up := axisOf(epochs...).widened(0.4).named("epoch"), axisOf(values...)
	across.ticks = epochTicks(across.low, across.high)
	up.logarithmic = needsLog(values)
	s.write(p.metric+textIf(up.logarithmic, " (logarithmic)"), x, y+head/2, heading, left)
	on := newPlot(s, across, up.rounded(), x, y+head, panelWidth, panelHeight-head)
	// Markers are on all lines but the training, or on that where it is the only
	// one, since colours repeat where there are many runs.
	onlyTraining := !slices.ContainsFunc(p.lines, func(line series) bool { return line.split != trainingSplit })
	for _, line := range p.lines {
		line.draw(on, line.split != trainingSplit || p.several && onlyTraining)
	}
	for _, line := range p.lines {
		if !line.ringed {
			continue
		}
		colour := color.Color(ink)
		if p.several {
			colour = line.look.line.colour
		} else {
			s.write("best "+line.data+": "+line.at(line.best), x+panelWidth, y+head/2, quiet, right)
		}
		on.draw(bestLook(colour), line.epochs[line.best:line.best+1], line.values[line.best:line.best+1])
	}
}

// needsLog says whether one end of the values dwarfs the rest, so that only a
// logarithmic axis shows them all.
func needsLog(values []float64) bool {
	values = slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !finite(v) })
	slices.Sort(values)
	n := len(values)
	return n > 0 && values[0] > 0 && values[n-1] > 30*values[n/2]
}

// remarks name the best values of several runs, and what is not drawn.
func (p panel) remarks() []string {
	var best, missing []string
	for _, line := range p.lines {
		if line.missing != nil {
			missing = append(missing, line.missingNote(p.several))
		}
		if p.several && line.ringed {
			best = append(best, fmt.Sprintf("%s %s (epoch %.0f)", line.name, show.Number(line.values[line.best]), line.epochs[line.best]))
		}
	}
	if best == nil {
		return missing
	}
	return append([]string{fmt.Sprintf("Best %s: %s.", p.metric, strings.Join(best, ", "))}, missing...)
}
