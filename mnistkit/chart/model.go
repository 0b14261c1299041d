package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/show"
)

// Model draws a model from its input to its output. Each layer is a box with its
// settings, output shape and parameters, next to a drawing of its output's form.
//
//	steps := must.M1(lenet.Model.Plan([]int{28, 28, 1}))
//	kit.Show(must.M1(chart.Model("LeNet", steps)))
//
// Lines at the right lead past other layers, to and from branches. Long models
// continue in further columns.
func Model(title string, steps []layer.Step) (Figure, error) {
	if len(steps) == 0 {
		return Figure{}, fmt.Errorf("chart.Model: the model has no layers; give the steps of layer.Stack.Plan")
	}
	boxes := modelBoxes(steps)
	cells, columns, rows := modelGrid(steps)
	lines, lanes := bypasses(steps)
	width := modelColumn + laneWidth*float64(lanes)
	s := newSheet(2*margin+float64(columns)*width-20, modelHead+float64(rows)*boxPitch+margin)
	fact := parameters(layer.Count(steps))
	s.write(title, margin, margin+8, headline, left)
	if columns > 1 {
		s.write(fact, s.width-margin, margin+8, quiet, right)
	} else {
		s.write(fact, margin, margin+27, quiet, left)
	}
	at := func(i int) (x, y float64) {
		return margin + width*float64(cells[i].column), modelHead + boxPitch*float64(cells[i].row)
	}
	for i, b := range boxes {
		x, y := at(i)
		b.draw(s, x, y, boxes[0].shape)
		switch {
		case i == 0 || !slices.Contains(steps[i-1].From, i-2):
		case cells[i].row == 0:
			fromX, fromY := at(i - 1)
			s.elbow(fromX, fromY, x, y)
		default:
			s.arrow(x+solidRoom+boxWidth/2, y-boxPitch+boxHeight, y)
		}
	}
	for _, l := range lines {
		x, from := at(l.from)
		_, to := at(l.to)
		s.bypass(x+solidRoom+boxWidth, from+0.75*boxHeight, to+0.25*boxHeight, laneWidth*float64(l.lane+1))
	}
	return s.figure(modelAlt(title, fact, boxes, steps), "")
}

const (
	solidRoom   = 84.0 // left of a box, for the output's form
	boxWidth    = 330.0
	boxHeight   = 40.0
	boxPitch    = 56.0
	modelHead   = 52.0
	modelColumn = solidRoom + boxWidth + 40
	laneWidth   = 9.0 // right of the boxes, for each line that passes others
	mostRows    = 14
)

// cell is where a box stands.
type cell struct{ column, row int }

// modelGrid spreads the input and the steps over columns of about equal length.
// Branches stay in one column with the layer that joins them.
func modelGrid(steps []layer.Step) (cells []cell, columns, rows int) {
	n := len(steps) + 1
	wanted := (n + mostRows - 1) / mostRows
	length := (n + wanted - 1) / wanted
	starts := func(i int) bool { return i == n || !steps[i-1].InBranch && len(steps[i-1].From) == 1 }
	at := cell{}
	for i := 0; i < n; {
		next := i + 1
		for !starts(next) {
			next++
		}
		if at.row > 0 && at.row+next-i > length {
			at = cell{column: at.column + 1}
		}
		for ; i < next; i++ {
			cells = append(cells, at)
			at.row++
		}
		rows = max(rows, at.row)
	}
	return cells, at.column + 1, rows
}

// bypass is a line from one box to another that is not the next.
type bypass struct{ from, to, lane int }

