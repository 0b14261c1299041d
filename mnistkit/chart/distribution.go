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
	head := 0.0
	if title != "" {
		head = 28
	}
	columns := min(len(splits), 3)
	rows := (len(splits) + columns - 1) / columns
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
	for i, p := range splits {
		p.draw(s, classes, margin+float64(i%columns)*width+4, margin+head+float64(i/columns)*(line+40), width-16, cycle[i%len(cycle)])
		facts = append(facts, p.facts(classes))
	}
	of := ""
	if title != "" {
		of = " of " + title
	}
	return s.figure(fmt.Sprintf("Bars of the classes%s. %s", of, strings.Join(facts, " ")), "")
}

func (p Split) total() (n int) {
	for _, c := range p.Counts {
		n += c
	}
	return n
}

func (p Split) share(c int) string {
	return fmt.Sprintf("%.1f %%", 100*float64(p.Counts[c])/float64(max(1, p.total())))
}

func (p Split) facts(classes []string) string {
	words := make([]string, len(classes))
	for c, name := range classes {
		words[c] = fmt.Sprintf("%s: %s (%s)", name, show.Count(p.Counts[c]), p.share(c))
	}
	return fmt.Sprintf("%s, %s: %s.", p.Name, plural(p.total(), "example"), strings.Join(words, ", "))
}

func (p Split) draw(s *sheet, classes []string, x, y, width float64, colour color.NRGBA) {
	s.write(p.Name, x, y+13, textSize+1, true, ink, left)
	s.write(plural(p.total(), "example"), x+width, y+13, textSize, false, faint, right)
	names := min(widest(classes, textSize, false), 110)
	start := x + names + 8
	room := width - names - 8 - 92 // the numbers stand after the longest bar
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
