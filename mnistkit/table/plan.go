package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// check reports names of columns that cannot be followed.
func (r Recipe) check(t *Table) error {
	for _, name := range slices.Concat([]string{r.Target}, r.Dropped, r.OneHots) {
		if t.Column(name) == nil {
			return fmt.Errorf("table %q has no column %q; it has %s", t.Name, name, strings.Join(t.Names(), ", "))
		}
	}
	for _, name := range slices.Concat(r.Dropped, r.OneHots) {
		if name == r.Target {
			return fmt.Errorf("column %q of table %q is the target and no feature; leave it out of Drop and OneHot", name, t.Name)
		}
	}
	for _, name := range r.OneHots {
		if slices.Contains(r.Dropped, name) {
			return fmt.Errorf("column %q of table %q is in Drop and in OneHot; choose one", name, t.Name)
		}
	}
	return nil
}

// used says whether the recipe looks at a column.
func (r Recipe) used(name string) bool { return !slices.Contains(r.Dropped, name) }

// rows tells those that are complete in the used columns from the others, and says
// where values are missing.
func (r Recipe) rows(t *Table) (complete, incomplete []int32, where []string) {
	missing := make([]bool, t.Len())
	for _, c := range t.Columns {
		if !r.used(c.Name) {
			continue
		}
		var numbers []int // of rows, from 1
		for i, text := range c.Texts {
			if text == "" {
				numbers = append(numbers, i+1)
				missing[i] = true
			}
		}
		if numbers != nil {
			where = append(where, fmt.Sprintf("column %q has %d missing %s (%s)", c.Name, len(numbers), nouns(len(numbers), "value"), listed(numbers)))
		}
	}
	for i, is := range missing {
		if is {
			incomplete = append(incomplete, int32(i))
		} else {
			complete = append(complete, int32(i))
		}
	}
	return complete, incomplete, where
}

// plan lists what the model is given. rows are where those of t stand in the file.
func (r Recipe) plan(t *Table, rows []int32) ([]Feature, error) {
	var out []Feature
	for _, c := range t.Columns {
		switch {
		case c.Name == r.Target || !r.used(c.Name):
		case slices.Contains(r.OneHots, c.Name):
			for _, v := range c.values() {
				out = append(out, Feature{Name: c.Name + "=" + v, Column: c.Name, OneHot: true, Value: v, Deviation: 1})
			}
		case c.Numbers == nil:
			row := slices.IndexFunc(c.Texts, isText)
			return nil, fmt.Errorf("column %q of table %q holds text (%q in row %d); add OneHot(%q) or Drop(%q)", c.Name, t.Name, c.Texts[row], rows[row]+1, c.Name, c.Name)
		default:
			out = append(out, Feature{Name: c.Name, Column: c.Name, Deviation: 1})
		}
	}
	if out == nil {
		return nil, fmt.Errorf("table %q leaves no column to learn from; drop fewer", t.Name)
	}
	return out, nil
}

// classesOf are those of the target; nil for values. A slip among numbers does not make them classes.
func (r Recipe) classesOf(t *Table, rows []int32) ([]string, error) {
	c := t.Column(r.Target)
	if r.Classes {
		return c.values(), nil
	}
	if c.Numbers != nil {
		return nil, nil
	}
	row := slices.IndexFunc(c.Texts, isText)
	if slices.ContainsFunc(c.Texts, func(text string) bool { return !isText(text) }) {
		return nil, fmt.Errorf("the target %q of table %q has numbers, but %q in row %d; write a number there, or nothing for a missing value; AsClasses() takes all of them as names of classes", r.Target, t.Name, c.Texts[row], rows[row]+1)
	}
	return c.values(), nil
}

func isText(text string) bool { _, err := number(text); return err != nil }

// listed is "rows 33, 127 and 331", at most eight of them.
func listed(rows []int) string {
	const most = 8
	words := make([]string, 0, most)
	for _, row := range rows[:min(len(rows), most)] {
		words = append(words, strconv.Itoa(row))
	}
	switch n := len(words); {
	case n == 1:
		return "row " + words[0]
	case len(rows) > most:
		return "rows " + strings.Join(words, ", ") + " …"
	default:
		return "rows " + strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}

func nouns(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
