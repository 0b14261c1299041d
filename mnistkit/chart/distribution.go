package chart

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonblabs/mnistkit/show"
)

// Split is a split of a data set: how many examples of each class it holds.
type Split struct {
	Name   string // "train"
	Counts []int
}

// ClassDistribution draws how many examples of each class the splits hold, in
// numbers and percentages, with a panel for each split.
//
//	chart.ClassDistribution("MNIST", d.Classes, chart.Split{"train", d.Train}, chart.Split{"test", d.Test})
func ClassDistribution(title string, classes []string, splits ...Split) (Figure, error) {
	if len(splits) == 0 || len(classes) == 0 {
		return Figure{}, fmt.Errorf("chart.ClassDistribution: %d classes in %d splits cannot be drawn; give at least one of each", len(classes), len(splits))
	}
	for _, p := range splits {
		if len(p.Counts) != len(classes) {
			return Figure{}, fmt.Errorf("chart.ClassDistribution: split %q has %d counts for %d classes; give one each", p.Name, len(p.Counts), len(classes))
		}
	}
	width := panelWidth
	if len(splits) > 2 {
		width = (2*panelWidth - columnGap) / 3
	}
	s, at := newPanels(title, len(splits), 3, width, 30+classRow*float64(len(classes)))
	var facts []string
	for i, p := range splits {
		x, y := at(i)
		facts = append(facts, p.draw(s, classes, x, y, width, cycle[i%len(cycle)]))
	}
	return s.figure(fmt.Sprintf("Bars of the classes%s. %s", textIf(title != "", " of %s", title), strings.Join(facts, " ")), "")
}

const classRow = 22.0

// draw draws the panel of a split, and says in words what it shows.
func (p Split) draw(s *sheet, classes []string, x, y, width float64, colour color.NRGBA) string {
	total := 0
	for _, n := range p.Counts {
		total += n
	}
	s.write(p.Name, x, y+13, heading, left)
	s.write(plural(total, "example"), x+width, y+13, quiet, right)
	names := min(plain.width(classes...), 110)
	start, top := x+names+8, y+30
	room := width - names - 8 - 92 // the numbers stand after the longest bar
	longest := float64(max(1, slices.Max(p.Counts)))
	bold := small.boldIf(true)
	var facts []string
	for c, name := range classes {
		count, share := show.Count(p.Counts[c]), fmt.Sprintf("%.1f %%", 100*float64(p.Counts[c])/float64(max(1, total)))
		middle := top + classRow*(float64(c)+0.5)
		length := room * float64(p.Counts[c]) / longest
		s.write(plain.shorten(name, names), start-8, middle, plain, right)
		s.fill(colour, start, middle-8, length, 16)
		s.write(count, start+length+6, middle, bold, left)
		s.write(share, start+length+10+bold.width(count), middle, smallQuiet, left)
		facts = append(facts, fmt.Sprintf("%s: %s (%s)", name, count, share))
	}
	s.line(faint, 1, start, top, start, top+classRow*float64(len(classes)))
	return fmt.Sprintf("%s, %s: %s.", p.Name, plural(total, "example"), strings.Join(facts, ", "))
}
