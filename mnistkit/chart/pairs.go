package chart

import (
	"fmt"
	"math"

	"gonblabs/mnistkit/show"
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
	p := pairPlot{classes: classes, side: min(180, 800/float64(len(columns)+1))}
	for _, c := range columns {
		b := newBins(c.Numbers, histogramBins)
		a := axisOf(append([]float64{b.low, b.high()}, c.Numbers...)...).widened(0) // the diagonal's bars and the points
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
	side    float64 // of a cell
}

type pairColumn struct {
	Values
	bins    bins
	axis    axis
	byClass [][]float64
}

func (p pairPlot) draw() (Figure, error) {
	w := words{head: []string{""}, width: int(p.side) * (len(p.columns) + 1)}
	for row, up := range p.columns {
		w.head = append(w.head, fmt.Sprintf("%s %s", up.Name, rangeText(up.Numbers)))
		cells := []entry{{text: up.Name, strong: true}}
		for col, across := range p.columns {
			s := newSheet(p.side, p.side)
			on := plot{s, across.axis, up.axis, 4, 4, p.side - 8, p.side - 8}
			s.frame(grey, 0.5, 0.5, 0.5, p.side-1, p.side-1)
			if row == col {
				up.histogram(on)
			} else {
				for c := range p.classes {
					on.draw(classLook(c, max(1.5, on.width/90)), across.byClass[c], up.byClass[c])
				}
			}
			drawn, err := s.picture()
			if err != nil {
				return Figure{}, err
			}
			cells = append(cells, entry{picture: &drawn})
		}
		w.rows = append(w.rows, cells)
	}
	alt, numbers := p.numbers()
	return Figure{Alt: alt, Numbers: numbers, panels: []panel{w}, legend: classLegend(p.classes),
		Caption: "On the diagonal: how the values of each column are distributed; elsewhere: " +
			"each column (row of the figure) over each other (column of the figure)."}, nil
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

// numbers names the columns, the classes, and which columns go together.
func (p pairPlot) numbers() (alt string, t show.Table) {
	t.Header = []string{"column", "from", "to"}
	closest, pair := 0.0, ""
	for i, c := range p.columns {
		a := axisOf(c.Numbers...)
		row := []string{c.Name, fmt.Sprintf("%.4g", a.low), fmt.Sprintf("%.4g", a.high)}
		t.Header = append(t.Header, "r with "+c.Name)
		for j, d := range p.columns {
			r := correlation(d.Numbers, c.Numbers)
			row = append(row, fmt.Sprintf("%.2f", r))
			if j < i && math.Abs(r) > math.Abs(closest) {
				closest, pair = r, d.Name+" and "+c.Name
			}
		}
		t.Rows = append(t.Rows, row)
	}
	for c, name := range p.classes {
		if len(p.classes) > 1 {
			t.Foot = append(t.Foot, fmt.Sprintf("%s: %s", name, plural(len(p.columns[0].byClass[c]), "row")))
		}
	}
	return fmt.Sprintf("Pair plot of %s in %s.", plural(len(p.columns[0].Numbers), "row"), plural(len(p.columns), "column")) +
		textIf(pair != "", " %s go together most, with a correlation of %.2f.", pair, closest), t
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
