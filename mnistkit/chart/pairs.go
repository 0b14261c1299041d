package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
)

// Values are the values of one column, in all rows.
type Values struct {
	Name    string // "weight"
	Numbers []float64
}

// PairPlot draws every column against every other, and the histogram of each column
// on the diagonal. class gives the class of each row, or is nil; it decides colour
// and form.
//
//	chart.PairPlot([]chart.Values{{"mpg", mpg}, {"weight", weight}}, nil, nil)
func PairPlot(columns []Values, classes []string, class []int32) (Figure, error) {
	const most = 8 // are not too small to see
	if len(columns) < 2 || len(columns) > most {
		return Figure{}, fmt.Errorf("chart.PairPlot: %s cannot be drawn; give from 2 to %d", plural(len(columns), "column"), most)
	}
	classes, class, err := checkRows("PairPlot", columns, classes, class)
	if err != nil {
		return Figure{}, err
	}
	side := min(180, 800/float64(len(columns)+1)) // of a cell
	w := words{head: []string{""}, width: int(side) * (len(columns) + 1)}
	var all []pairColumn
	for _, c := range columns {
		b := newBins(c.Numbers, 16)
		a := axisOf(append([]float64{b.low, b.high()}, c.Numbers...)...).widened(0) // the diagonal's bars and the points
		all = append(all, pairColumn{c, b, a, c.byClass(classes, class)})
		w.head = append(w.head, fmt.Sprintf("%s %s", c.Name, rangeText(c.Numbers)))
	}
	for row, up := range all {
		cells := []entry{{text: up.Name, strong: true}}
		for col, across := range all {
			s := newSheet(side, side)
			on := plot{s, across.axis, up.axis, 4, 4, side - 8, side - 8}
			s.frame(grey, 0.5, 0.5, 0.5, side-1, side-1)
			if row == col {
				on.y = up.bins.axis()
			}
			for c, numbers := range up.byClass {
				switch {
				case row != col:
					on.draw(classLook(c, max(1.5, on.width/90)), across.byClass[c], numbers)
				case len(classes) == 1:
					up.bins.bars(on, blue)
				default:
					up.bins.of(numbers).outline(on, lineLook(c, 1.8))
				}
			}
			drawn := s.picture()
			cells = append(cells, entry{picture: &drawn})
		}
		w.rows = append(w.rows, cells)
	}
	alt, numbers := pairNumbers(all, classes)
	return Figure{Alt: alt, Numbers: numbers, panels: []panel{w}, legend: classLegend(classes),
		Caption: "On the diagonal: how the values of each column are distributed; elsewhere: " +
			"each column (row of the figure) over each other (column of the figure)."}, nil
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

type pairColumn struct {
	Values
	bins    bins
	axis    axis
	byClass [][]float64
}

// pairNumbers names the columns, the classes, and which columns go together.
func pairNumbers(columns []pairColumn, classes []string) (alt string, t show.Table) {
	t.Header = []string{"column", "from", "to"}
	closest, pair := 0.0, ""
	for i, c := range columns {
		a := axisOf(c.Numbers...)
		row := []string{c.Name, fmt.Sprintf("%.4g", a.low), fmt.Sprintf("%.4g", a.high)}
		t.Header = append(t.Header, "r with "+c.Name)
		for j, d := range columns {
			r := correlation(d.Numbers, c.Numbers)
			row = append(row, fmt.Sprintf("%.2f", r))
			if j < i && math.Abs(r) > math.Abs(closest) {
				closest, pair = r, d.Name+" and "+c.Name
			}
		}
		t.Rows = append(t.Rows, row)
	}
	for c, name := range classes {
		if len(classes) > 1 {
			t.Foot = append(t.Foot, fmt.Sprintf("%s: %s", name, plural(len(columns[0].byClass[c]), "row")))
		}
	}
	return fmt.Sprintf("Pair plot of %s in %s.", plural(len(columns[0].Numbers), "row"), plural(len(columns), "column")) +
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

// ScatterPlot draws a point for each row, y over x. class gives the class of each
// row, or is nil; each class has its own colour and form.
//
//	chart.ScatterPlot(chart.Values{"petal", x}, chart.Values{"sepal", y}, names, class)
//
// Points with a coordinate that is not a finite number are left out.
func ScatterPlot(x, y Values, classes []string, class []int32) (Figure, error) {
	classes, class, err := checkRows("ScatterPlot", []Values{x, y}, classes, class)
	if err != nil {
		return Figure{}, err
	}
	on := newPlotFigure(panelWidth, 320, axisOf(x.Numbers...).rounded().named(x.Name), axisOf(y.Numbers...).rounded().named(y.Name))
	xs, ys := x.byClass(classes, class), y.byClass(classes, class)
	numbers := show.Table{Header: []string{"", "points", x.Name, y.Name}}
	for c, name := range classes {
		on.draw(classLook(c, 3.5), xs[c], ys[c])
		numbers.AddRow(name, show.Count(len(xs[c])), rangeText(xs[c]), rangeText(ys[c]))
	}
	text := fmt.Sprintf("%s over %s, %s", y.Name, x.Name, plural(len(x.Numbers), "row"))
	alt := fmt.Sprintf("Scatter plot of %s. Their correlation is %.2f.", text, correlation(x.Numbers, y.Numbers))
	return on.sheet.figure(alt, text+".", numbers, classLegend(classes)...), nil
}

// squareSide is that of a plot with the same values on both axes.
const squareSide = 360.0

// Agreement draws the predictions of a regression over the true values. On the
// diagonal they agree.
//
//	kit.Show(kit.Scatter(must.M1(dnn.Predict(cars.Test()))))
func Agreement(p score.Predictions) (Figure, error) {
	report, err := score.Regression(p)
	if err != nil {
		return Figure{}, err
	}
	var truths, predictions []float64
	for i, truth := range p.Data.Labels.F32 {
		truths, predictions = append(truths, float64(truth)), append(predictions, float64(p.Values[i]))
	}
	both := axisOf(slices.Concat(truths, predictions)...).rounded()
	on := newPlotFigure(squareSide, squareSide, both.named("true value"), both.named("prediction"))
	ends := []float64{both.low, both.high}
	on.draw(reference(faint), ends, ends)
	on.draw(classLook(0, 3.5), truths, predictions)
	facts := fmt.Sprintf("mean absolute error %s, R² %s", show.Number(report.MAE), show.Number(report.R2))
	numbers := show.Table{Header: []string{"", "examples", "values"}, Rows: [][]string{
		{"true value", show.Count(len(truths)), rangeText(truths)}, {"prediction", show.Count(len(truths)), rangeText(predictions)}}}
	return on.sheet.figure(
		fmt.Sprintf("Predictions of %s over the true values of %s from %s: %s.", p.Model, plural(p.Len(), "example"), p.Data.Name, facts),
		fmt.Sprintf("%s on %s: %s. Points above the dashed diagonal are predicted too high.", p.Model, p.Data.Name, facts), numbers,
		legendEntry{"example", classLook(0, 3.5)}, legendEntry{"prediction = truth", reference(faint)}), nil
}

// ROC draws the ROC curves of one or more models: the true positive rate, which is the
// share of class 1 that is found, over the false positive rate, the share of class 0
// that is taken for class 1.
//
//	kit.Show(kit.ROC(must.M1(sentiment.Predict(reviews.Test()))))
func ROC(curves ...score.ROCCurve) (Figure, error) {
	if len(curves) == 0 {
		return Figure{}, fmt.Errorf("chart.ROC: no curves given; give at least one")
	}
	unit := axisOf(0, 1).rounded()
	on := newPlotFigure(squareSide, squareSide, unit.named("false positive rate of class "+curves[0].Positive), unit.named("true positive rate of class "+curves[0].Positive))
	on.draw(reference(faint), []float64{0, 1}, []float64{0, 1})
	var legend []legendEntry
	var facts []string
	areas := show.Table{Header: []string{"model", "area below the curve"}}
	for i, c := range curves {
		on.draw(lineLook(i, 2.2), c.FalsePositive, c.TruePositive)
		areas.AddRow(c.Model, c.AUC)
		legend = append(legend, legendEntry{fmt.Sprintf("%s, AUC %s", c.Model, show.Number(c.AUC)), lineLook(i, 2.2)})
		facts = append(facts, fmt.Sprintf("%s has an area of %s", c.Model, show.Number(c.AUC)))
	}
	legend = append(legend, legendEntry{"guessing, AUC 0.5", reference(faint)})
	return on.sheet.figure(fmt.Sprintf("ROC curves: %s below the curve; guessing has 0.5.", strings.Join(facts, ", ")),
		fmt.Sprintf("Positive is class %q. The nearer to the upper left corner, the better; the dashed diagonal is guessing.", curves[0].Positive), areas, legend...), nil
}
