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
	p := pairPlot{columns: columns, groups: groups(classes, class, len(columns[0].Numbers)), side: min(190, 760/float64(len(columns)))}
	for _, c := range columns {
		b := newBins(c.Numbers, histogramBins)
		a := axisOf(append([]float64{b.low, b.high()}, c.Numbers...)...).widened(0) // the diagonal's bars and the points
		a.ticks = sparseTicks(a.low, a.high)
		p.axes = append(p.axes, a)
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

// group are the rows of a class.
type group struct {
	name string
	rows []int
}

func groups(classes []string, class []int32, n int) []group {
	if class == nil {
		classes, class = []string{""}, make([]int32, n)
	}
	groups := make([]group, len(classes))
	for c, name := range classes {
		groups[c].name = name
	}
	for row, c := range class {
		groups[c].rows = append(groups[c].rows, row)
	}
	return groups
}

func (g group) of(v Values) []float64 {
	out := make([]float64, len(g.rows))
	for i, row := range g.rows {
		out[i] = v.Numbers[row]
	}
	return out
}

// classLegend names the classes if there are several.
func classLegend(classes []group) (legend []legendEntry) {
	for c, g := range classes {
		if len(classes) > 1 {
			legend = append(legend, legendEntry{name: g.name, mark: classMark(c, 4)})
		}
	}
	return legend
}

// pairPlot is what a pair plot draws.
type pairPlot struct {
	columns []Values
	groups  []group
	axes    []axis
	side    float64 // of a cell and what is around it
	sheet   *sheet
}

// namesRoom is left of the cells and below them, for names and numbers.
const namesRoom = 46.0

func (p pairPlot) draw() (Figure, error) {
	side := p.side * float64(len(p.columns))
	p.sheet = newFigure(namesRoom+side, side+namesRoom, classLegend(p.groups)...)
	for row := range p.columns {
		p.names(row)
		for col := range p.columns {
			on := p.cell(row, col)
			p.sheet.frame(rule, 1, on.left, on.top, on.width, on.height)
			if row == col {
				p.histogram(on, col)
				continue
			}
			for c, g := range p.groups {
				on.points(classMark(c, max(1.5, on.width/90)), g.of(p.columns[col]), g.of(p.columns[row]))
			}
		}
	}
	return p.sheet.figure(p.alt(), "On the diagonal: how the values of each column are distributed; elsewhere: each column (row of the figure) over each other (column of the figure).")
}

// cell is one square of the figure.
func (p pairPlot) cell(row, col int) plot {
	x, y := margin+namesRoom+p.side*float64(col), margin+p.side*float64(row)
	return plot{p.sheet, p.axes[col], p.axes[row], x + 3, y + 3, p.side - 6, p.side - 6}
}

func (p pairPlot) histogram(on plot, col int) {
	all := newBins(p.columns[col].Numbers, histogramBins)
	on.y = all.axis()
	if len(p.groups) == 1 {
		all.bars(on, blue)
		return
	}
	for c, g := range p.groups {
		all.of(g.of(p.columns[col])).outline(on, strokeOf(c, 1.8))
	}
}

// names writes a column's name and numbers below and beside the cells.
func (p pairPlot) names(i int) {
	on, s := p.cell(i, i), p.sheet
	bottom := margin + p.side*float64(len(p.columns))
	const x = margin + namesRoom
	name := strong.shorten(p.columns[i].Name, p.side-8)
	s.write(name, on.left+on.width/2, bottom+30, strong, center)
	s.writeUp(name, x-38, on.top+on.height/2, strong, center)
	for _, t := range on.x.ticks {
		across, down := on.at(t.value, t.value)
		s.write(t.label, across, bottom+10, smallQuiet, center)
		s.writeUp(t.label, x-14, down, smallQuiet, center)
	}
}

// sparseTicks are two to four round numbers, away from the neighbouring cells.
func sparseTicks(low, high float64) []tick {
	air := 0.06 * (high - low)
	ticks := roundTicks(low, high)
	ticks = slices.DeleteFunc(ticks, func(t tick) bool { return t.value < low+air || t.value > high-air })
	if len(ticks) <= 4 {
		return ticks
	}
	var half []tick
	for i := 0; i < len(ticks); i += 2 {
		half = append(half, ticks[i])
	}
	return half
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
