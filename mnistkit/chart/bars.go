package chart

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
)

// answer is one model's answer to one example.
type answer struct {
	names            []string
	probabilities    []float64
	truth, predicted int
}

func newAnswer(p score.Predictions, i int) answer {
	return answer{names: p.ClassNames(), probabilities: p.Probabilities(i), truth: p.Label(i), predicted: p.Class(i)}
}

func (a answer) right() bool { return a.predicted == a.truth }

// labelled says whether the truth is known.
func (a answer) labelled() bool { return a.truth >= 0 }

// verdict is "right, 9 at 99.8 %" or "wrong, says 4 at 61.0 %".
func (a answer) verdict() string {
	word := "right,"
	if !a.right() {
		word = "wrong, says"
	}
	return fmt.Sprintf("%s %s at %.1f %%", word, a.names[a.predicted], 100*a.probabilities[a.predicted])
}

// colour is blue for a right answer, or one that nobody can judge, and
// orange-red for a wrong one.
func (a answer) colour() color.NRGBA {
	if a.right() || !a.labelled() {
		return blue
	}
	return red
}

// barColour stresses the bar of the class that is answered.
func (a answer) barColour(class int) color.NRGBA {
	if class == a.predicted {
		return a.colour()
	}
	return grey
}

// shownClasses are the classes with a bar: all up to twelve, else the likeliest and
// the true one.
func (a answer) shownClasses() []int {
	order := make([]int, len(a.probabilities))
	for c := range order {
		order[c] = c
	}
	if len(order) <= 12 {
		return order
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(a.probabilities[y], a.probabilities[x]) })
	if a.labelled() && !slices.Contains(order[:10], a.truth) {
		order[9] = a.truth
	}
	return order[:10]
}

// bars are the probabilities as a table of bars. What is special about a bar stands after it.
func (a answer) bars(model string) words {
	w := words{title: model, fact: a.verdict()}
	for _, c := range a.shownClasses() {
		p := a.probabilities[c]
		text, word := "", ""
		switch {
		case c == a.predicted && a.right():
			word = "✓"
		case c == a.predicted:
			word = "✗"
		case c == a.truth:
			word = "true"
		}
		if word != "" || p >= 0.01 {
			text = fmt.Sprintf("%.1f %%", 100*p)
		}
		w.rows = append(w.rows, []entry{{text: a.names[c], strong: c == a.truth}, {isBar: true, colour: a.barColour(c), bar: min(max(p, 0), 1)},
			{text: text, strong: word != ""}, {text: word, strong: word != ""}})
	}
	return w
}

// Split is a split of a data set: how many examples of each class it holds.
type Split struct {
	Name   string // "train"
	Counts []int
}

// ClassDistribution shows how many examples of each class the splits hold, in bars,
// numbers and percentages, with a panel for each split.
//
//	chart.ClassDistribution("MNIST", d.Classes, chart.Split{"train", d.Train}, chart.Split{"test", d.Test})
func ClassDistribution(title string, classes []string, splits ...Split) (Figure, error) {
	if len(splits) == 0 || len(classes) == 0 {
		return Figure{}, fmt.Errorf("chart.ClassDistribution: %d classes in %d splits cannot be drawn; give at least one of each", len(classes), len(splits))
	}
	caption := "The classes" + textIf(title != "", " of %s", title) + "."
	f := Figure{Alt: caption, Caption: caption}
	for i, p := range splits {
		if len(p.Counts) != len(classes) {
			return Figure{}, fmt.Errorf("chart.ClassDistribution: split %q has %d counts for %d classes; give one each", p.Name, len(p.Counts), len(classes))
		}
		total := 0
		for _, n := range p.Counts {
			total += n
		}
		w := words{title: p.Name, fact: plural(total, "example")}
		for c, n := range p.Counts {
			w.rows = append(w.rows, []entry{{text: classes[c]}, {isBar: true, colour: cycle[i%len(cycle)], bar: float64(n) / float64(max(1, slices.Max(p.Counts)))},
				{text: show.Count(n), strong: true}, {text: fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(1, total)))}})
		}
		f.panels = append(f.panels, w)
	}
	return f, nil
}
