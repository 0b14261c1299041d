package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Values are the values of one column, in all rows.
type Values struct {
	Name    string // "weight"
	Numbers []float64
}

const (
	mostPairs     = 8 // columns; more are too small to see
	histogramBins = 16
)

// PairPlot draws every column against every other, and the histogram of each column
// on the diagonal. class gives the class of each row, or is nil; it decides colour
// and form.
//
//	chart.PairPlot([]chart.Values{{"mpg", mpg}, {"weight", weight}}, nil, nil)
func PairPlot(columns []Values, classes []string, class []int32) (Figure, error) {
	if len(columns) < 2 || len(columns) > mostPairs {
		return Figure{}, fmt.Errorf("chart.PairPlot: %s cannot be drawn; give from 2 to %d", plural(len(columns), "column"), mostPairs)
	}
	if err := checkRows("PairPlot", columns, classes, class); err != nil {
		return Figure{}, err
	}
	p := pairPlot{columns, groups(classes, class, len(columns[0].Numbers)), make([]axis, len(columns))}
	for i, c := range columns {
		p.axes[i] = newAxis()
		p.axes[i].include(c.Numbers...)
		b := newBins(c.Numbers, histogramBins)
		p.axes[i].include(b.low, b.high()) // the diagonal's bars
		p.axes[i].widen(0)
		p.axes[i].ticks = sparseTicks(p.axes[i].low, p.axes[i].high)
	}
	return p.draw()
}

// checkRows reports columns and classes that are not of the same rows.
func checkRows(verb string, columns []Values, classes []string, class []int32) error {
	n := len(columns[0].Numbers)
	for _, c := range columns {
		if len(c.Numbers) != n || n == 0 || class != nil && len(class) != n {
			return fmt.Errorf("chart.%s: column %q has %d values, the first column %d and there are %d classes; give one of each for a row", verb, c.Name, len(c.Numbers), n, len(class))
		}
	}
	for _, c := range class {
		if c < 0 || int(c) >= len(classes) {
			return fmt.Errorf("chart.%s: a row is of class %d but there are %s; number them from 0", verb, c, plural(len(classes), "class"))
		}
	}
	return nil
}

// pairPlot is what a pair plot draws.
type pairPlot struct {
	columns []Values
	groups  []group
	axes    []axis
}

// group are the rows of a class.
type group struct {
	name string
	rows []int
}

func groups(classes []string, class []int32, n int) []group {
	if class == nil {
		g := group{rows: make([]int, n)}
		for i := range g.rows {
			g.rows[i] = i
		}
		return []group{g}
	}
	out := make([]group, len(classes))
	for c, name := range classes {
		out[c].name = name
	}
	for i, c := range class {
		out[c].rows = append(out[c].rows, i)
	}
	return out
}

func (g group) of(v Values) []float64 {
	out := make([]float64, len(g.rows))
	for i, row := range g.rows {
		out[i] = v.Numbers[row]
	}
	return out
}

func (p pairPlot) draw() (Figure, error) {
	side := min(190, 760/float64(len(p.columns)))
	const room = 46.0 // left of the cells, for names and numbers
	width := room + side*float64(len(p.columns))
	key := classLegend(p.groups, width)
	s := newSheet(width+2*margin, side*float64(len(p.columns))+room+key.height()+2*margin)
	for row := range p.columns {
		for col := range p.columns {
			x, y := margin+room+side*float64(col), margin+side*float64(row)
			p.cell(s, row, col, x+3, y+3, side-6)
		}
	}
	p.names(s, margin+room, margin, side)
	key.draw(s, margin, s.height-margin-key.height())
	return s.figure(p.alt(), "On the diagonal: how the values of each column are distributed; elsewhere: each column (row of the figure) over each other (column of the figure).")
}

