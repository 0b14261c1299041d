package chart

import (
	"fmt"
	"strings"

	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
)

// Confusion shows one confusion matrix, or several side by side. A row is a true
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
	worst := 0.0 // one scale for all
	for _, m := range ms {
		if len(m.Counts) == 0 || len(m.Classes) != len(m.Counts) {
			return Figure{}, fmt.Errorf("chart.Confusion: the matrix of %q has %d rows for %d classes; make it with score.Confusion", m.Model, len(m.Counts), len(m.Classes))
		}
		for t := range m.Counts {
			for p := range m.Counts {
				if p != t {
					worst = max(worst, shareOfRow(m, t, p))
				}
			}
		}
	}
	var f Figure
	var facts []string
	for _, m := range ms {
		w := words{title: m.Model, fact: fmt.Sprintf("%s of %s right", show.Metric("accuracy", m.Accuracy()), show.Count(m.Total())),
			head: append([]string{"true ↓ predicted →"}, m.Classes...)}
		for t, counts := range m.Counts {
			row := []entry{{text: m.Classes[t]}}
			for p, n := range counts {
				c := entry{text: show.Count(n), strong: t == p, colour: blue}
				share := shareOfRow(m, t, p)
				switch {
				case share == 0:
				case t == p:
					c.opacity = 0.04 + 0.46*share*share // squared: 90 % looks different from 100 %
				default:
					c.colour, c.opacity = orange, 0.08+0.42*share/worst
				}
				row = append(row, c)
			}
			w.rows = append(w.rows, row)
		}
		f.panels = append(f.panels, w)
		t, p, n := m.Worst()
		facts = append(facts, fmt.Sprintf("%s: %s wrong", m.Model, show.Count(m.Total()-m.Right()))+
			textIf(n > 0, ", most often %s was taken for %s, %s", m.Classes[t], m.Classes[p], plural(n, "time"))+".")
	}
	f.Alt = "Confusion " + textIf(len(ms) == 1, "matrix of ") + textIf(len(ms) > 1, "matrices of ") + strings.Join(facts, " ")
	f.Caption = strings.Join(facts, " ") + " Blue: the share of a class that was recognised. Orange: the share that was taken for another class" +
		textIf(worst > 0, ", darkest at %.1f %%", 100*worst) + "."
	return f, nil
}

// shareOfRow is the share of class t that was taken for class p.
func shareOfRow(m score.Matrix, t, p int) float64 {
	total := 0
	for _, n := range m.Counts[t] {
		total += n
	}
	return float64(m.Counts[t][p]) / max(1, float64(total))
}
