package chart

import (
	"fmt"
	"math"
	"strings"

	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
)

// Points are those of one class in a plane.
type Points struct {
	Name string // "setosa"; may be "" for the only ones
	X, Y []float64
}

// ScatterPlot draws points, each class in a colour and a form of its own.
//
//	chart.ScatterPlot("petal length", "sepal length", chart.Points{Name: "setosa", X: x, Y: y})
//
// A point of which a coordinate is no finite number is left out.
func ScatterPlot(xName, yName string, classes ...Points) (Figure, error) {
	x, y := newAxis(), newAxis()
	drawn := 0
	for _, c := range classes {
		if len(c.X) != len(c.Y) {
			return Figure{}, fmt.Errorf("chart.ScatterPlot: %q has %d values of %s but %d of %s; give one of each for a point", c.Name, len(c.X), xName, len(c.Y), yName)
		}
		for i := range c.X {
			if finite(c.X[i], c.Y[i]) {
				x.reach(c.X[i])
				y.reach(c.Y[i])
				drawn++
			}
		}
	}
	if drawn == 0 {
		return Figure{}, fmt.Errorf("chart.ScatterPlot: there are no points to draw; give at least one of finite numbers")
	}
	key := classLegend(classes, scatterWidth)
	s := newSheet(scatterWidth+2*margin, scatterHeight+key.height()+2*margin)
	on := newScatter(s, x, y, xName, yName, margin, margin, scatterWidth, scatterHeight)
	for c, points := range classes {
		on.points(s, classMark(c, 3.5), points)
	}
	key.draw(s, margin, s.height-margin-key.height())
	var facts []string
	for _, c := range classes {
		facts = append(facts, fmt.Sprintf("%s: %s %s, %s %s", strings.TrimSpace(c.Name+" "+plural(len(c.X), "point")), xName, span(c.X), yName, span(c.Y)))
	}
	return s.figure(fmt.Sprintf("Scatter plot of %s over %s. %s.", yName, xName, strings.Join(facts, "; ")), "")
}

const (
	scatterWidth  = 460.0
	scatterHeight = 340.0
)

// scatter is a plot of points with both axes named.
type scatter struct{ plot }

// newScatter draws axes around the values, the name of y at its side.
func newScatter(s *sheet, x, y axis, xName, yName string, x0, y0, width, height float64) scatter {
	for _, a := range []*axis{&x, &y} {
		a.widen(0)
		a.ticks = roundTicks(a.low, a.high)
	}
	const side = 20
	s.writeUp(yName, x0+side/2-2, y0+(height-xRoom)/2, textSize, false, ink, center)
	return scatter{newPlot(s, x, y, xName, x0+side, y0+6, width-side-6, height-6)}
}

func (on scatter) points(s *sheet, m mark, p Points) {
	for i := range p.X {
		if finite(p.X[i], p.Y[i]) {
			x, y := on.at(p.X[i], p.Y[i])
			m.draw(s, x, y)
		}
	}
}

// classMark is how the points of a class look.
func classMark(class int, radius float64) mark {
	return mark{cycle[class%len(cycle)], radius, markers[(class+class/len(cycle))%len(markers)]}
}

// classLegend names the classes if there are several.
func classLegend(classes []Points, width float64) legend {
	key := legend{width: width}
	if len(classes) > 1 {
		for c, points := range classes {
			m := classMark(c, 4)
			key.entries = append(key.entries, entry{name: points.Name, mark: &m})
		}
	}
	return key
}

// Agreement draws a regression's predictions over the true values; on the
// diagonal they agree.
//
//	kit.Show(kit.Scatter(must.M1(dnn.Predict(cars.Test()))))
func Agreement(p score.Predictions) (Figure, error) {
	report, err := score.Regression(p)
	if err != nil {
		return Figure{}, err
	}
	points := Points{}
	both := newAxis()
	for i, truth := range p.Data.Labels.F32 {
		points.X, points.Y = append(points.X, float64(truth)), append(points.Y, float64(p.Values[i]))
		if finite(points.X[i], points.Y[i]) {
			both.reach(points.X[i], points.Y[i])
		}
	}
	const side = 380.0
	key := legend{width: side, entries: []entry{
		{name: "example", mark: ptr(classMark(0, 3.5))},
		{name: "prediction = truth", line: &diagonal},
	}}
	s := newSheet(side+2*margin, side+key.height()+2*margin)
	on := newScatter(s, both, both, "true value", "prediction", margin, margin, side, side)
	x0, y0 := on.at(on.x.low, on.x.low)
	x1, y1 := on.at(on.x.high, on.x.high)
	s.stroke(diagonal, x0, y0, x1, y1)
	on.points(s, classMark(0, 3.5), points)
	key.draw(s, margin, s.height-margin-key.height())
	facts := fmt.Sprintf("mean absolute error %s, R² %s", show.Number(report.MAE), show.Number(report.R2))
	return s.figure(
		fmt.Sprintf("Predictions of %s over the true values of %s from %s: true values %s, predictions %s, %s; the diagonal is where they agree.",
			p.Model, plural(p.Len(), "example"), p.Data.Name, span(points.X), span(points.Y), facts),
		fmt.Sprintf("%s on %s: %s. Points above the dashed diagonal are predicted too high.", p.Model, p.Data.Name, facts))
}

var diagonal = stroke{colour: faint, thick: 1.4, dashes: []float64{5, 3}}

func ptr[T any](v T) *T { return &v }

// span is "from 1.2 to 3.4".
func span(values []float64) string {
	a := newAxis()
	for _, v := range values {
		if finite(v) {
			a.reach(v)
		}
	}
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
