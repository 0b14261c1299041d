package chart

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonblabs/mnistkit/show"
)

// Part is a part of a data set: how many examples of each class it holds.
type Part struct {
	Name   string // "train"
	Counts []int
}

// ClassDistribution draws how many examples of each class the parts hold, in
// numbers and percentages, a panel a part.
//
//	chart.ClassDistribution("MNIST", d.Classes, chart.Part{"train", d.Train}, chart.Part{"test", d.Test})
func ClassDistribution(title string, classes []string, parts ...Part) (Figure, error) {
	if len(parts) == 0 || len(classes) == 0 {
		return Figure{}, fmt.Errorf("chart.ClassDistribution: %d classes in %d parts cannot be drawn; give at least one of each", len(classes), len(parts))
	}
	for _, p := range parts {
		if len(p.Counts) != len(classes) {
			return Figure{}, fmt.Errorf("chart.ClassDistribution: part %q has %d counts for %d classes; give one each", p.Name, len(p.Counts), len(classes))
		}
	}
	head := 0.0
	if title != "" {
		head = 28
	}
	columns := min(len(parts), 3)
	rows := (len(parts) + columns - 1) / columns
	width := panelWidth
	if columns == 3 {
		width = 2 * panelWidth / 3
	}
	line := 22 * float64(len(classes))
	s := newSheet(float64(columns)*width+2*margin, head+float64(rows)*(line+40)+2*margin)
	if title != "" {
		s.write(title, s.width/2, margin+titleSize/2, titleSize, true, ink, center)
	}
	var facts []string
	for i, p := range parts {
		p.draw(s, classes, margin+float64(i%columns)*width+4, margin+head+float64(i/columns)*(line+40), width-16, cycle[i%len(cycle)])
		facts = append(facts, p.facts(classes))
	}
	of := ""
	if title != "" {
		of = " of " + title
	}
	return s.figure(fmt.Sprintf("Bars of the classes%s. %s", of, strings.Join(facts, " ")), "")
}

func (p Part) total() (n int) {
	for _, c := range p.Counts {
		n += c
	}
	return n
}

func (p Part) share(c int) string {
	return fmt.Sprintf("%.1f %%", 100*float64(p.Counts[c])/float64(max(1, p.total())))
}

func (p Part) facts(classes []string) string {
	words := make([]string, len(classes))
	for c, name := range classes {
		words[c] = fmt.Sprintf("%s: %s (%s)", name, show.Count(p.Counts[c]), p.share(c))
	}
	return fmt.Sprintf("%s, %s: %s.", p.Name, plural(p.total(), "example"), strings.Join(words, ", "))
}

func (p Part) draw(s *sheet, classes []string, x, y, width float64, colour color.NRGBA) {
	s.write(p.Name, x, y+13, textSize+1, true, ink, left)
	s.write(plural(p.total(), "example"), x+width, y+13, textSize, false, faint, right)
	names := min(widest(classes, textSize, false), 110)
	start := x + names + 8
	room := width - names - 8 - 92 // the numbers stand behind the longest bar
	most := float64(max(1, slices.Max(p.Counts)))
	for c, name := range classes {
		middle := y + 30 + 22*(float64(c)+0.5)
		length := room * float64(p.Counts[c]) / most
		s.write(shorten(name, names, textSize, false), start-8, middle, textSize, false, ink, right)
		s.fill(colour, start, middle-8, length, 16)
		count := show.Count(p.Counts[c])
		s.write(count, start+length+6, middle, smallSize, true, ink, left)
		s.write(p.share(c), start+length+10+textWidth(count, smallSize, true), middle, smallSize, false, faint, left)
	}
	s.line(faint, 1, start, y+30, start, y+30+22*float64(len(classes)))
}
