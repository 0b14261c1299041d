package chart

import (
	"fmt"
	"slices"
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
	classes, class, err := checkRows("ScatterPlot", []Values{x, y}, classes, class)
	if err != nil {
		return Figure{}, err
	}
	on := newPlotFigure(panelWidth, 320, axisOf(x.Numbers...).rounded().named(x.Name), axisOf(y.Numbers...).rounded().named(y.Name), classLegend(classes)...)
	xs, ys := x.byClass(classes, class), y.byClass(classes, class)
	numbers := show.Table{Header: []string{"", "points", x.Name, y.Name}}
	for c, name := range classes {
		on.draw(classLook(c, 3.5), xs[c], ys[c])
		numbers.AddRow(name, show.Count(len(xs[c])), rangeText(xs[c]), rangeText(ys[c]))
	}
	text := fmt.Sprintf("%s over %s, %s", y.Name, x.Name, plural(len(x.Numbers), "row"))
	return on.sheet.figure(fmt.Sprintf("Scatter plot of %s. Their correlation is %.2f.", text, correlation(x.Numbers, y.Numbers)), text+".", numbers)
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
	on := newPlotFigure(squareSide, squareSide, both.named("true value"), both.named("prediction"),
		legendEntry{"example", classLook(0, 3.5)}, legendEntry{"prediction = truth", reference(faint)})
	ends := []float64{both.low, both.high}
	on.draw(reference(faint), ends, ends)
	on.draw(classLook(0, 3.5), truths, predictions)
	facts := fmt.Sprintf("mean absolute error %s, R² %s", show.Number(report.MAE), show.Number(report.R2))
	numbers := show.Table{Header: []string{"", "examples", "values"}, Rows: [][]string{
		{"true value", show.Count(len(truths)), rangeText(truths)}, {"prediction", show.Count(len(truths)), rangeText(predictions)}}}
	return on.sheet.figure(
		fmt.Sprintf("Predictions of %s over the true values of %s from %s: %s.", p.Model, plural(p.Len(), "example"), p.Data.Name, facts),
		fmt.Sprintf("%s on %s: %s. Points above the dashed diagonal are predicted too high.", p.Model, p.Data.Name, facts), numbers)
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
	var legend []legendEntry
	var facts []string
	areas := show.Table{Header: []string{"model", "area below the curve"}}
	for i, c := range curves {
		areas.AddRow(c.Model, c.AUC)
		legend = append(legend, legendEntry{fmt.Sprintf("%s, AUC %s", c.Model, show.Number(c.AUC)), lineLook(i, 2.2)})
		facts = append(facts, fmt.Sprintf("%s has an area of %s", c.Model, show.Number(c.AUC)))
	}
	legend = append(legend, legendEntry{"guessing, AUC 0.5", reference(faint)})
	unit := axisOf(0, 1).rounded()
	on := newPlotFigure(squareSide, squareSide, unit.named("false positive rate of class "+curves[0].Positive), unit.named("true positive rate of class "+curves[0].Positive), legend...)
	on.draw(reference(faint), []float64{0, 1}, []float64{0, 1})
	for i, c := range curves {
		on.draw(lineLook(i, 2.2), c.FalsePositive, c.TruePositive)
	}
	return on.sheet.figure(fmt.Sprintf("ROC curves: %s below the curve; guessing has 0.5.", strings.Join(facts, ", ")),
		fmt.Sprintf("Positive is class %q. The nearer to the upper left corner, the better; the dashed diagonal is guessing.", curves[0].Positive), areas)
}
