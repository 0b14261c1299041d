package table

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gonblabs/mnistkit/internal/quote"
)

// check reports names of columns that cannot be followed.
func (r Recipe) check(t *Table) error {
	columns := t.byName()
	for _, name := range slices.Concat([]string{r.Target}, r.Dropped, r.OneHots) {
		if columns[name] == nil {
			return quote.Errorf("table %q has no column %q; it has %s", t.Name, name, quote.List(t.Names()))
		}
	}
	for _, name := range slices.Concat(r.Dropped, r.OneHots) {
		if name == r.Target {
			return quote.Errorf("column %q of table %q is the target and no feature; leave it out of Drop and OneHot", name, t.Name)
		}
		if slices.Contains(r.Dropped, name) && slices.Contains(r.OneHots, name) {
			return quote.Errorf("column %q of table %q is in Drop and in OneHot; choose one", name, t.Name)
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
			t.missing = append(t.missing, fmt.Sprintf("column %q has %s", quote.Cut(c.Name, 300, 0), missingValues(numbers)))
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
	for _, c := range t.Columns {
		switch target := c.Name == r.Target; {
		case target && c.Numbers != nil && !r.Classes: // values
		case target:
			e.Classes = c.values()
			err := t.stray(c, "AsClasses()")
			if n := len(e.Classes); err == nil && t.Len() >= 10 && 2*n > t.Len() { // a class has several examples
				err = quote.Errorf("the target %q of table %q has %d different texts in %d rows (%q in row %d), too many for classes; write plain numbers for a regression, or add AsClasses()",
					c.Name, t.Name, n, t.Len(), c.Texts[0], t.complete[0]+1)
			}
			if err != nil && !r.Classes {
				return e, err
			}
		case slices.Contains(r.OneHots, c.Name):
			for _, v := range c.values() {
				e.Features = append(e.Features, Feature{Name: c.Name + "=" + v, Column: c.Name, OneHot: true, Value: v, Deviation: 1})
			}
		case c.Numbers == nil:
			err := t.stray(c, fmt.Sprintf("OneHot(%q)", c.Name))
			return e, cmp.Or(err, quote.Errorf("column %q of table %q holds text (%q in row %d); add OneHot(%[1]q) or Drop(%[1]q)", c.Name, t.Name, c.Texts[0], t.complete[0]+1))
		default:
			e.Features = append(e.Features, Feature{Name: c.Name, Column: c.Name, Deviation: 1})
		}
	}
	if e.Features == nil {
		return e, quote.Errorf("table %q leaves no column to learn from; drop fewer", t.Name)
	}
	if size := len(e.Features) * t.Len() * 4; size > 2<<30 {
		return e, quote.Errorf("table %q has %d features in %d rows, %d MB; drop columns of many different texts, such as names", t.Name, len(e.Features), t.Len(), size>>20)
	}
	return e, nil
}

// stray reports a slip among the numbers of a column, which does not make texts of them; all takes it so.
func (t *Table) stray(c Column, all string) error {
	row := slices.IndexFunc(c.Texts, isText)
	if row < 0 || !slices.ContainsFunc(c.Texts, numeric) {
		return nil
	}
	what := "write a number there, or nothing for a missing value"
	if numeric(c.Texts[row]) {
		what = "write it as 1234.5, without signs for thousands and below 3.4e38"
	}
	return quote.Errorf("column %q of table %q has numbers, but %q in row %d; %s; %s takes all of them as names",
		c.Name, t.Name, c.Texts[row], t.complete[row]+1, what, all)
}

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
