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
		if slices.Contains(r.Dropped, name) && slices.Contains(r.OneHots, name) {
			return fmt.Errorf("column %q of table %q is in Drop and in OneHot; choose one", name, t.Name)
		}
	}
	return nil
}

// findMissing finds out where values are missing.
func (t *Table) findMissing() {
	incomplete := make([]bool, t.Len())
	for _, c := range t.Columns {
		var numbers []int // of rows, from 1
		for i, text := range c.Texts {
			if text == "" {
				numbers = append(numbers, i+1)
				incomplete[i] = true
			}
		}
		if numbers != nil {
			t.missing = append(t.missing, fmt.Sprintf("column %q has %s", c.Name, missingValues(numbers)))
		}
	}
	for i, is := range incomplete {
		if !is {
			t.complete = append(t.complete, int32(i))
		}
	}
}

// plan says what becomes of each column.
func (r Recipe) plan(t *Table) (Encoder, error) {
	e := Encoder{Table: t.Name, Columns: t.columns, Target: r.Target}
	isNumber := func(text string) bool { return !isText(text) }
	for _, c := range t.Columns {
		switch target := c.Name == r.Target; {
		case target && c.Numbers != nil && !r.Classes: // values
		case target && !r.Classes && slices.ContainsFunc(c.Texts, isNumber): // a slip among numbers does not make them classes
			row := slices.IndexFunc(c.Texts, isText)
			return e, fmt.Errorf("the target %q of table %q has numbers, but %q in row %d; write a number there, or nothing for a missing value; AsClasses() takes all of them as names of classes", r.Target, t.Name, c.Texts[row], t.complete[row]+1)
		case target:
			e.Classes = c.values()
		case slices.Contains(r.OneHots, c.Name):
			for _, v := range c.values() {
				e.Features = append(e.Features, Feature{Name: c.Name + "=" + v, Column: c.Name, OneHot: true, Value: v, Deviation: 1})
			}
		case c.Numbers == nil:
			row := slices.IndexFunc(c.Texts, isText)
			return e, fmt.Errorf("column %q of table %q holds text (%q in row %d); add OneHot(%q) or Drop(%q)", c.Name, t.Name, c.Texts[row], t.complete[row]+1, c.Name, c.Name)
		default:
			e.Features = append(e.Features, Feature{Name: c.Name, Column: c.Name, Deviation: 1})
		}
	}
	if e.Features == nil {
		return e, fmt.Errorf("table %q leaves no column to learn from; drop fewer", t.Name)
	}
	return e, nil
}

func isText(text string) bool { _, err := number(text); return err != nil }

// missingValues is "3 missing values (rows 33, 127 and 331)", with the first eight of the rows.
func missingValues(rows []int) string {
	if len(rows) == 1 {
		return fmt.Sprintf("1 missing value (row %d)", rows[0])
	}
	var first []string
	for _, row := range rows[:min(len(rows), 8)] {
		first = append(first, strconv.Itoa(row))
	}
	last := len(first) - 1
	list := strings.Join(first[:last], ", ") + " and " + first[last]
	if len(rows) > len(first) {
		list = strings.Join(first, ", ") + " …"
	}
	return fmt.Sprintf("%d missing values (rows %s)", len(rows), list)
}
