package chart

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"gonblabs/mnistkit/show"
)

// Plot is a figure of your own numbers: lines, points and bars on the same axes.
//
//	kit.Show(kit.Plot{Title: "A line", X: "x", Y: "y", Lines: []kit.Series{{X: x, Y: y}}})
//
// Lines lie over points, and points over bars. Title stands below the figure, X and Y
// at the axes. Alt says what it shows to people who cannot see it; by default it names
// what is drawn. Slices of different lengths, empty ones, and values that are not
// finite numbers are errors.
type Plot struct {
	Title, X, Y, Alt    string
	Lines, Points, Bars []Series
}

// Series is one line, the points of one colour, or the bars of one colour.
//
//	kit.Series{Name: "loss", Y: []float64{0.9, 0.5, 0.4}}
//
// X and Y are slices of numbers of any type. X counts from 1 by default, and may be a
// []string: names below the axis, which all series share. Name stands in the legend.
type Series struct {
	Name string
	X, Y any
}

// Figure draws the plot.
func (p Plot) Figure() (Figure, error) {
	parts, names, err := p.parts()
	if err != nil {
		return Figure{}, fmt.Errorf("kit.Plot: %w", err)
	}
	var legend []legendEntry
	for _, part := range parts {
		if part.Name != "" {
			legend = append(legend, legendEntry{part.Name, part.look})
		}
	}
	x, y, width := axes(parts, names)
	on := newPlotFigure(panelWidth, 300, x.named(p.X), y.named(p.Y))
	width *= 0.8 / float64(max(1, len(p.Bars)))
	for i, part := range slices.Backward(parts) {
		if !part.bars {
			on.draw(part.look, part.xs, part.ys)
			continue
		}
		place := float64(i-len(parts)) + float64(len(p.Bars))/2 // beside the other bars
		for k, v := range part.ys {
			x0, top := on.at(part.xs[k]+width*place, max(v, 0))
			x1, bottom := on.at(part.xs[k]+width*(place+1), min(v, 0))
			on.sheet.fill(part.look.colour(), x0, top, max(x1-x0-1, 0.5), bottom-top)
		}
	}
	alt, numbers := p.numbers(parts)
	return on.sheet.figure(cmp.Or(p.Alt, alt), p.Title, numbers, legend...), nil
}

// axes have room for all parts. Bars stand on zero, and width is what they have together.
func axes(parts []plotted, names []string) (x, y axis, width float64) {
	var xs, ys, places []float64
	for _, part := range parts {
		xs, ys = append(xs, part.xs...), append(ys, part.ys...)
		if part.bars {
			places, ys = append(places, part.xs...), append(ys, 0)
		}
	}
	if width = narrowest(places); places != nil {
		xs = append(xs, slices.Min(places)-0.8*width, slices.Max(places)+0.8*width)
	}
	x, y = axisOf(xs...).rounded(), axisOf(ys...).rounded()
	if places != nil && slices.Min(ys) >= 0 {
		y.low, y.ticks = 0, roundTicks(0, y.high)
	}
	if room := (panelWidth - 60) / (x.high - x.low); names != nil {
		every := int(math.Ceil(50 / room)) // of many names some
		x.ticks = nil
		for i := 0; i < len(names); i += every {
			x.ticks = append(x.ticks, tick{float64(i + 1), small.shorten(names[i], room*float64(every)-4)})
		}
	}
	return x, y, width
}

// narrowest is the smallest distance between numbers that differ; 1 if there is none.
func narrowest(numbers []float64) float64 {
	sorted, least := slices.Compact(slices.Sorted(slices.Values(numbers))), math.Inf(1)
	for i := 1; i < len(sorted); i++ {
		least = min(least, sorted[i]-sorted[i-1])
	}
	if math.IsInf(least, 1) {
		return 1
	}
	return least
}

