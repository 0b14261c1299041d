package chart

import (
	"cmp"
	"fmt"
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
// []string: names below the axis. Name stands in the legend.
type Series struct {
	Name string
	X, Y any
}

// Figure draws the plot.
func (p Plot) Figure() (Figure, error) {
	parts, err := p.parts()
	if err != nil {
		return Figure{}, fmt.Errorf("kit.Plot: %w", err)
	}
	var xs, ys []float64
	var names, facts []string
	var legend []legendEntry
	for _, part := range parts {
		xs, ys = append(xs, part.xs...), append(ys, part.ys...)
		if len(part.names) > len(names) {
			names = part.names
		}
		if part.Name != "" {
			legend = append(legend, legendEntry{part.Name, part.look})
		}
		facts = append(facts, fmt.Sprintf("%s, %s", part.called, plural(len(part.ys), "value")))
	}
	width := 0.8 * gap(xs)
	x, y := axisOf(xs...).rounded(), axisOf(ys...).rounded()
	if p.Bars != nil { // they stand on zero and have a width
		x, y = axisOf(append(xs, slices.Min(xs)-width, slices.Max(xs)+width)...), axisOf(append(ys, 0)...).rounded()
		if slices.Min(ys) >= 0 {
			y.low = 0
		}
		x.ticks, y.ticks = roundTicks(x.low, x.high), roundTicks(y.low, y.high)
	}
	if names != nil {
		x.ticks = nil
		for i, name := range names {
			x.ticks = append(x.ticks, tick{float64(i + 1), small.shorten(name, (panelWidth-60)/float64(len(names)))})
		}
	}
	on := newPlotFigure(panelWidth, 300, x.named(p.X), y.named(p.Y), legend...)
	for i, part := range slices.Backward(parts) {
		if part.bars {
			part.stand(on, width/float64(len(p.Bars)), float64(i-len(parts))+float64(len(p.Bars))/2)
		} else {
			on.draw(part.look, part.xs, part.ys)
		}
	}
	alt := textIf(p.Title != "", "%s: ", p.Title) + fmt.Sprintf("%s. %s goes %s.", strings.Join(facts, "; "), cmp.Or(p.Y, "y"), rangeText(ys))
	f, err := on.sheet.figure(cmp.Or(p.Alt, alt), p.Title)
	f.Numbers = show.Table{Header: []string{"", cmp.Or(p.X, "x"), cmp.Or(p.Y, "y")}}
	for _, part := range parts {
		part.list(&f.Numbers)
	}
	return f, err
}

// gap is the least distance between values; 1 where there are no two.
func gap(values []float64) float64 {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	least := axisOf()
	for i := range len(values) - 1 {
		least = axisOf(append([]float64{values[i+1] - values[i]}, least.low, least.high)...)
	}
	if least.empty() {
		return 1
	}
	return least.low
}

// plotted is a Series that was read, and its look.
type plotted struct {
	Series
	called string // how errors and alt texts name it
	bars   bool
	look   look
	xs, ys []float64
	names  []string // of xs
}

// parts are the lines, then the points, then the bars.
func (p Plot) parts() (parts []plotted, err error) {
	add := func(kind string, list []Series, as func(i int) look) {
		for i, s := range list {
			part := plotted{Series: s, called: fmt.Sprintf("%s %d", kind, i+1), bars: kind == "bars", look: as(len(parts))}
			if s.Name != "" {
				part.called = fmt.Sprintf("%s %q", kind, s.Name)
			}
			if failed := part.read(); failed != nil && err == nil {
				err = fmt.Errorf("%s: %w", part.called, failed)
			}
			parts = append(parts, part)
		}
	}
	add("line", p.Lines, func(i int) look { return lineLook(i, 2.2) })
	add("points", p.Points, func(i int) look { return classLook(i, 3) })
	add("bars", p.Bars, func(i int) look { return look{mark: mark{cycle[i%len(cycle)], 4, forms[1]}} })
	if len(parts) == 0 {
		err = fmt.Errorf("there is nothing to draw; set Lines, Points or Bars")
	}
	return parts, err
}

// read takes the numbers out of X and Y.
func (p *plotted) read() (err error) {
	p.names, _ = p.X.([]string)
	n := len(p.names)
	if p.ys, err = numbersOf("Y", p.Y); err == nil && p.X != nil && p.names == nil {
		p.xs, err = numbersOf("X", p.X)
		n = len(p.xs)
	}
	switch {
	case err != nil:
		return err
	case len(p.ys) == 0:
		return fmt.Errorf("Y is empty; give at least one number")
	case p.X != nil && n != len(p.ys):
		return fmt.Errorf("X has %d values and Y has %d; give as many of each", n, len(p.ys))
	}
	for i := len(p.xs); i < len(p.ys); i++ {
		p.xs = append(p.xs, float64(i+1))
	}
	return nil
}

// numbersOf are those of a slice of any numbers.
func numbersOf(field string, slice any) (numbers []float64, err error) {
	v := reflect.ValueOf(slice)
	if v.Kind() != reflect.Slice {
		return nil, fmt.Errorf("%s is of type %T; give a slice of numbers", field, slice)
	}
	for i := range v.Len() {
		element := v.Index(i)
		if !element.CanConvert(reflect.TypeFor[float64]()) {
			return nil, fmt.Errorf("%s is of type %T; give a slice of numbers", field, slice)
		}
		numbers = append(numbers, element.Convert(reflect.TypeFor[float64]()).Float())
		if !finite(numbers[i]) {
			return nil, fmt.Errorf("%s[%d] is %g, which has no place on an axis; leave it out", field, i, numbers[i])
		}
	}
	return numbers, nil
}

// stand draws bars, with place bars of the same width before them.
func (p plotted) stand(on plot, width, place float64) {
	for i, v := range p.ys {
		x0, top := on.at(p.xs[i]+width*place, max(v, 0))
		x1, bottom := on.at(p.xs[i]+width*(place+1), min(v, 0))
		on.sheet.fill(p.look.colour(), x0, top, max(x1-x0-1, 0.5), bottom-top)
	}
}

// list adds the numbers to the table below the figure; of many, their ranges.
func (p plotted) list(t *show.Table) {
	if len(p.ys) > 20 {
		t.AddRow(p.called, rangeText(p.xs), rangeText(p.ys))
		return
	}
	for i, v := range p.ys {
		x := fmt.Sprintf("%.4g", p.xs[i])
		if p.names != nil {
			x = p.names[i]
		}
		t.AddRow(p.called, x, fmt.Sprintf("%.4g", v))
	}
}
