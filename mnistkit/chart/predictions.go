package chart

import (
	"fmt"
	"slices"

	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
)

// Predictions draws the first rows×cols examples with the model's answer above
// each and a bar for each class's probability below.
//
//	kit.Show(must.M1(chart.Predictions(must.M1(lenet.Predict(test)), 5, 5)))
//
// Right answers are blue, wrong ones orange-red, with the true class in words.
// Without labels there is only the answer.
func Predictions(p score.Predictions, rows, cols int) (Figure, error) {
	if err := checkAnswers(p); err != nil {
		return Figure{}, err
	}
	a, err := newImageSet("Predictions", p.Data, 112)
	if err != nil {
		return Figure{}, err
	}
	f, n, err := imageGrid(a, "Predictions", rows, cols, func(i int) picture {
		const room = 30
		answer := newAnswer(p, i)
		says := fmt.Sprintf("%s  %.1f %%", answer.names[answer.predicted], 100*answer.probabilities[answer.predicted])
		truth := a.number(i)
		switch {
		case answer.labelled() && answer.right():
			truth = "right"
		case answer.labelled():
			truth = "wrong, it is " + answer.names[answer.truth]
		}
		s := a.draw(i, room)
		answer.columns(s, 0, a.height+4, a.width, room-5)
		return s.photo(says, truth)
	})
	f.Alt = fmt.Sprintf("Answers of %s to %s of %s.", p.Model, plural(n, "example"), p.Data.Name)
	f.Caption = fmt.Sprintf("%s on %s: %s of %s right. Below each image the probability of each class, the true one framed.",
		p.Model, p.Data.Name, show.Metric("accuracy", p.Accuracy()), plural(p.Len(), "example"))
	if !p.Data.Labelled() {
		f.Caption = fmt.Sprintf("%s on %s of %s, which have no labels. Above each image the answer and its probability, below the probability of each class.",
			p.Model, plural(p.Len(), "example"), p.Data.Name)
	}
	return f, err
}

// checkAnswers reports answers that are no classes' probabilities.
func checkAnswers(p score.Predictions) error {
	if p.Data == nil || p.Data.Labelled() {
		_, err := score.Mistakes(p) // the same must hold
		return err
	}
	if err := p.Check(); err != nil {
		return err
	}
	if i := slices.IndexFunc(p.Values, func(v float32) bool { return !(v >= 0 && v <= 1) }); i >= 0 { // also NaN
		return fmt.Errorf("chart.Predictions: %q answers %g for example %d of %q, which is not a probability; this figure is for classes", p.Model, p.Values[i], i/p.Units, p.Data.Name)
	}
	return nil
}

// columns draws the probabilities as small upright bars, in colours for light and dark pages.
func (a answer) columns(s *sheet, x, y, width, height float64) {
	shown := a.shownClasses()
	slot := width / float64(len(shown))
	for k, c := range shown {
		at := x + slot*float64(k)
		tall := height * min(max(a.probabilities[c], 0), 1)
		s.fill(a.barColour(c), at+1, y+height-tall, slot-2, tall)
		if c == a.truth {
			s.frame(grey, 1, at+0.5, y, slot-1, height)
		}
	}
	s.line(grey, 1, x, y+height, x+width, y+height)
}

// Mistakes shows examples that the first model got wrong. Each row has the image,
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
		text := fmt.Sprintf("%s got no example of %s wrong.", first.Model, first.Data.Name)
		if list.All > 0 {
			text = fmt.Sprintf("None of the %s of %s is listed.", plural(list.All, "mistake"), first.Model)
		}
		return Figure{Alt: text, Caption: text}, nil
	}
	text := fmt.Sprintf("%d of the %s that %s got wrong in %s", list.Len(), plural(list.All, "example"), first.Model, first.Data.Name)
	f := Figure{Alt: text + ", with the probabilities of the classes.", Caption: text + ". The true class is bold, ✓ marks a right answer and ✗ a wrong one."}
	for _, i := range list.Examples {
		image := a.draw(i, 0).photo(a.set.Label(i), "true, "+a.number(i))
		image.alt = fmt.Sprintf("image %s, %s", a.number(i), a.set.Label(i))
		example := row{image}
		for _, p := range list.Models {
			example = append(example, newAnswer(p, i).bars(p.Model))
		}
		f.panels = append(f.panels, example)
	}
	return f, nil
}
