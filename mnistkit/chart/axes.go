package chart

import "math"

// axis is one side of a plot: what it spans, and how.
type axis struct {
	low, high   float64
	logarithmic bool
	ticks       []tick
}

// newAxis spans nothing yet.
func newAxis() axis { return axis{low: math.Inf(1), high: math.Inf(-1)} }

// include makes the axis span values; those that are not finite are passed over.
func (a *axis) include(values ...float64) {
	for _, v := range values {
		if finite(v) {
			a.low, a.high = min(a.low, v), max(a.high, v)
		}
	}
}

// widen leaves air at both ends, of at least least; a single value gets a
// little range of its own.
func (a *axis) widen(least float64) {
	if a.low > a.high || math.IsInf(a.low, 0) || math.IsInf(a.high, 0) {
		a.low, a.high, a.logarithmic = 0, 1, false // nothing to draw
	}
	if a.logarithmic {
		a.low, a.high = a.low/1.3, a.high*1.3
		return
	}
	air := max(0.05*(a.high-a.low), least)
	if air == 0 {
		air = max(0.1*math.Abs(a.high), 1e-3)
	}
	a.low, a.high = a.low-air, a.high+air
}

// rounded is the axis with air at its ends and round numbers.
func (a axis) rounded() axis {
	a.widen(0)
	a.ticks = roundTicks(a.low, a.high)
	return a
}

// share is how far along the axis a value lies, from 0 to 1.
func (a axis) share(v float64) float64 {
	if a.logarithmic {
		return math.Log(v/a.low) / math.Log(a.high/a.low)
	}
	return (v - a.low) / (a.high - a.low)
}

// plot is a drawn pair of axes: it knows where a point lies.
type plot struct {
	x, y                     axis
	left, top, width, height float64
}

const (
	tickLength = 4.0
	xRoom      = 34.0 // below a plot, for the ticks, their labels and the axis' name
)

// newPlot draws axes into an area: light grid lines and no frame. The name of y,
// if it has one, stands at its side.
func newPlot(s *sheet, x, y axis, xName, yName string, x0, y0, width, height float64) plot {
	if yName != "" {
		const side = 20
		s.writeUp(yName, x0+side/2-2, y0+(height-xRoom)/2, textSize, false, ink, center)
		x0, y0, width, height = x0+side, y0+6, width-side-6, height-6
	}
	labels := make([]string, len(y.ticks))
	for i, t := range y.ticks {
		labels[i] = t.label
	}
	room := widest(labels, smallSize, false) + tickLength + 5
	p := plot{x, y, x0 + room, y0, width - room, height - xRoom}
	bottom := p.top + p.height
	for _, t := range y.ticks {
		_, at := p.at(x.low, t.value)
		length := tickLength / 2
		if t.label != "" {
			length = tickLength
			s.line(rule, 1, p.left, at, p.left+p.width, at)
			s.write(t.label, p.left-tickLength-3, at, smallSize, false, ink, right)
		}
		s.line(faint, 1, p.left-length, at, p.left, at)
	}
	for _, t := range x.ticks {
		at, _ := p.at(t.value, y.low)
		s.line(faint, 1, at, bottom, at, bottom+tickLength)
		s.write(t.label, at, bottom+tickLength+8, smallSize, false, ink, center)
	}
	s.line(faint, 1, p.left, p.top, p.left, bottom, p.left+p.width, bottom)
	s.write(xName, p.left+p.width/2, bottom+xRoom-8, textSize, false, ink, center)
	return p
}

// line draws a line through points of the plot.
func (p plot) line(s *sheet, look stroke, xs, ys []float64) {
	var xy []float64
	for i := range xs {
		x, y := p.at(xs[i], ys[i])
		xy = append(xy, x, y)
	}
	s.stroke(look, xy...)
}

// at is where a point of the plot lies on the sheet.
func (p plot) at(x, y float64) (sx, sy float64) {
	return p.left + p.width*p.x.share(x), p.top + p.height*(1-p.y.share(y))
}
