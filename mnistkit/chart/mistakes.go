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
	a, err := newImageSet("Mistakes", list.Models[0].Data)
	if err != nil {
		return Figure{}, err
	}
	if list.Len() == 0 {
		return noMistakes(list)
	}
	names := list.Models[0].ClassNames()
	width, height := a.size(84)
	lines := float64(len(newAnswer(list.Models[0], names, list.Examples[0]).shownClasses()))
	row := max(lines*barLine, height+34) + 40
	room := min(small.boldIf(true).width(names...), 90)
	panel := min(max((880-width-40)/float64(len(list.Models)), room+190), 380)
	s := newSheet(2*margin+width+24+panel*float64(len(list.Models)), row*float64(list.Len())+2*margin-10)
	var spoken []string
	for r, i := range list.Examples {
		y := margin + row*float64(r)
		if r > 0 {
			s.line(rule, 1, margin, y-8, s.width-margin, y-8)
		}
		s.picture(a.picture(i), margin, y+20, width, height)
		s.write("true: "+strong.shorten(a.set.Label(i), width-16), margin, y+height+34, strong, left)
		s.write(fmt.Sprintf("#%d", a.fileIndex(i)), margin, y+height+50, tinyQuiet, left)
		said := fmt.Sprintf("#%d is %s", a.fileIndex(i), a.set.Label(i))
		for m, p := range list.Models {
			answer := newAnswer(p, names, i)
			x := margin + width + 24 + panel*float64(m)
			s.write(strong.shorten(p.Model, panel*0.45), x, y+8, strong, left)
			s.write(answer.verdict(), x+panel-14, y+8, small.in(answer.colour()), right)
			answer.bars(s, x, y+20, panel-14, room)
			said += fmt.Sprintf("; %s %s", p.Model, answer.verdict())
		}
		spoken = append(spoken, said+".")
	}
	alt := fmt.Sprintf("%s with class probabilities. %s", plural(list.Len(), "example"), strings.Join(spoken, " "))
	return s.figure(alt, mistakesCaption(list))
}

func mistakesCaption(list score.MistakeList) string {
	return fmt.Sprintf("%d of the %s that %s got wrong in %s. The true class is framed, a wrong answer hatched.",
		list.Len(), plural(list.All, "example"), list.Models[0].Model, list.Models[0].Data.Name)
}

func noMistakes(list score.MistakeList) (Figure, error) {
	text := fmt.Sprintf("%s got no example of %s wrong.", list.Models[0].Model, list.Models[0].Data.Name)
	if list.All > 0 {
		text = fmt.Sprintf("None of the %s of %s is listed.", plural(list.All, "mistake"), list.Models[0].Model)
	}
	s := newSheet(headline.boldIf(false).width(text)+4*margin, 50)
	s.write(text, s.width/2, 25, headline.boldIf(false), center)
	return s.figure(text, "")
}
