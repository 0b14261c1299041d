package chart

import (
	"math"
	"slices"

	"gonblabs/mnistkit/show"
)

// Two panels fit side by side on a page, and one fits a phone.
const (
	panelWidth  = 392.0
	panelHeight = 256.0
	mostLabels  = 15 // that have room beside a panel
)

// metricPanel is one metric's part of a figure of curves.
type metricPanel struct {
	metric  string
	lines   []series
	several bool // runs: the colour tells the run; else training from validation
}

func (p metricPanel) draw() (picture, error) {
	const head = 24
	s := newSheet(panelWidth+2*margin, panelHeight+2*margin)
	labels, room := p.labels(), 0.0
	if len(labels) > mostLabels { // the legend names them
		labels = nil
	}
	for i := range labels {
		labels[i].text = labelType.shorten(labels[i].text, 110)
		room = max(room, labelType.width(labels[i].text)+8)
	}
	var epochs []float64
	for _, line := range p.lines {
		epochs = append(epochs, line.epochs...)
	}
	across, up := axisOf(epochs...).widened(0.4).named("epoch"), focus(p.lines)
	across.ticks = epochTicks(across.low, across.high)
	s.write(p.metric+textIf(up.logarithmic, " (logarithmic)"), margin, margin+head/2-4, heading, left)
	on := newPlot(s, across, up.rounded(), margin, margin+head, panelWidth-room, panelHeight-head)
	for _, line := range p.lines {
		line.draw(on)
	}
	for _, line := range p.lines {
		if k := line.kept; k >= 0 && line.primary {
			on.draw(keptLook(line.look.line.colour), line.epochs[k:k+1], line.values[k:k+1])
		}
		if !p.several && line.primary && line.best >= 0 {
			s.write("best "+line.data+": "+line.at(line.best), margin+panelWidth, margin+head/2-4, quiet, right)
		}
	}
	on.labels(labels)
	return s.picture()
}

// labels name the data of a single run's lines, else the groups of runs.
func (p metricPanel) labels() (list []label) {
	for _, line := range p.lines {
		name := line.style.group
		if !p.several {
			name = line.data
		}
		named := slices.ContainsFunc(list, func(l label) bool { return l.text == name })
		if named || line.drawn == nil || p.several && !line.primary || !p.several && len(p.lines) == 1 {
			continue
		}
		last := line.drawn[len(line.drawn)-1]
		list = append(list, label{name, line.epochs[last], line.values[last], line.look.line.colour})
	}
	return list
}

// focus is the axis for lines. Where the first tenth of the epochs takes more than two
// thirds of the range, it is left out: what follows matters. Where one end of the rest
// dwarfs the other, the axis is logarithmic.
func focus(lines []series) axis {
	var all, later []float64
	longest := 0
	for _, line := range lines {
		longest = max(longest, len(line.values))
	}
	for _, line := range lines {
		first := 0
		if n := len(line.values); n >= 5 { // of a shorter run too, but never more than half of it
			first = min((longest+9)/10, n/2)
		}
		for i, v := range line.values {
			if all = append(all, v); i >= first || i == line.kept {
				later = append(later, v)
			}
		}
	}
	whole, rest := axisOf(all...), axisOf(later...)
	if span := rest.high - rest.low; span > 1e-3*max(math.Abs(rest.low), math.Abs(rest.high)) && span < (whole.high-whole.low)/3 {
		whole, all = rest, later
	}
	whole.logarithmic = needsLog(all)
	return whole
}

// needsLog says whether one end of the values dwarfs the rest, so that only a
// logarithmic axis shows them all.
func needsLog(values []float64) bool {
	values = slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !finite(v) })
	slices.Sort(values)
	n := len(values)
	return n > 0 && values[0] > 0 && values[n-1] > 30*values[n/2]
}

// outside says where a line begins whose first epochs the axis leaves out.
func (p metricPanel) outside() string {
	up := focus(p.lines).rounded()
	for _, line := range p.lines {
		if line.outside(up) > 0 {
			return p.metric + " begins at " + show.Number(line.values[0])
		}
	}
	return ""
}
