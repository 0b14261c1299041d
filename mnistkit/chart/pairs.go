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
	classes, class, err := checkRows("PairPlot", columns, classes, class)
	if err != nil {
		return Figure{}, err
	}
	p := pairPlot{classes: classes, side: min(190, 760/float64(len(columns)))}
	for _, c := range columns {
		b := newBins(c.Numbers, histogramBins)
		a := axisOf(append([]float64{b.low, b.high()}, c.Numbers...)...).widened(0) // the diagonal's bars and the points
		a.ticks = sparseTicks(a.low, a.high)
		p.columns = append(p.columns, pairColumn{c, b, a, c.byClass(classes, class)})
	}
	return p.draw()
}

// checkRows reports columns and classes that are not of the same rows. Without
// classes all rows are of one.
func checkRows(verb string, columns []Values, classes []string, class []int32) ([]string, []int32, error) {
	n := len(columns[0].Numbers)
	for _, c := range columns {
		if len(c.Numbers) != n || n == 0 || class != nil && len(class) != n {
			return nil, nil, fmt.Errorf("chart.%s: column %q has %d values, the first column %d and there are %d classes; give one of each for a row", verb, c.Name, len(c.Numbers), n, len(class))
		}
	}
	if class == nil {
		return []string{""}, make([]int32, n), nil
	}
	for _, c := range class {
		if c < 0 || int(c) >= len(classes) {
			return nil, nil, fmt.Errorf("chart.%s: a row is of class %d but there are %s; number them from 0", verb, c, plural(len(classes), "class"))
		}
	}
	return classes, class, nil
}

// byClass are the values of the rows of each class.
func (v Values) byClass(classes []string, class []int32) [][]float64 {
	numbers := make([][]float64, len(classes))
	for row, c := range class {
		numbers[c] = append(numbers[c], v.Numbers[row])
	}
	return numbers
}

// classLegend names the classes if there are several.
func classLegend(classes []string) (legend []legendEntry) {
	for c, name := range classes {
		if len(classes) > 1 {
			legend = append(legend, legendEntry{name, classLook(c, 4)})
		}
	}
	return legend
}

// pairPlot is what a pair plot draws.
type pairPlot struct {
	columns []pairColumn
	classes []string
	side    float64 // of a cell and what is around it
	sheet   *sheet
}

type pairColumn struct {
	Values
	bins    bins
	axis    axis
	byClass [][]float64
}

// namesRoom is left of the cells and below them, for names and numbers.
const namesRoom = 46.0

func (p pairPlot) draw() (Figure, error) {
	side := p.side * float64(len(p.columns))
	p.sheet = newFigure(namesRoom+side, side+namesRoom, classLegend(p.classes)...)
	for row, up := range p.columns {
		p.names(row)
		for col, across := range p.columns {
			on := p.cell(row, col)
			p.sheet.frame(rule, 1, on.left, on.top, on.width, on.height)
			if row == col {
				up.histogram(on)
				continue
			}
			for c := range p.classes {
				on.draw(classLook(c, max(1.5, on.width/90)), across.byClass[c], up.byClass[c])
			}
		}
	}
	return p.sheet.figure(p.alt(), "On the diagonal: how the values of each column are distributed; elsewhere: each column (row of the figure) over each other (column of the figure).")
}

// cell is one square of the figure.
func (p pairPlot) cell(row, col int) plot {
	x, y := margin+namesRoom+p.side*float64(col), margin+p.side*float64(row)
	return plot{p.sheet, p.columns[col].axis, p.columns[row].axis, x + 3, y + 3, p.side - 6, p.side - 6}
}

func (c pairColumn) histogram(on plot) {
	on.y = c.bins.axis()
	if len(c.byClass) == 1 {
		c.bins.bars(on, blue)
		return
	}
	for class, numbers := range c.byClass {
		c.bins.of(numbers).outline(on, lineLook(class, 1.8))
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
	if n := len(ticks); n > 4 {
		for i := range (n + 1) / 2 {
			ticks[i] = ticks[2*i]
		}
		ticks = ticks[:(n+1)/2]
	}
	return ticks
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
	var classes []string
	for c, name := range p.classes {
		classes = append(classes, fmt.Sprintf("%s (%d)", name, len(p.columns[0].byClass[c])))
	}
	return fmt.Sprintf("Pair plot of %s: %s.", plural(len(p.columns[0].Numbers), "row"), strings.Join(columns, ", ")) +
		textIf(len(classes) > 1, " Classes by colour and form: %s.", strings.Join(classes, ", ")) +
		textIf(together != nil, " Strong correlations: %s.", strings.Join(together, ", "))
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
