package view

import (
	"fmt"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/text"
)

// Texts shows a table of a set's first n texts in words, with their labels and the
// answers of models.
func Texts(recipe text.Recipe, n int, set *data.Set, answers ...score.Predictions) (block show.Block, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("kit.Texts: %w", err)
		}
	}()
	if set == nil || set.Len() == 0 {
		return nil, fmt.Errorf("there is no text to show; give a set with at least one")
	}
	if n < 1 {
		return nil, fmt.Errorf("%d texts are none to show; give at least 1", n)
	}
	if err := set.Check(); err != nil {
		return nil, err
	}
	list, err := recipe.Texts(set.First(n))
	if err != nil {
		return nil, err
	}
	t := show.Table{Caption: fmt.Sprintf("%s of %s texts of %s", show.Count(len(list)), show.Count(set.Len()), set.Name),
		Rows: make([][]string, len(list)), Align: strings.Repeat("l", 2+len(answers))}
	t.AddColumn("text", func(i int) string { return abbreviated(list[i]) })
	if set.Labelled() {
		t.AddColumn("is", set.Label)
	}
	for _, p := range answers {
		if p.Data == nil || p.Len() != set.Len() {
			return nil, fmt.Errorf("%s answers to another set; give answers to %q", p.Model, set.Name)
		}
		names := p.ClassNames()
		t.AddColumn(p.Model+" says", func(i int) string {
			return fmt.Sprintf("%s, %s", names[p.Class(i)], show.Percent(p.Probabilities(i)[p.Class(i)]))
		})
	}
	return t, nil
}

// abbreviated leaves out the end of a text of more than 240 characters, at a
// word if there is one.
func abbreviated(s string) string {
	const most = 240
	letters := []rune(s)
	if len(letters) <= most {
		return s
	}
	s = string(letters[:most])
	if at := strings.LastIndex(s, " "); at > 0 {
		s = s[:at+1]
	}
	return s + "…"
}
