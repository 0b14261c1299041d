package chart

import (
	"fmt"
	"math"
	"strings"

	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
)

// ScatterPlot draws a point for each row, y over x. class gives the class of each
// row, or is nil; each class has its own colour and form.
//
//	chart.ScatterPlot(chart.Values{"petal", x}, chart.Values{"sepal", y}, names, class)
//
// Points with a coordinate that is not a finite number are left out.
func ScatterPlot(x, y Values, classes []string, class []int32) (Figure, error) {
	if err := checkRows("ScatterPlot", []Values{x, y}, classes, class); err != nil {
		return Figure{}, err
	}
	across, up := newAxis(), newAxis()
	across.include(x.Numbers...)
	up.include(y.Numbers...)
	groups := groups(classes, class, len(x.Numbers))
	key := classLegend(groups, scatterWidth)
	s := newSheet(scatterWidth+2*margin, scatterHeight+key.height()+2*margin)
	on := newPlot(s, across.rounded(), up.rounded(), x.Name, y.Name, margin, margin, scatterWidth, scatterHeight)
	var facts []string
	for c, g := range groups {
		xs, ys := g.of(x), g.of(y)
		on.points(s, classMark(c, 3.5), xs, ys)
		facts = append(facts, fmt.Sprintf("%s: %s %s, %s %s", strings.TrimSpace(g.name+" "+plural(len(xs), "point")), x.Name, rangeText(xs), y.Name, rangeText(ys)))
	}
	key.draw(s, margin, s.height-margin-key.height())
	return s.figure(fmt.Sprintf("Scatter plot of %s over %s. %s.", y.Name, x.Name, strings.Join(facts, "; ")), "")
}

const (
	scatterWidth  = 460.0
	scatterHeight = 340.0
)

// points marks points of the plot.
func (on plot) points(s *sheet, m mark, xs, ys []float64) {
	for i := range xs {
		if finite(xs[i], ys[i]) {
			x, y := on.at(xs[i], ys[i])
			m.draw(s, x, y)
		}
	}
}

// classMark is how the points of a class look.
func classMark(class int, radius float64) mark {
	return mark{cycle[class%len(cycle)], radius, markers[(class+class/len(cycle))%len(markers)]}
}

// classLegend names the classes if there are several.
func classLegend(classes []group, width float64) legend {
	key := legend{width: width}
	if len(classes) > 1 {
		for c, g := range classes {
			key.entries = append(key.entries, legendEntry{name: g.name, mark: classMark(c, 4)})
		}
	}
	return key
}

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
	both := newAxis()
	for i, truth := range p.Data.Labels.F32 {
		truths, predictions = append(truths, float64(truth)), append(predictions, float64(p.Values[i]))
	}
	both.include(truths...)
	both.include(predictions...)
	const side = 380.0
	key := legend{width: side, entries: []legendEntry{
		{name: "example", mark: classMark(0, 3.5)},
		{name: "prediction = truth", line: diagonal},
	}}
	s := newSheet(side+2*margin, side+key.height()+2*margin)
	on := newPlot(s, both.rounded(), both.rounded(), "true value", "prediction", margin, margin, side, side)
	ends := []float64{on.x.low, on.x.high}
	on.line(s, diagonal, ends, ends)
	on.points(s, classMark(0, 3.5), truths, predictions)
	key.draw(s, margin, s.height-margin-key.height())
	facts := fmt.Sprintf("mean absolute error %s, R² %s", show.Number(report.MAE), show.Number(report.R2))
	return s.figure(
		fmt.Sprintf("Predictions of %s over the true values of %s from %s: true values %s, predictions %s, %s; the diagonal is where they agree.",
			p.Model, plural(p.Len(), "example"), p.Data.Name, rangeText(truths), rangeText(predictions), facts),
		fmt.Sprintf("%s on %s: %s. Points above the dashed diagonal are predicted too high.", p.Model, p.Data.Name, facts))
}

var diagonal = stroke{colour: faint, thick: 1.4, dashes: []float64{5, 3}}

// rangeText is "from 1.2 to 3.4".
func rangeText(values []float64) string {
	a := newAxis()
	a.include(values...)
	if a.low > a.high {
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
