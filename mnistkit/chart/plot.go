package chart

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"
)

// plot is a drawn pair of axes: it knows where a point lies.
type plot struct {
	sheet                    *sheet
	x, y                     axis
	left, top, width, height float64
}

// newPlotFigure is a figure that is one plot.
func newPlotFigure(width, height float64, x, y axis) plot {
	return newPlot(newSheet(width+2*margin, height+2*margin), x, y, margin, margin, width, height)
}

// newPlot draws axes into an area: light grid lines and no frame. The name of y,
// if it has one, stands at its side.
func newPlot(s *sheet, x, y axis, x0, y0, width, height float64) plot {
	const tickLength, xRoom = 4.0, 34.0 // the room below is for ticks, their labels and the axis' name
	if y.name != "" {
		const side = 20
		s.writeUp(plain.shorten(y.name, height-xRoom), x0+side/2-2, y0+(height-xRoom)/2, plain)
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
		p.sheet.write(list[i].text, p.left+p.width+6, y, lettering{labelType.size, labelType.bold, list[i].colour}, left)
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

// axis is one side of a plot: what it spans, and how.
type axis struct {
	name        string
	low, high   float64
	logarithmic bool
	ticks       []tick
}

// axisOf spans values; those that are not finite are passed over.
func axisOf(values ...float64) axis {
	a := axis{low: math.Inf(1), high: math.Inf(-1)}
	for _, v := range values {
		if finite(v) {
			a.low, a.high = min(a.low, v), max(a.high, v)
		}
	}
	return a
}

// named is the axis under a name.
func (a axis) named(name string) axis { a.name = name; return a }

func (a axis) empty() bool { return a.low > a.high }

// rangeText is "from 1.2 to 3.4".
func rangeText(values []float64) string {
	a := axisOf(values...)
	if a.empty() {
		return "without a number"
	}
	return fmt.Sprintf("from %.4g to %.4g", a.low, a.high)
}

func finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// widened leaves air at both ends, of at least least; a single value, or values that
// only rounding tells apart, get a little range of their own.
func (a axis) widened(least float64) axis {
	if a.empty() {
		a.low, a.high, a.logarithmic = 0, 1, false // nothing to draw
	}
	if a.logarithmic {
		a.low, a.high = a.low/1.3, a.high*1.3
		return a
	}
	air := max(0.05*(a.high-a.low), least)
	if air <= 1e-12*math.Abs(a.high) {
		air = max(0.1*math.Abs(a.high), 1e-3)
	}
	a.low, a.high = a.low-air, a.high+air
	return a
}

// rounded is the axis with air at its ends and round numbers.
func (a axis) rounded() axis {
	a = a.widened(0)
	a.ticks = roundTicks(a.low, a.high)
	if a.logarithmic {
		a.ticks = powerTicks(a.low, a.high)
	}
	return a
}

// share is how far along the axis a value lies, from 0 to 1.
func (a axis) share(v float64) float64 {
	if a.logarithmic {
		return math.Log(v/a.low) / math.Log(a.high/a.low)
	}
	return (v - a.low) / (a.high - a.low)
}

// tick is a place on an axis; without a label it is a small one.
type tick struct {
	value float64
	label string
}

// roundStep is the smallest of …, 0.1, 0.2, 0.5, 1, 2, 5, 10, … that is not below
// least.
func roundStep(least float64) float64 {
	power := math.Pow10(int(math.Floor(math.Log10(least))))
	for _, times := range []float64{1, 2, 5} {
		if times*power >= least {
			return times * power
		}
	}
	return 10 * power
}

// multiples are the ticks at the multiples of a step, all with the same number of
// decimals.
func multiples(step, low, high float64) (ticks []tick) {
	text := rounding(step, max(-low, high))
	for i := math.Ceil(low/step - 1e-9); i*step <= high*(1+1e-12); i++ {
		ticks = append(ticks, tick{i * step, text(i * step)})
	}
	return ticks
}

// rounding writes multiples of a step, all with the same number of decimals.
func rounding(step, high float64) func(v float64) string {
	format, decimals := byte('f'), max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	if high >= 1e5 || decimals > 5 {
		format, decimals = 'g', -1
	}
	return func(v float64) string {
		v = math.Round(v/step)*step + 0
		if format == 'g' { // 3 times 1e-7 is 3.0000000000000004e-07
			v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
		}
		return strconv.FormatFloat(v, format, decimals, 64)
	}
}

// roundTicks are four to eight round numbers.
func roundTicks(low, high float64) []tick {
	if !(high > low) || math.IsInf(high-low, 0) {
		return nil
	}
	return multiples(roundStep((high-low)/8), low, high)
}

// epochTicks are whole numbers from 1, at most about ten.
func epochTicks(low, high float64) []tick {
	step := roundStep(max(1, (high-low)/10))
	ticks := multiples(step, max(low, 1), high) // there is no epoch 0
	if step > 1 && low <= 1 {
		ticks = append([]tick{{1, "1"}}, ticks...)
	}
	return ticks
}

// powerTicks are the powers of ten, with small ticks at their multiples; of very many
// powers, such as those of a loss that explodes, some without.
func powerTicks(low, high float64) (ticks []tick) {
	first := math.Floor(math.Log10(low))
	every, most := int(roundStep(max(1, (math.Log10(high)-first)/10))), 9
	if every > 1 {
		first, most = float64(every)*math.Floor(first/float64(every)), 1
	}
	for power := int(first); math.Pow10(power) <= high; power += every {
		for times := 1; times <= most; times++ {
			t := tick{value: float64(times) * math.Pow10(power)}
			if times == 1 {
				t.label = strconv.FormatFloat(t.value, 'g', -1, 64)
			}
			if t.value >= low && t.value <= high {
				ticks = append(ticks, t)
			}
		}
	}
	return ticks
}
