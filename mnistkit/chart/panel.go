package chart

import (
	"fmt"
	"image/color"
	"slices"

	"gonblabs/mnistkit/show"
)

// panel is one metric's part of a figure of curves.
type panel struct {
	metric  string
	lines   []series
	several bool // runs: the colour tells the run; else training from validation
}

func (p panel) draw(s *sheet, x, y, width, height float64) {
	const head = 26
	epochs, values := p.axes()
	on := newPlot(s, epochs, values, "epoch", "", x, y+head, width, height-head)
	for _, line := range p.lines {
		p.drawLine(s, on, line)
	}
	for _, line := range p.ringed() {
		p.drawBest(s, on, line)
	}
	title := p.metric
	if values.logarithmic {
		title += " (logarithmic)"
	}
	s.write(title, x, y+head/2, textSize+1, true, ink, left)
	if best := p.ringed(); !p.several && len(best) == 1 {
		line := best[0]
		fact := fmt.Sprintf("best %s: %s in epoch %.0f", line.data, show.Number(line.values[line.best]), line.epochs[line.best])
		s.write(fact, x+width, y+head/2, textSize, false, faint, right)
	}
}

// axes span all lines.
func (p panel) axes() (epochs, values axis) {
	epochs, values = newAxis(), newAxis()
	values.logarithmic = p.needsLog()
	for _, line := range p.lines {
		epochs.include(line.epochs[0], line.epochs[len(line.epochs)-1])
		values.include(line.values...)
	}
	epochs.widen(0.4)
	values.widen(0)
	epochs.ticks, values.ticks = epochTicks(epochs.low, epochs.high), roundTicks(values.low, values.high)
	if values.logarithmic {
		values.ticks = powerTicks(values.low, values.high)
	}
	return epochs, values
}

// drawLine draws a line between its gaps, and markers where they are needed.
func (p panel) drawLine(s *sheet, on plot, line series) {
	look, mark := lineStyle(line.run, line.split, p.several)
	every := 1 + len(line.values)/26 // not a marker at each of 100 epochs
	marked := line.split != trainingSplit || p.several && !p.hasOtherSplits()
	for _, segment := range line.segments() {
		var xy []float64
		for _, i := range segment {
			x, y := on.at(line.epochs[i], line.values[i])
			xy = append(xy, x, y)
		}
		s.stroke(look, xy...)
		for k, i := range segment {
			if i%every == 0 && marked || len(segment) == 1 { // a single point has no line to show it
				mark.draw(s, xy[2*k], xy[2*k+1])
			}
		}
	}
}

// hasOtherSplits says whether there is more than training: else the markers are on
// the training lines, since colours repeat where there are many runs.
func (p panel) hasOtherSplits() bool {
	return slices.ContainsFunc(p.lines, func(line series) bool { return line.split != trainingSplit })
}

// drawBest rings the best value.
func (p panel) drawBest(s *sheet, on plot, line series) {
	mark := bestMark
	if p.several {
		_, own := lineStyle(line.run, line.split, true)
		mark.colour = own.colour
	}
	x, y := on.at(line.epochs[line.best], line.values[line.best])
	mark.draw(s, x, y)
}

// mark is how a point looks.
type mark struct {
	colour color.Color
	radius float64
	form   marker
}

func (m mark) draw(s *sheet, x, y float64) { m.form(s, m.colour, x, y, m.radius) }

var bestMark = mark{ink, 6.5, ring}

// The splits of the data that every run may have.
const (
	trainingSplit   = 0
	validationSplit = 1
)

// lineStyle is how a line looks: the colour tells the run if there are several,
// else the data; the dashes always tell the data.
func lineStyle(run, split int, several bool) (stroke, mark) {
	at := split
	if several {
		at = run
	}
	look := stroke{colour: cycle[at%len(cycle)], thick: 2}
	if split != trainingSplit {
		look.thick, look.dashes = 1.6, dashes[(split-1)%len(dashes)]
	}
	return look, classMark(at, 3)
}

// dashes of the validation, and of further data.
var dashes = [][]float64{{5, 3}, {1.5, 2.5}, {8, 3, 2, 3}}
