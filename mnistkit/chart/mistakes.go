package chart

import (
	"fmt"

	"gonblabs/mnistkit/score"
)

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
		image, err := a.draw(i, 0).photo(a.set.Label(i), "true, "+a.number(i))
		if err != nil {
			return Figure{}, err
		}
		image.alt = fmt.Sprintf("image %s, %s", a.number(i), a.set.Label(i))
		example := row{image}
		for _, p := range list.Models {
			example = append(example, newAnswer(p, i).bars(p.Model))
		}
		f.panels = append(f.panels, example)
	}
	return f, nil
}