// numbers are all that is drawn, or of very many only their range; alt names the first
// parts.
func (p Plot) numbers(parts []plotted) (alt string, t show.Table) {
	var facts []string
	var ys []float64
	for _, part := range parts {
		facts, ys = append(facts, fmt.Sprintf("%s, %s", part.called, plural(len(part.ys), "value"))), append(ys, part.ys...)
	}
	if n := len(facts) - 3; n > 0 {
		facts = append(facts[:3], fmt.Sprintf("and %d more", n))
	}
	t.Header = []string{"", cmp.Or(p.X, "x"), cmp.Or(p.Y, "y")}
	for _, part := range parts {
		if len(ys) > 100 {
			t.AddRow(part.called, rangeText(part.xs), rangeText(part.ys))
			continue
		}
		for i, y := range part.ys {
			x := fmt.Sprintf("%.6g", part.xs[i])
			if part.names != nil {
				x = part.names[i]
			}
			t.AddRow(part.called, x, fmt.Sprintf("%.6g", y))
		}
	}
	return textIf(p.Title != "", "%s: ", p.Title) + fmt.Sprintf("%s. %s goes %s.", strings.Join(facts, "; "), t.Header[2], rangeText(ys)), t
}

// plotted is a Series that was read, and its look.
type plotted struct {
	Series
	called string // how errors and alt texts name it
	look   look
	bars   bool
	xs, ys []float64
	names  []string // of xs
}

// parts are the lines, then the points, then the bars, with the names on the axis that they share.
func (p Plot) parts() (parts []plotted, names []string, err error) {
	for k, series := range [][]Series{p.Lines, p.Points, p.Bars} {
		for i, s := range series {
			n, kind := len(parts), []string{"line", "points", "bars"}[k]
			part := plotted{Series: s, called: fmt.Sprintf("%s %d", kind, i+1), bars: k == 2,
				look: []look{lineLook(n, 2.2), classLook(n, 3), {mark: mark{cycle[n%len(cycle)], 4, forms[1]}}}[k]}
			if s.Name != "" {
				part.called = fmt.Sprintf("%s %q", kind, s.Name)
			}
			if err := part.read(); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", part.called, err)
			}
			for place, name := range part.names {
				if place == len(names) {
					names = append(names, name)
				} else if name != names[place] {
					return nil, nil, fmt.Errorf("%s: X[%d] is %q where another series has %q; give all the same names, in one order", part.called, place, name, names[place])
				}
			}
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return nil, nil, fmt.Errorf("there is nothing to draw; set Lines, Points or Bars")
	}
	return parts, names, nil
}

// read takes the numbers out of X and Y.
func (p *plotted) read() (err error) {
	if p.ys, err = numbersOf("Y", p.Y); err != nil {
		return err
	}
	names, ok := p.X.([]string)
	if p.names = names; p.X == nil || ok {
		for i := range max(len(names), len(p.ys)) {
			p.xs = append(p.xs, float64(i+1))
		}
	} else if p.xs, err = numbersOf("X", p.X); err != nil {
		return err
	}
	if len(p.xs) != len(p.ys) || ok && len(names) != len(p.ys) {
		return fmt.Errorf("X has %d values and Y has %d; give as many of each", reflect.ValueOf(p.X).Len(), len(p.ys))
	}
	return nil
}

func numbersOf(field string, slice any) (numbers []float64, err error) {
	v, float := reflect.ValueOf(slice), reflect.TypeFor[float64]()
	if v.Kind() != reflect.Slice || !v.Type().Elem().ConvertibleTo(float) {
		return nil, fmt.Errorf("%s is of type %T; give a slice of numbers", field, slice)
	}
	for i := range v.Len() {
		numbers = append(numbers, v.Index(i).Convert(float).Float())
		if !(math.Abs(numbers[i]) <= 1e300) { // nor is NaN; the span of larger ones may not be a number
			return nil, fmt.Errorf("%s[%d] is %g, which has no place on an axis; leave it out", field, i, numbers[i])
		}
	}
	if numbers == nil {
		return nil, fmt.Errorf("%s is empty; give at least one number", field)
	}
	return numbers, nil
}
