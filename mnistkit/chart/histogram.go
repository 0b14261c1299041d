package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
)

// bins count values in stretches of equal width.
type bins struct {
	low, width float64
	counts     []int
}

// newBins has at most most stretches, whose ends are round numbers.
func newBins(values []float64, most int) bins {
	a := axisOf(values...)
	switch {
	case a.empty():
		return bins{0, 1, make([]int, 1)}
	case a.low == a.high:
		a.low, a.high = a.low-0.5, a.high+0.5
	}
	width := roundStep((a.high - a.low) / float64(most))
	for (a.high-floor(a.low/width)*width)/width >= float64(most) {
		width = roundStep(1.5 * width)
	}
	b := bins{low: floor(a.low/width) * width, width: width}
	b.counts = make([]int, int(floor((a.high-b.low)/width))+1)
	return b.of(values)
}

// floor takes what rounding left just below a whole number for that number.
func floor(v float64) float64 { return math.Floor(v + 1e-6) }

// of counts other values in the same bins.
func (b bins) of(values []float64) bins {
	b.counts = make([]int, len(b.counts))
	for _, v := range values {
		if finite(v) {
			b.counts[min(max(int(floor((v-b.low)/b.width)), 0), len(b.counts)-1)]++
		}
	}
	return b
}

// edge is where bin i begins.
func (b bins) edge(i int) float64 { return b.low + b.width*float64(i) }

func (b bins) high() float64 { return b.edge(len(b.counts)) }

// axis has room for the highest bar.
func (b bins) axis() axis {
	high := 1.08 * float64(max(1, slices.Max(b.counts)))
	return axis{high: high, ticks: countTicks(high)}
}

// bars draws the counts on the plot.
func (b bins) bars(on plot, fill color.Color) {
	for i, n := range b.counts {
		x0, top := on.at(b.edge(i), float64(n))
		x1, bottom := on.at(b.edge(i+1), 0)
		if n > 0 {
			on.sheet.fill(fill, x0+0.5, top, max(x1-x0-1, 0.5), bottom-top)
		}
	}
}

// outline draws the counts as a line of steps, so that several can be seen at once.
func (b bins) outline(on plot, l look) {
	xs, ys := []float64{b.low}, []float64{0}
	for i, n := range b.counts {
		xs, ys = append(xs, b.edge(i), b.edge(i+1)), append(ys, float64(n), float64(n))
	}
	on.draw(l, append(xs, b.high()), append(ys, 0))
}

// ErrorHistogram draws how often a regression is off by how much.
//
//	kit.Show(kit.ErrorHistogram(must.M1(dnn.Predict(cars.Test()))))
//
// An error is prediction minus truth: right of 0 it is too high.
func ErrorHistogram(p score.Predictions) (Figure, error) {
	report, err := score.Regression(p)
	if err != nil {
		return Figure{}, err
	}
	errors, err := score.Errors(p)
	if err != nil {
		return Figure{}, err
	}
	b := newBins(errors, 25)
	x, y := axisOf(b.low, b.high(), 0).rounded(), b.axis()
	on := newPlotFigure(panelWidth, panelHeight, x.named("prediction − truth"), y.named("examples"))
	b.bars(on, blue)
	on.draw(reference(ink), []float64{0, 0}, []float64{y.high, 0})
	within := 0
	for _, e := range errors {
		if math.Abs(e) <= report.RMSE {
			within++
		}
	}
	facts := fmt.Sprintf("%s of %s are off by at most %s (RMSE); mean error %s, errors %s",
		show.Count(within), plural(len(errors), "example"), show.Number(report.RMSE), show.Number(report.Bias), rangeText(errors))
	numbers := show.Table{Header: []string{"error from", "to", "examples"}}
	text := rounding(b.width, b.high())
	for i, n := range b.counts {
		numbers.AddRow(text(b.edge(i)), text(b.edge(i+1)), show.Count(n))
	}
	return on.sheet.figure(fmt.Sprintf("Histogram of the errors of %s on %s: %s.", p.Model, p.Data.Name, facts),
		fmt.Sprintf("%s on %s: %s. Right of the dashed line the prediction is too high.", p.Model, p.Data.Name, facts), numbers)
}
