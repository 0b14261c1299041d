package chart

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/show"
)

// Model draws a model from its input to its output. Each layer is a box with its
// code, output shape and parameters, next to a drawing of its output's form.
//
//	steps := must.M1(lenet.Model.Plan([]int{28, 28, 1}))
//	kit.Show(must.M1(chart.Model("LeNet", steps)))
//
// Lines at the right lead past other layers, to and from branches. Long models
// continue in further panels.
func Model(title string, steps []layer.Step) (Figure, error) {
	if len(steps) == 0 {
		return Figure{}, fmt.Errorf("chart.Model: the model has no layers; give the steps of layer.Stack.Plan")
	}
	const boxPitch, modelHead, laneWidth = 56.0, 16.0, 9.0 // the lanes are right of the boxes, for lines that pass others
	cells, columns := modelGrid(steps)
	lines, lanes := bypasses(steps)
	boxes := modelBoxes(steps)
	sheets := make([]*sheet, columns)
	for i := range boxes {
		boxes[i].x, boxes[i].y = margin+solidRoom, modelHead+boxPitch*float64(cells[i].row)
		sheets[cells[i].column] = newSheet(2*margin+solidRoom+boxWidth+laneWidth*float64(lanes), boxes[i].y+boxPitch) // that of the lowest box
	}
	for i, b := range boxes {
		s, x := sheets[cells[i].column], b.x+boxWidth/2
		b.draw(s, boxes[0].shape)
		if i == 0 || !slices.Contains(steps[i-1].From, i-2) {
			continue
		}
		above := boxes[i-1]
		if cells[i].row > 0 {
			s.arrow(x, above.y+boxHeight, x, b.y)
		} else { // from the foot of one column to the head of the next
			sheets[cells[i-1].column].arrow(x, above.y+boxHeight, x, above.y+boxPitch-2)
			s.arrow(x, 2, x, b.y)
		}
	}
	for _, l := range lines {
		from, to := boxes[l.from], boxes[l.to]
		side, y := from.x+boxWidth, to.y+0.25*boxHeight
		lane := side + laneWidth*float64(l.lane+1)
		sheets[cells[l.from].column].arrow(side, from.y+0.75*boxHeight, lane, from.y+0.75*boxHeight, lane, y, side, y)
	}
	total := layer.Count(steps)
	text := fmt.Sprintf("%s: %s, %s", title, plural(len(steps), "layer"), plural(total.Total, "parameter")) +
		textIf(total.NonTrainable > 0, ", %s of them trainable", show.Count(total.Trainable))
	f := Figure{Alt: "Picture of the model " + text + ".", Caption: text + ".", Numbers: modelTable(boxes, steps)}
	for _, s := range sheets {
		f.panels = append(f.panels, s.picture())
	}
	return f, nil
}

const (
	solidRoom = 72.0 // left of a box, for the output's form
	boxWidth  = 290.0
	boxHeight = 40.0
)

// cell is where a box stands.
type cell struct{ column, row int }

// modelGrid spreads the input and the steps over columns of about equal length.
// Branches stay in one column with the layer that joins them.
func modelGrid(steps []layer.Step) (cells []cell, columns int) {
	n := len(steps) + 1
	const most = 14 // rows
	wanted := (n + most - 1) / most
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
	}
	return cells, at.column + 1
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
	kind, code, weights string
	shape               []int
	colour              color.NRGBA
	x, y                float64 // its upper left corner
}

func modelBoxes(steps []layer.Step) []box {
	boxes := []box{{kind: "Input", shape: steps[0].In, colour: faint}}
	for _, step := range steps {
		kind, weights, code := step.Layer.Kind(), layer.Count([]layer.Step{step}).Total, layer.Code(step.Layer)
		if len(step.From) > 1 { // its branches have boxes of their own
			code = plural(len(step.From), "input")
		}
		boxes = append(boxes, box{kind: kind, code: code, weights: textIf(weights > 0, "%s", plural(weights, "parameter")),
			shape: step.Out, colour: familyColour(kind)})
	}
	return boxes
}

// familyColour gives layers that do similar work the same colour.
func familyColour(kind string) color.NRGBA {
	for _, family := range families {
		if strings.Contains(kind, family.name) {
			return family.colour
		}
	}
	return faint
}

var families = []struct {
	name   string
	colour color.NRGBA
}{{"Conv", blue}, {"Pool", green}, {"Dense", red}, {"Dropout", purple}, {"Normalization", orange}, {"Embedding", sky}}

func (b box) draw(s *sheet, input []int) {
	b.solid(s, b.x-solidRoom/2-4, b.y+boxHeight/2, input)
	s.fill(color.NRGBA{b.colour.R, b.colour.G, b.colour.B, 0x1c}, b.x, b.y, boxWidth, boxHeight)
	s.fill(b.colour, b.x, b.y, 6, boxHeight)
	s.frame(blend(white, b.colour, 0.55), 1, b.x, b.y, boxWidth, boxHeight)
	const first, second = 13, 29 // lines of text
	s.write(shape(b.shape), b.x+boxWidth-10, b.y+first, strong, right)
	s.write(b.weights, b.x+boxWidth-10, b.y+second, smallQuiet, right)
	kindLine := boxHeight / 2
	if b.code != "" {
		kindLine = first
	}
	s.write(b.kind, b.x+16, b.y+kindLine, heading, left)
	s.write(small.shorten(b.code, boxWidth-26-10-small.width(b.weights)), b.x+16, b.y+second, small, left)
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
	x1, y1 := x0+width, y0+height
	for _, face := range []struct {
		shade float64
		xy    []float64
	}{
		{0.55, []float64{x0, y0, x1, y0, x1, y1, x0, y1}},
		{0.3, []float64{x0, y0, x0 + deep, y0 - deep, x1 + deep, y0 - deep, x1, y0}},
		{0.8, []float64{x1, y0, x1 + deep, y0 - deep, x1 + deep, y1 - deep, x1, y1}},
	} {
		s.polygon(blend(white, b.colour, face.shade), face.xy...)
		s.line(blend(b.colour, ink, 0.25), 0.8, append(face.xy, face.xy[:4]...)...)
	}
}

// arrow draws a line through points, level or upright, with a head at its end.
func (s *sheet) arrow(xy ...float64) {
	n := len(xy)
	x, y := xy[n-2], xy[n-1]
	dx, dy := float64(cmp.Compare(x, xy[n-4])), float64(cmp.Compare(y, xy[n-3]))
	xy[n-2], xy[n-1] = x-4*dx, y-4*dy
	s.line(faint, 1.4, xy...)
	s.polygon(faint, x-7*dx-4*dy, y-7*dy-4*dx, x-7*dx+4*dy, y-7*dy+4*dx, x-0.5*dx, y-0.5*dy)
}

func modelTable(boxes []box, steps []layer.Step) show.Table {
	t := show.Table{Header: []string{"", "layer", "code", "output", "parameters", "from"}, Align: "rlllrl"}
	for i, b := range boxes {
		var from []string
		if i > 0 && !slices.Equal(steps[i-1].From, []int{i - 2}) {
			for _, f := range steps[i-1].From {
				from = append(from, cmp.Or(textIf(f >= 0, "layer %d", f+1), "the input"))
			}
		}
		weights, _, _ := strings.Cut(b.weights, " ")
		t.AddRow(fmt.Sprint(i), b.kind, b.code, shape(b.shape), weights, strings.Join(from, " and "))
	}
	return t
}

// shape is "28×28×6".
func shape(dims []int) string {
	if len(dims) == 0 {
		return "1"
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(dims), " ", "×"), "[]")
}
