package chart

import (
	"cmp"
	"image/color"
	"slices"
)

// plot is a drawn pair of axes: it knows where a point lies.
type plot struct {
	sheet                    *sheet
	x, y                     axis
	left, top, width, height float64
}

const (
	tickLength = 4.0
	xRoom      = 34.0 // below a plot, for the ticks, their labels and the axis' name
)

// newPlotFigure is a figure that is one plot, with a legend below it.
func newPlotFigure(width, height float64, x, y axis, legend ...legendEntry) plot {
	s := newSheet(width+2*margin, height+2*margin)
	s.legend = legend
	return newPlot(s, x, y, margin, margin, width, height)
}

// newPlot draws axes into an area: light grid lines and no frame. The name of y,
// if it has one, stands at its side.
func newPlot(s *sheet, x, y axis, x0, y0, width, height float64) plot {
	if y.name != "" {
		const side = 20
		s.writeUp(plain.shorten(y.name, height-xRoom), x0+side/2-2, y0+(height-xRoom)/2, plain, center)
		x0, y0, width, height = x0+side, y0+6, width-side-6, height-6
	}
	room := tickLength + 5.0
	for _, t := range y.ticks {
		room = max(room, small.width(t.label)+tickLength+5)
	}
	p := plot{s, x, y, x0 + room, y0, width - room, height - xRoom}
	bottom := p.top + p.height
	for _, t := range y.ticks {
		_, at := p.at(x.low, t.value)
		length := tickLength / 2
		if t.label != "" {
			length = tickLength
			s.line(rule, 1, p.left, at, p.left+p.width, at)
			s.write(t.label, p.left-tickLength-3, at, small, right)
		}
		s.line(faint, 1, p.left-length, at, p.left, at)
	}
	for _, t := range x.ticks {
		at, _ := p.at(t.value, y.low)
		s.line(faint, 1, at, bottom, at, bottom+tickLength)
		s.write(t.label, at, bottom+tickLength+8, small, center)
	}
	s.line(faint, 1, p.left, bottom, p.left+p.width, bottom)
	s.write(plain.shorten(x.name, p.width), p.left+p.width/2, bottom+xRoom-8, plain, center)
	return p
}

// at is where a point of the plot lies on the sheet.
func (p plot) at(x, y float64) (sx, sy float64) {
	return p.left + p.width*p.x.share(x), p.top + p.height*(1-p.y.share(y))
}

// draw draws points of the plot.
func (p plot) draw(l look, xs, ys []float64) {
	var xy []float64
	for i := range xs {
		x, y := p.at(xs[i], ys[i])
		xy = append(xy, x, y)
	}
	p.sheet.draw(l, xy...)
}

// label is the name of a line.
type label struct {
	text   string
	x, y   float64 // where the line ends
	colour color.Color
}

// labels write names at the edge after the ends of lines; dots lead there from a line that ends earlier.
func (p plot) labels(list []label) {
	slices.SortStableFunc(list, func(a, b label) int { return cmp.Compare(b.y, a.y) })
	for i, y := range p.placed(list) {
		if x, end := p.at(list[i].x, min(max(list[i].y, p.y.low), p.y.high)); x < p.left+0.9*p.width {
			p.sheet.draw(look{line: stroke{faint, 0.8, dashes[1]}}, x+4, end, p.left+p.width, y)
		}
		p.sheet.write(list[i].text, p.left+p.width+6, y, labelType.in(list[i].colour), left)
	}
}

// placed are the heights of names, the upper ones first, shifted apart where they would overlap.
func (p plot) placed(list []label) []float64 {
	gap := min(13, p.height/float64(max(1, len(list)-1)))
	ys := make([]float64, len(list))
	for i, l := range list {
		_, ys[i] = p.at(p.x.high, min(max(l.y, p.y.low), p.y.high))
		for k := i; k > 0 && ys[k] < ys[k-1]+gap; k-- { // both make room
			shift := (ys[k-1] + gap - ys[k]) / 2
			ys[k-1], ys[k] = ys[k-1]-shift, ys[k]+shift
		}
	}
	for i := range ys { // in a crowd both gave too little, and at an end too much
		above := p.top
		if i > 0 {
			above = ys[i-1] + gap
		}
		ys[i] = min(max(ys[i], above), p.top+p.height-gap*float64(len(ys)-1-i))
	}
	return ys
}
