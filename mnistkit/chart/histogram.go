package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"

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
	a := newAxis()
	a.include(values...)
	if a.low > a.high {
		return bins{0, 1, make([]int, 1)}
	}
	if a.low == a.high {
		a.low, a.high = a.low-0.5, a.high+0.5
	}
	width := math.Pow10(int(math.Floor(math.Log10((a.high - a.low) / float64(most)))))
	for _, times := range []float64{1, 2, 5, 10, 20} {
		low := floor(a.low/(width*times)) * width * times
		if (a.high-low)/(width*times) < float64(most) {
			width *= times
			break
		}
	}
	b := bins{low: floor(a.low/width) * width, width: width}
	b.counts = make([]int, int(floor((a.high-b.low)/width))+1)
	b.add(values)
	return b
}

// floor takes what rounding left just below a whole number for that number.
func floor(v float64) float64 { return math.Floor(v + 1e-6) }

func (b bins) add(values []float64) {
	for _, v := range values {
		if finite(v) {
			b.counts[min(max(int(floor((v-b.low)/b.width)), 0), len(b.counts)-1)]++
		}
	}
}

func (b bins) high() float64 { return b.low + b.width*float64(len(b.counts)) }

// bars draws the counts on the plot.
func (b bins) bars(s *sheet, on plot, fill color.Color) {
	for i, n := range b.counts {
		x0, top := on.at(b.low+b.width*float64(i), float64(n))
		x1, bottom := on.at(b.low+b.width*float64(i+1), 0)
		if n > 0 {
			s.fill(fill, x0+0.5, top, max(x1-x0-1, 0.5), bottom-top)
		}
	}
}

// outline draws the counts as a line of steps, so that several can be seen at once.
func (b bins) outline(s *sheet, on plot, look stroke) {
	xs, ys := []float64{b.low}, []float64{0}
	for i, n := range b.counts {
		left := b.low + b.width*float64(i)
		xs, ys = append(xs, left, b.low+b.width*float64(i+1)), append(ys, float64(n), float64(n))
	}
	on.line(s, look, append(xs, b.high()), append(ys, 0))
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
	x, y := newAxis(), axis{low: 0, high: float64(slices.Max(b.counts)) * 1.08}
	x.include(b.low, b.high(), 0)
	y.ticks = countTicks(y.high)
	s := newSheet(scatterWidth+2*margin, 280+2*margin)
	on := newPlot(s, x.rounded(), y, "prediction − truth", "examples", margin, margin, scatterWidth, 280)
	b.bars(s, on, blue)
	on.line(s, stroke{colour: ink, thick: 1.4, dashes: []float64{5, 3}}, []float64{0, 0}, []float64{y.high, 0})
	within := 0
	for _, e := range errors {
		if math.Abs(e) <= report.RMSE {
			within++
		}
	}
	facts := fmt.Sprintf("%s of %s are off by at most %s (RMSE); mean error %s, errors %s",
		show.Count(within), plural(len(errors), "example"), show.Number(report.RMSE), show.Number(report.Bias), rangeText(errors))
	return s.figure(fmt.Sprintf("Histogram of the errors of %s on %s: %s.", p.Model, p.Data.Name, facts),
		fmt.Sprintf("%s on %s: %s. Right of the dashed line the prediction is too high.", p.Model, p.Data.Name, facts))
}

// countTicks are whole numbers.
func countTicks(high float64) (ticks []tick) {
	for _, t := range roundTicks(0, max(high, 1)) {
		if t.value == math.Trunc(t.value) {
			ticks = append(ticks, tick{t.value, strconv.Itoa(int(t.value))})
		}
	}
	return ticks
}
