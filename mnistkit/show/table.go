package show

import (
	"fmt"
	"html"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Table is rows of text under a header. The first column is the name of the row.
//
//	show.Display(show.Table{Caption: "Epochs", Header: []string{"epoch", "loss"}, Rows: rows})
//
// Columns of numbers are aligned to the right, all others to the left. Rows
// may be shorter than the header.
type Table struct {
	Caption  string
	Header   []string
	Rows     [][]string
	Foot     []string // lines below the last row
	Strong   int      // this row, counted from 1, is printed bold; 0: none
	Align    string   // a letter a column, l or r; "" goes by what the cells hold
	Decimals int      // of the numbers that AddRow is given; 0: as many as Number writes
	Kind     string   // "results", "leaderboard": what it is to programs that read the notebook; "" is for people only, see Data
}

// AddRow adds a row below the others, and returns the table. Whole numbers get
// commas, others four decimals or Decimals; nil is a dash.
//
//	t.AddRow("lenet", 61706, 0.0458)
func (t *Table) AddRow(values ...any) *Table {
	row := make([]string, len(values))
	for i, v := range values {
		row[i] = t.cell(v)
	}
	t.Rows = append(t.Rows, row)
	return t
}

// cell writes a value.
func (t *Table) cell(v any) string {
	switch n := reflect.ValueOf(v); {
	case v == nil:
		return "–"
	case (n.CanInt() || n.CanUint()) && n.Type().PkgPath() == "": // a type of its own may write itself otherwise
		return commas(fmt.Sprint(v))
	case n.CanFloat() && t.Decimals > 0:
		return fmt.Sprintf("%.*f", t.Decimals, n.Float())
	case n.CanFloat():
		return Number(n.Float())
	}
	return fmt.Sprint(v)
}

// AddColumn adds a column to the right of the others. cell gives its text for each
// row, counted from 0.
func (t *Table) AddColumn(name string, cell func(row int) string) {
	t.Header = append(t.Header, name)
	for i := range t.Rows {
		t.Rows[i] = append(t.Rows[i], cell(i))
	}
}

// HTML is a <table> with a caption, and with scopes for screen readers.
func (t Table) HTML() string {
	align, size := t.align(), ""
	if len(align) > wide {
		size = ";font-size:80%"
	}
	var b strings.Builder
	write := func(format string, values ...any) { fmt.Fprintf(&b, format, values...) }
	write(`<div style="overflow-x:auto;margin:8px 0"><table style="border-collapse:collapse;margin:0%s">`, size)
	if t.Caption != "" {
		write(`<caption style="caption-side:top;text-align:left;padding:2px 8px;font-weight:bold">%s</caption>`, html.EscapeString(t.Caption))
	}
	if len(t.Header) > 0 {
		write(`<thead><tr>`)
		for c, name := range t.Header {
			tag := `th scope="col"`
			if name == "" {
				tag = "td" // a header without a name says nothing to a screen reader
			}
			write(`<%s style="%s;border-bottom:1px solid #888888">%s</%s>`, tag, cellStyle(align[c], false), html.EscapeString(name), tag[:2])
		}
		write(`</tr></thead>`)
	}
	write(`<tbody>`)
	for r, row := range t.Rows {
		write(`<tr>`)
		for c, cell := range row {
			tag, scope := "td", ""
			if c == 0 && cell != "" {
				tag, scope = "th", ` scope="row"`
			}
			write(`<%s%s style="%s">%s</%[1]s>`, tag, scope, cellStyle(align[c], r+1 == t.Strong), html.EscapeString(cell))
		}
		write(`</tr>`)
	}
	write(`</tbody>`)
	if len(t.Foot) > 0 {
		write(`<tfoot>`)
		border := ";border-top:1px solid #888888"
		for _, foot := range t.Foot {
			write(`<tr><td colspan="%d" style="%s%s">%s</td></tr>`, len(align), cellStyle('l', false), border, html.EscapeString(foot))
			border = "" // only above the first
		}
		write(`</tfoot>`)
	}
	write(`</table></div>`)
	return b.String()
}

// wide is the number of columns up to which a table fits a page at full size.
const wide = 7

// cellStyle leaves colours to the reader's theme.
func cellStyle(align byte, strong bool) string {
	side, font, weight := "left", "", "normal"
	if align == 'r' {
		side, font = "right", ";font-variant:tabular-nums" // digits of one width
	}
	if strong {
		weight = "bold"
	}
	return "text-align:" + side + ";padding:2px 8px" + font + ";font-weight:" + weight
}

// Text is the table with aligned columns.
func (t Table) Text() string {
	align := t.align()
	widths := make([]int, len(align))
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		for c, cell := range row {
			widths[c] = max(widths[c], utf8.RuneCountInString(cell))
		}
	}
	lines := t.Rows
	if len(t.Header) > 0 {
		rule := make([]string, len(t.Header))
		for c := range rule {
			rule[c] = strings.Repeat("─", widths[c])
		}
		lines = append([][]string{t.Header, rule}, lines...)
	}
	var b strings.Builder
	if t.Caption != "" {
		b.WriteString(t.Caption + "\n")
	}
	for _, row := range lines {
		text := ""
		for c, cell := range row {
			width := widths[c]
			if align[c] == 'l' {
				width = -width
			}
			text += fmt.Sprintf("%*s  ", width, cell)
		}
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	for _, foot := range t.Foot {
		b.WriteString(foot + "\n")
	}
	return b.String()
}

// align is a letter for each column of the widest row.
func (t Table) align() []byte {
	columns := len(t.Header)
	for _, row := range t.Rows {
		columns = max(columns, len(row))
	}
	letters := []byte(t.Align)
	for c := len(letters); c < columns; c++ {
		letter := byte('l')
		if t.numbers(c) {
			letter = 'r'
		}
		letters = append(letters, letter)
	}
	return letters[:columns]
}

// numbers says whether column c holds at least one number and nothing else.
func (t Table) numbers(c int) bool {
	found := false
	for _, row := range t.Rows {
		if c >= len(row) {
			continue
		}
		switch cell := strings.TrimLeft(row[c], "★ +-−."); {
		case cell == "" || cell == "–" || cell == "—":
		case cell[0] >= '0' && cell[0] <= '9', cell == "NaN", cell == "∞", cell == "Inf":
			found = true
		default:
			return false
		}
	}
	return found
}
