package chart

import (
	"fmt"
	"strings"

	"gonblabs/mnistkit/score"
)

// Mistakes draws examples that the first model got wrong. Each row has the image,
// and for every model a bar for the probability of each class.
//
//	list := must.M1(score.Mistakes(a, b))
//	kit.Show(must.M1(chart.Mistakes(list.First(5))))
//
// An empty list gives a figure that says so. More than 50 examples are an error.
func Mistakes(list score.MistakeList) (Figure, error) {
	if len(list.Models) == 0 {
		return Figure{}, fmt.Errorf("chart.Mistakes: the list has no models; make it with score.Mistakes")
	}
	if list.Len() > 50 {
		return Figure{}, fmt.Errorf("chart.Mistakes: %d examples make too long a figure; take some, as in list.First(10)", list.Len())
	}
	first := list.Models[0]
	a, err := newImageSet("Mistakes", first.Data, 84)
	if err != nil {
		return Figure{}, err
	}
	if list.Len() == 0 {
		return noMistakes(list)
	}
	names := first.ClassNames()
	rowHeight := max(float64(len(newAnswer(first, 0).shownClasses()))*barLine, a.height+34) + 40
	room := min(small.boldIf(true).width(names...), 90)
	panel := min(max((880-a.width-40)/float64(len(list.Models)), room+190), 380)
	s := newSheet(2*margin+a.width+24+panel*float64(len(list.Models)), rowHeight*float64(list.Len())+2*margin-10)
	var spoken []string
	for r, i := range list.Examples {
		y := margin + rowHeight*float64(r)
		if r > 0 {
			s.line(rule, 1, margin, y-8, s.width-margin, y-8)
		}
		label, number := a.set.Label(i), a.number(i)
		a.draw(s, i, margin, y+20)
		s.write("true: "+strong.shorten(label, a.width-16), margin, y+a.height+34, strong, left)
		s.write(number, margin, y+a.height+50, tinyQuiet, left)
		said := fmt.Sprintf("%s is %s", number, label)
		for m, p := range list.Models {
			answer := newAnswer(p, i)
			x := margin + a.width + 24 + panel*float64(m)
			s.write(strong.shorten(p.Model, panel*0.45), x, y+8, strong, left)
			s.write(answer.verdict(), x+panel-14, y+8, small.in(answer.colour()), right)
			answer.bars(s, x, y+20, panel-14, room)
			said += fmt.Sprintf("; %s %s", p.Model, answer.verdict())
		}
		spoken = append(spoken, said+".")
	}
	return s.figure(fmt.Sprintf("%s with class probabilities. %s", plural(list.Len(), "example"), strings.Join(spoken, " ")),
		fmt.Sprintf("%d of the %s that %s got wrong in %s. The true class is framed, a wrong answer hatched.",
			list.Len(), plural(list.All, "example"), first.Model, first.Data.Name))
}

func noMistakes(list score.MistakeList) (Figure, error) {
	text := fmt.Sprintf("%s got no example of %s wrong.", list.Models[0].Model, list.Models[0].Data.Name)
	if list.All > 0 {
		text = fmt.Sprintf("None of the %s of %s is listed.", plural(list.All, "mistake"), list.Models[0].Model)
	}
	look := headline.boldIf(false)
	s := newSheet(look.width(text)+4*margin, 50)
	s.write(text, s.width/2, 25, look, center)
	return s.figure(text, "")
}
