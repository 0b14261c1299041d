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
	worst := 0.0
	for _, m := range ms {
		if len(m.Counts) == 0 || len(m.Classes) != len(m.Counts) {
			return Figure{}, fmt.Errorf("chart.Confusion: the matrix of %q has %d rows for %d classes; make it with score.Confusion", m.Model, len(m.Counts), len(m.Classes))
		}
	}
	grids := make([]grid, len(ms))
	width, height := 2*margin-gridGap, 0.0
	for i, m := range ms {
		grids[i] = newGrid(m)
		width += grids[i].width() + gridGap
		height = max(height, grids[i].height())
		worst = max(worst, grids[i].worst)
	}
	s := newSheet(width, height+2*margin)
	x := margin
	var facts []string
	for _, g := range grids {
		g.worst = worst // one scale for all
		g.draw(s, x, margin)
		x += g.width() + gridGap
		facts = append(facts, g.facts())
	}
	caption := "Blue: the share of a class that was recognised. Orange: the share that was taken for another class"
	if worst > 0 {
		caption += fmt.Sprintf(", darkest at %.1f %%", 100*worst)
	}
	return s.figure(strings.Join(facts, " "), caption+".")
}

// grid is one matrix and its measures in CSS pixels.
type grid struct {
	score.Matrix
	worst       float64 // the share of a row with the darkest orange
	cell        float64
	names       float64 // room for the class names
	longNames   bool    // written upwards below the columns
	totals      []int
	title, fact string
}

func newGrid(m score.Matrix) grid {
	g := grid{Matrix: m, cell: 38, totals: make([]int, len(m.Counts))}
	for t, row := range m.Counts {
		for _, c := range row {
			g.totals[t] += c
			g.cell = max(g.cell, plain.width(show.Count(c))+12)
		}
		for p := range row {
			if p != t {
				g.worst = max(g.worst, g.share(t, p))
			}
		}
	}
	g.names = min(plain.width(m.Classes...), 120)
	g.longNames = g.names > g.cell-4
	g.title = m.Model
	g.fact = fmt.Sprintf("%s of %s right", show.Metric("accuracy", m.Accuracy()), show.Count(m.Total()))
	return g
}

// left and top are the room for what stands around the cells.
func (g grid) left() float64 { return 24 + g.names + 8 }

const (
	gridTop = 30.0
	gridGap = 30.0 // between two matrices
)

func (g grid) below() float64 {
	if g.longNames {
		return 8 + g.names + 26
	}
	return 44
}

func (g grid) side() float64 { return g.cell * float64(len(g.Counts)) }

func (g grid) width() float64 {
	heading := heading.width(g.title) + 20 + plain.width(g.fact)
	return max(g.left()+g.side(), heading)
}

func (g grid) height() float64 { return gridTop + g.side() + g.below() }

func (g grid) draw(s *sheet, x, y float64) {
	s.write(g.title, x, y+10, heading, left)
	s.write(g.fact, x+g.width(), y+10, quiet, right)
	x0, y0 := x+g.left(), y+gridTop
	for t, row := range g.Counts {
		top := y0 + g.cell*float64(t)
		s.write(plain.shorten(g.Classes[t], g.names), x0-8, top+g.cell/2, plain, right)
		for p, count := range row {
			background := g.colour(t, p)
			at := x0 + g.cell*float64(p)
			s.fill(background, at, top, g.cell, g.cell)
			colour := readable(background)
			if count == 0 {
				colour = blend(faint, white, 0.35)
			}
			s.write(show.Count(count), at+g.cell/2, top+g.cell/2, plain.boldIf(t == p).in(colour), center)
		}
	}
	g.lines(s, x0, y0)
	for p, name := range g.Classes {
		at := x0 + g.cell*(float64(p)+0.5)
		if g.longNames {
			s.writeUp(plain.shorten(name, g.names), at, y0+g.side()+8, plain, right)
		} else {
			s.write(name, at, y0+g.side()+14, plain, center)
		}
	}
	s.write("predicted class", x0+g.side()/2, y0+g.side()+g.below()-10, strong, center)
	s.writeUp("true class", x+10, y0+g.side()/2, strong, center)
}

// lines separate the cells.
func (g grid) lines(s *sheet, x, y float64) {
	for i := range len(g.Counts) + 1 {
		at := g.cell * float64(i)
		s.line(rule, 1, x+at, y, x+at, y+g.side())
		s.line(rule, 1, x, y+at, x+g.side(), y+at)
	}
	s.frame(faint, 1, x, y, g.side(), g.side())
}

// share is that of a cell in its row.
func (g grid) share(t, p int) float64 { return float64(g.Counts[t][p]) / float64(max(1, g.totals[t])) }

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
	text := fmt.Sprintf("Confusion matrix of %s: %s, %s wrong.", g.Model, g.fact, show.Count(g.Total()-g.Right()))
	if t, p, n := g.Worst(); n > 0 {
		text += fmt.Sprintf(" Most often %s was taken for %s, %s.", g.Classes[t], g.Classes[p], plural(n, "time"))
	}
	return text
}
