package chart

import (
	"fmt"
	"image/color"
	"strings"

	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
)

// Confusion draws one confusion matrix, or several side by side. A row is a true
// class, a column is the class that was predicted, and the cell has the count.
//
//	kit.Show(must.M1(chart.Confusion(must.M1(score.Confusion(predictions)))))
//
// Right answers are blue, wrong ones orange. The shade is the share of the row; the
// wrong answers, which are few, have their own scale.
func Confusion(ms ...score.Matrix) (Figure, error) {
	if len(ms) == 0 {
		return Figure{}, fmt.Errorf("chart.Confusion: no matrix given; give at least one, from score.Confusion")
	}
	for _, m := range ms {
		if len(m.Counts) == 0 || len(m.Classes) != len(m.Counts) {
			return Figure{}, fmt.Errorf("chart.Confusion: the matrix of %q has %d rows for %d classes; make it with score.Confusion", m.Model, len(m.Counts), len(m.Classes))
		}
	}
	grids := make([]grid, len(ms))
	width, height, worst := -gridGap, 0.0, 0.0
	for i, m := range ms {
		grids[i] = newGrid(m)
		width += grids[i].width + gridGap
		height = max(height, grids[i].height)
		worst = max(worst, grids[i].worst)
	}
	s := newFigure(width, height)
	x := margin
	var facts []string
	for _, g := range grids {
		g.worst = worst // one scale for all
		g.draw(s, x, margin)
		x += g.width + gridGap
		facts = append(facts, g.facts())
	}
	return s.figure(strings.Join(facts, " "), "Blue: the share of a class that was recognised. Orange: the share that was taken for another class"+
		textIf(worst > 0, ", darkest at %.1f %%", 100*worst)+".")
}

// grid is one matrix and its measures in CSS pixels.
type grid struct {
	score.Matrix
	fact                string
	worst               float64   // the share of a row with the darkest orange
	totals              []float64 // examples of each class
	cell, side          float64   // of a count, and of all counts together
	names, below        float64   // room for the class names, and for all that stands below the counts
	longNames           bool      // written upwards below the columns
	left, width, height float64   // left: the room beside the counts
}

const (
	gridTop = 30.0
	gridGap = 30.0 // between two matrices
)

func newGrid(m score.Matrix) grid {
	g := grid{Matrix: m, cell: 38, totals: make([]float64, len(m.Counts)), below: 44}
	for t, row := range m.Counts {
		for _, n := range row {
			g.totals[t] += float64(n)
			g.cell = max(g.cell, plain.width(show.Count(n))+12)
		}
		for p := range row {
			if p != t {
				g.worst = max(g.worst, g.share(t, p))
			}
		}
	}
	g.names = min(plain.width(m.Classes...), 120)
	if g.longNames = g.names > g.cell-4; g.longNames {
		g.below = 8 + g.names + 26
	}
	g.fact = fmt.Sprintf("%s of %s right", show.Metric("accuracy", m.Accuracy()), show.Count(m.Total()))
	g.side, g.left = g.cell*float64(len(m.Counts)), 24+g.names+8
	g.width = max(g.left+g.side, heading.width(m.Model)+20+plain.width(g.fact))
	g.height = gridTop + g.side + g.below
	return g
}

func (g grid) draw(s *sheet, x, y float64) {
	s.write(g.Model, x, y+10, heading, left)
	s.write(g.fact, x+g.width, y+10, quiet, right)
	s.writeUp("true class", x+10, y+gridTop+g.side/2, strong, center)
	x, y = x+g.left, y+gridTop // of the counts
	bottom := y + g.side
	for t, row := range g.Counts {
		top := y + g.cell*float64(t)
		s.write(plain.shorten(g.Classes[t], g.names), x-8, top+g.cell/2, plain, right)
		for p, count := range row {
			at, background := x+g.cell*float64(p), g.colour(t, p)
			s.fill(background, at, top, g.cell, g.cell)
			colour := readable(background)
			if count == 0 {
				colour = blend(faint, white, 0.35)
			}
			s.write(show.Count(count), at+g.cell/2, top+g.cell/2, plain.boldIf(t == p).in(colour), center)
		}
	}
	for p, name := range g.Classes {
		edge := g.cell * float64(p)
		s.line(rule, 1, x+edge, y, x+edge, bottom)
		s.line(rule, 1, x, y+edge, x+g.side, y+edge)
		if middle := x + edge + g.cell/2; g.longNames {
			s.writeUp(plain.shorten(name, g.names), middle, bottom+8, plain, right)
		} else {
			s.write(name, middle, bottom+14, plain, center)
		}
	}
	s.frame(faint, 1, x, y, g.side, g.side)
	s.write("predicted class", x+g.side/2, bottom+g.below-10, strong, center)
}

// share is that of a cell in its row.
func (g grid) share(t, p int) float64 { return float64(g.Counts[t][p]) / max(1, g.totals[t]) }

// colour shades a cell by its share of the row.
func (g grid) colour(t, p int) color.NRGBA {
	share := g.share(t, p)
	switch {
	case share == 0:
		return white
	case t == p:
		return blend(white, blue, 0.08+0.85*share*share) // squared: 90 % looks different from 100 %
	}
	return blend(white, orange, 0.12+0.88*share/g.worst)
}

func (g grid) facts() string {
	t, p, n := g.Worst()
	return fmt.Sprintf("Confusion matrix of %s: %s, %s wrong.", g.Model, g.fact, show.Count(g.Total()-g.Right())) +
		textIf(n > 0, " Most often %s was taken for %s, %s.", g.Classes[t], g.Classes[p], plural(n, "time"))
}
