package chart

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"gonblabs/mnistkit/score"
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
	return blend(faint, white, 0.4)
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

const barLine = 14.0

// bars draws the probabilities as horizontal bars. The true class is framed,
// a wrong answer hatched; both are also said in words.
func (a answer) bars(s *sheet, x, y, width, names float64) {
	start := x + names + 6
	const words = 104 // room for "100.0 % predicted"
	room := width - names - 6 - words
	for row, c := range a.shownClasses() {
		middle := y + barLine*(float64(row)+0.5)
		p := min(max(a.probabilities[c], 0), 1)
		look := small.boldIf(c == a.truth)
		s.write(look.shorten(a.names[c], names), start-6, middle, look, right)
		s.fill(a.barColour(c), start, middle-4.5, room*p, 9)
		if c == a.predicted && !a.right() {
			s.hatch(start, middle-4.5, room*p, 9)
		}
		if c == a.truth {
			s.frame(ink, 1, start, middle-5.5, room, 11)
		}
		if text := a.barLabel(c); text != "" {
			at := start + room*p + 5
			if c == a.truth {
				at = start + room + 5 // after the frame
			}
			s.write(text, at, middle, lettering{10, c == a.predicted || c == a.truth, ink}, left)
		}
	}
	s.line(faint, 1, start, y, start, y+barLine*float64(len(a.shownClasses())))
}

// barLabel stands after a bar: its value, and what is special about it.
func (a answer) barLabel(c int) string {
	percent := fmt.Sprintf("%.1f %%", 100*a.probabilities[c])
	switch {
	case c == a.predicted && c == a.truth:
		return percent + " right"
	case c == a.predicted:
		return percent + " predicted"
	case c == a.truth:
		return percent + " true"
	case a.probabilities[c] >= 0.01:
		return percent
	}
	return ""
}

// hatch strokes an area from lower left to upper right.
func (s *sheet) hatch(x, y, width, height float64) {
	for at := x; at < x+width; at += 5 {
		end := min(at+height, x+width)
		s.line(white, 1, at, y+height, end, y+height-(end-at))
	}
}