// bypasses are those of a model, each in a lane where it meets no other.
func bypasses(steps []layer.Step) (lines []bypass, lanes int) {
	for i, step := range steps {
		for _, from := range step.From {
			if from != i-1 {
				lines = append(lines, bypass{from: from + 1, to: i + 1})
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b bypass) int { return (a.to - a.from) - (b.to - b.from) })
	for i := range lines {
		l := &lines[i]
		meets := func(o bypass) bool { return o.lane == l.lane && max(o.from, l.from) < min(o.to, l.to) }
		for slices.ContainsFunc(lines[:i], meets) {
			l.lane++
		}
		lanes = max(lanes, l.lane+1)
	}
	return lines, lanes
}

// box is one layer of the picture, or the input.
type box struct {
	kind, settings, weights string
	shape                   []int
	colour                  color.NRGBA
}

func modelBoxes(steps []layer.Step) []box {
	boxes := []box{{kind: "Input", shape: steps[0].In, colour: faint}}
	for _, step := range steps {
		b := box{kind: step.Layer.Kind(), settings: settings(step.Layer), shape: step.Out, colour: familyColour(step.Layer.Kind())}
		if n := layer.Count([]layer.Step{step}).Total; n > 0 {
			b.weights = plural(n, "parameter")
		}
		boxes = append(boxes, b)
	}
	return boxes
}

// familyColour gives layers that do similar work the same colour.
func familyColour(kind string) color.NRGBA {
	for _, family := range []struct {
		part   string
		colour color.NRGBA
	}{{"Conv", blue}, {"Pool", green}, {"Dense", red}, {"Dropout", purple}, {"Normalization", orange}, {"Embedding", sky}} {
		if strings.Contains(kind, family.part) {
			return family.colour
		}
	}
	return faint
}

func parameters(c layer.Counts) string {
	if c.NonTrainable == 0 {
		return plural(c.Total, "parameter")
	}
	return fmt.Sprintf("%s, %s of them trainable", plural(c.Total, "parameter"), show.Count(c.Trainable))
}

func (b box) draw(s *sheet, x, y float64, input []int) {
	b.solid(s, x+solidRoom/2-4, y+boxHeight/2, input)
	x += solidRoom
	s.fill(blend(white, b.colour, 0.09), x, y, boxWidth, boxHeight)
	s.fill(b.colour, x, y, 6, boxHeight)
	s.frame(blend(white, b.colour, 0.55), 1, x, y, boxWidth, boxHeight)
	form := shape(b.shape)
	s.write(form, x+boxWidth-10, y+13, strong, right)
	s.write(b.weights, x+boxWidth-10, y+29, smallQuiet, right)
	if b.settings == "" {
		s.write(b.kind, x+16, y+boxHeight/2, heading, left)
		return
	}
	s.write(b.kind, x+16, y+13, heading, left)
	room := boxWidth - 26 - 10 - small.width(b.weights)
	s.write(small.shorten(b.settings, room), x+16, y+29, small, left)
}

// solid draws the form of the output: a block for an image, as high as the
// image is beside the input and deeper with more channels; a pole for a row.
func (b box) solid(s *sheet, x, y float64, input []int) {
	width, height, deep := 5.0, 8.0, 3.0
	switch {
	case len(b.shape) == 3:
		tallest := float64(max(input[0], b.shape[0], b.shape[1]))
		height = max(5, 30*float64(b.shape[0])/tallest)
		width = 4 + 5*math.Log2(1+float64(b.shape[2]))
		deep = max(3, 12*float64(b.shape[1])/tallest)
	case len(b.shape) > 0:
		height = min(44, 8+3.6*math.Log2(float64(b.shape[0])))
	}
	x0, y0 := x-(width+deep)/2, y-(height-deep)/2
	edge := blend(b.colour, ink, 0.25)
	front, top, side := blend(white, b.colour, 0.55), blend(white, b.colour, 0.3), blend(white, b.colour, 0.8)
	s.polygon(front, x0, y0, x0+width, y0, x0+width, y0+height, x0, y0+height)
	s.polygon(top, x0, y0, x0+deep, y0-deep, x0+deep+width, y0-deep, x0+width, y0)
	s.polygon(side, x0+width, y0, x0+width+deep, y0-deep, x0+width+deep, y0-deep+height, x0+width, y0+height)
	s.frame(edge, 0.8, x0, y0, width, height)
	s.line(edge, 0.8, x0, y0, x0+deep, y0-deep, x0+deep+width, y0-deep, x0+deep+width, y0-deep+height, x0+width, y0+height)
	s.line(edge, 0.8, x0+width, y0, x0+width+deep, y0-deep)
}

// arrow points down from one box to the next.
func (s *sheet) arrow(x, from, to float64) {
	s.line(faint, 1.4, x, from, x, to-4)
	s.polygon(faint, x-4, to-7, x+4, to-7, x, to-0.5)
}

// elbow leads from the bottom of one column to the top of the next; x and y
// are those of the rows.
func (s *sheet) elbow(fromX, fromY, x, y float64) {
	middle := fromX + solidRoom + boxWidth/2
	between := x - 26
	top := y - 16
	down := fromY + boxHeight + 10
	target := x + solidRoom + boxWidth/2
	s.line(faint, 1.4, middle, fromY+boxHeight, middle, down, between, down, between, top, target, top, target, y-4)
	s.polygon(faint, target-4, y-7, target+4, y-7, target, y-0.5)
}

// bypass leads from the right side of a box out by so many pixels, down, and
// back to the right side of another.
func (s *sheet) bypass(x, from, to, out float64) {
	s.line(faint, 1.4, x, from, x+out, from, x+out, to, x+4, to)
	s.polygon(faint, x+7, to-4, x+7, to+4, x+0.5, to)
}

func modelAlt(title, fact string, boxes []box, steps []layer.Step) string {
	words := make([]string, len(boxes))
	for i, b := range boxes {
		words[i] = b.kind
		if b.settings != "" {
			words[i] += " (" + b.settings + ")"
		}
		words[i] += " " + shape(b.shape)
		if b.weights != "" {
			words[i] += ", " + b.weights
		}
		if i > 0 && !slices.Equal(steps[i-1].From, []int{i - 2}) {
			words[i] += ", from " + sources(steps[i-1].From)
		}
	}
	return fmt.Sprintf("Picture of the model %s, %s, %s, from top to bottom: %s.", title, plural(len(boxes)-1, "layer"), fact, strings.Join(words, "; "))
}

// sources names the boxes that a step takes from, by their numbers.
func sources(from []int) string {
	words := make([]string, len(from))
	for i, f := range from {
		if words[i] = "the input"; f >= 0 {
			words[i] = fmt.Sprintf("layer %d", f+1)
		}
	}
	return strings.Join(words, " and ")
}
