package chart

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
)

type answer struct {
	names            []string
	probabilities    []float64
	truth, predicted int
}

func newAnswer(p score.Predictions, i int) answer {
	return answer{names: p.ClassNames(), probabilities: p.Probabilities(i), truth: p.Label(i), predicted: p.Class(i)}
}

func (a answer) right() bool { return a.predicted == a.truth }

// labelled says whether the truth is known.
func (a answer) labelled() bool { return a.truth >= 0 }

// barColour stresses the bar of the class that is answered: in blue for a right answer, or
// one that nobody can judge, and in orange-red for a wrong one.
func (a answer) barColour(class int) color.NRGBA {
	switch {
	case class != a.predicted:
		return grey
	case a.right() || !a.labelled():
		return blue
	}
	return red
}

// shownClasses are the classes with a bar: all up to twelve, else the likeliest and
// the true one.
func (a answer) shownClasses() []int {
	order := make([]int, len(a.probabilities))
	for c := range order {
		order[c] = c
	}
	if len(order) <= 12 {
		return order
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(a.probabilities[y], a.probabilities[x]) })
	if a.labelled() && !slices.Contains(order[:10], a.truth) {
		order[9] = a.truth
	}
	return order[:10]
}

// bars are the probabilities as a table of bars. What is special about a bar stands after it.
func (a answer) bars(model string) words {
	verdict := "right,"
	if !a.right() {
		verdict = "wrong, says"
	}
	w := words{title: model, fact: fmt.Sprintf("%s %s at %.1f %%", verdict, a.names[a.predicted], 100*a.probabilities[a.predicted])}
	for _, c := range a.shownClasses() {
		p := a.probabilities[c]
		text, word := "", ""
		switch {
		case c == a.predicted && a.right():
			word = "✓"
		case c == a.predicted:
			word = "✗"
		case c == a.truth:
			word = "true"
		}
		if word != "" || p >= 0.01 {
			text = fmt.Sprintf("%.1f %%", 100*p)
		}
		w.rows = append(w.rows, []entry{{text: a.names[c], strong: c == a.truth}, {isBar: true, colour: a.barColour(c), bar: min(max(p, 0), 1)},
			{text: text, strong: word != ""}, {text: word, strong: word != ""}})
	}
	return w
}

// Split is a split of a data set: how many examples of each class it holds.
type Split struct {
	Name   string // "train"
	Counts []int
}

// ClassDistribution shows how many examples of each class the splits hold, in bars,
// numbers and percentages, with a panel for each split.
//
//	chart.ClassDistribution("MNIST", d.Classes, chart.Split{"train", d.Train}, chart.Split{"test", d.Test})
func ClassDistribution(title string, classes []string, splits ...Split) (Figure, error) {
	if len(splits) == 0 || len(classes) == 0 {
		return Figure{}, fmt.Errorf("chart.ClassDistribution: %d classes in %d splits cannot be drawn; give at least one of each", len(classes), len(splits))
	}
	caption := "The classes" + textIf(title != "", " of %s", title) + "."
	f := Figure{Alt: caption, Caption: caption}
	for i, p := range splits {
		if len(p.Counts) != len(classes) {
			return Figure{}, fmt.Errorf("chart.ClassDistribution: split %q has %d counts for %d classes; give one each", p.Name, len(p.Counts), len(classes))
		}
		total := 0
		for _, n := range p.Counts {
			total += n
		}
		w := words{title: p.Name, fact: plural(total, "example")}
		for c, n := range p.Counts {
			w.rows = append(w.rows, []entry{{text: classes[c]}, {isBar: true, colour: cycle[i%len(cycle)], bar: float64(n) / float64(max(1, slices.Max(p.Counts)))},
				{text: show.Count(n), strong: true}, {text: fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(1, total)))}})
		}
		f.panels = append(f.panels, w)
	}
	return f, nil
}

// bins count values in stretches of equal width.
type bins struct {
	low, width float64
	counts     []int
}

// newBins has at most most stretches, whose ends are round numbers.
func newBins(values []float64, most int) bins {
	a := axisOf(values...)
	switch {
	case a.empty() || math.IsInf(a.high-a.low, 0):
		return bins{0, 1, make([]int, 1)}
	case a.high-a.low < 1e-300:
		room := max(0.5, 1e-9*math.Abs(a.low))
		a.low, a.high = a.low-room, a.high+room
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
	return axis{high: high, ticks: multiples(roundStep(max(1, high/8)), 0, high)}
}

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
	errors, _ := score.Errors(p) // which Regression has checked
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
		fmt.Sprintf("%s on %s: %s. Right of the dashed line the prediction is too high.", p.Model, p.Data.Name, facts), numbers), nil
}
