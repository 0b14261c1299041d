package mnistkit

import (
	"fmt"
	"strings"

	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/text"
)

// longestText is how much of a text a table shows, in characters.
const longestText = 240

// Texts is a table of a set's first texts in words, at most n, with their
// labels and what models say of them.
//
//	kit.Show(kit.Texts(reviews, 3, must.M1(reviews.Train())))
//	kit.Show(kit.Texts(reviews, 5, mine, must.M1(sentiment.Predict(mine))))
//
// Words outside the vocabulary are [UNK]; long texts are cut. The answers
// must be to the same set.
func Texts(recipe text.Recipe, n int, set *Set, answers ...score.Predictions) View {
	return func() (show.Block, error) {
		if set == nil || set.Len() == 0 {
			return nil, fmt.Errorf("kit.Texts: there is no text to show; give a set with at least one")
		}
		if n < 1 {
			return nil, fmt.Errorf("kit.Texts: %d texts are none to show; give at least 1", n)
		}
		if err := set.Check(); err != nil {
			return nil, fmt.Errorf("kit.Texts: %w", err)
		}
		shown := set.First(n)
		list, err := recipe.Texts(shown)
		if err != nil {
			return nil, fmt.Errorf("kit.Texts: %w", err)
		}
		t := show.Table{Caption: fmt.Sprintf("%s of %s texts of %s", show.Count(shown.Len()), show.Count(set.Len()), set.Name), Header: []string{"text"}, Align: "l"}
		if set.Labelled() {
			t.Header, t.Align = append(t.Header, "is"), t.Align+"l"
		}
		for _, p := range answers {
			if p.Data == nil || p.Len() != set.Len() {
				return nil, fmt.Errorf("kit.Texts: %s answers to another set; give answers to %q", p.Model, set.Name)
			}
			t.Header, t.Align = append(t.Header, p.Model+" says"), t.Align+"l"
		}
		for i, words := range list {
			row := []string{cut(words)}
			if set.Labelled() {
				row = append(row, truth(set, i))
			}
			for _, p := range answers {
				row = append(row, fmt.Sprintf("%s, %s", className(p.Data, p.Class(i)), Percent(confidence(p, i))))
			}
			t.Rows = append(t.Rows, row)
		}
		return t, nil
	}
}

// confidence is the probability of the class that was answered.
func confidence(p score.Predictions, i int) float64 {
	row := p.Row(i)
	if p.Units > 1 {
		return float64(row[p.Class(i)])
	}
	return max(float64(row[0]), 1-float64(row[0]))
}

// truth is the label of a text: its class, or its value.
func truth(set *Set, i int) string {
	switch {
	case set.Labels.I32 != nil:
		return className(set, int(set.Labels.I32[i]))
	case set.Labels.F32 != nil:
		return fmt.Sprint(set.Labels.F32[i])
	}
	return fmt.Sprint(set.Labels.U8[i])
}

func className(set *Set, class int) string {
	if class >= 0 && class < len(set.Classes) {
		return set.Classes[class]
	}
	return fmt.Sprint(class)
}

// cut leaves out the end of a long text, at a word if there is one.
func cut(s string) string {
	letters := []rune(s)
	if len(letters) <= longestText {
		return s
	}
	s = string(letters[:longestText])
	if at := strings.LastIndex(s, " "); at > 0 {
		s = s[:at+1]
	}
	return s + "…"
}