// cell is one square of the figure.
func (p pairPlot) cell(s *sheet, row, col int, x, y, side float64) {
	s.frame(rule, 1, x, y, side, side)
	on := plot{x: p.axes[col], y: p.axes[row], left: x, top: y, width: side, height: side}
	if row == col {
		p.histogram(s, on, col)
		return
	}
	radius := max(1.5, side/90)
	for c, g := range p.groups {
		on.points(s, classMark(c, radius), g.of(p.columns[col]), g.of(p.columns[row]))
	}
}

func (p pairPlot) histogram(s *sheet, on plot, col int) {
	all := newBins(p.columns[col].Numbers, histogramBins)
	on.y = axis{low: 0, high: 1.08 * float64(max(1, slices.Max(all.counts)))}
	if len(p.groups) == 1 {
		all.bars(s, on, blue)
		return
	}
	for c, g := range p.groups {
		b := bins{all.low, all.width, make([]int, len(all.counts))}
		b.add(g.of(p.columns[col]))
		b.outline(s, on, strokeOf(c, 1.8))
	}
}

// names writes the columns' names and numbers below and beside the cells.
func (p pairPlot) names(s *sheet, x, y, side float64) {
	bottom := y + side*float64(len(p.columns))
	for i, c := range p.columns {
		at := side * float64(i)
		name := shorten(c.Name, side-8, textSize, true)
		s.write(name, x+at+side/2, bottom+30, textSize, true, ink, center)
		s.writeUp(name, x-38, y+at+side/2, textSize, true, ink, center)
		on := plot{x: p.axes[i], y: p.axes[i], left: x + at + 3, top: y + at + 3, width: side - 6, height: side - 6}
		for _, t := range on.x.ticks {
			across, down := on.at(t.value, t.value)
			s.write(t.label, across, bottom+10, smallSize, false, faint, center)
			s.writeUp(t.label, x-14, down, smallSize, false, faint, center)
		}
	}
}

// sparseTicks are two to four round numbers, away from the neighbouring cells.
func sparseTicks(low, high float64) []tick {
	air := 0.06 * (high - low)
	all := roundTicks(low, high)
	all = slices.DeleteFunc(all, func(t tick) bool { return t.value < low+air || t.value > high-air })
	for len(all) > 4 {
		var half []tick
		for i := 0; i < len(all); i += 2 {
			half = append(half, all[i])
		}
		all = half
	}
	return all
}

// alt names the columns and which go together.
func (p pairPlot) alt() string {
	var columns, together []string
	for i, c := range p.columns {
		columns = append(columns, fmt.Sprintf("%s %s", c.Name, rangeText(c.Numbers)))
		for _, d := range p.columns[:i] {
			if r := correlation(d.Numbers, c.Numbers); math.Abs(r) >= 0.6 {
				together = append(together, fmt.Sprintf("%s and %s %.2f", d.Name, c.Name, r))
			}
		}
	}
	alt := fmt.Sprintf("Pair plot of %s: %s.", plural(len(p.columns[0].Numbers), "row"), strings.Join(columns, ", "))
	if len(p.groups) > 1 {
		var names []string
		for _, g := range p.groups {
			names = append(names, fmt.Sprintf("%s (%d)", g.name, len(g.rows)))
		}
		alt += fmt.Sprintf(" Classes by colour and form: %s.", strings.Join(names, ", "))
	}
	if together != nil {
		alt += fmt.Sprintf(" Strong correlations: %s.", strings.Join(together, ", "))
	}
	return alt
}

// correlation is Pearson's, of the rows where both are numbers.
func correlation(a, b []float64) float64 {
	var n, ma, mb, aa, bb, ab float64
	for i := range a {
		if finite(a[i], b[i]) {
			n++
			da, db := a[i]-ma, b[i]-mb
			ma, mb = ma+da/n, mb+db/n
			aa, bb, ab = aa+da*(a[i]-ma), bb+db*(b[i]-mb), ab+da*(b[i]-mb)
		}
	}
	return ab / math.Sqrt(aa*bb)
}
