package show

import (
	"fmt"
	"html"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
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
	if len(align) > 7 { // more do not fit a page at full size
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

// Count writes a whole number with commas: "60,000".
func Count(n int) string { return commas(strconv.Itoa(n)) }

// commas puts them into the digits of a whole number.
func commas(digits string) string {
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Metric writes the value of a metric as a reader expects it: accuracies in
// percent, "98.61 %", all others as Number does, "0.0458".
func Metric(name string, v float64) string {
	if strings.HasSuffix(name, "accuracy") {
		return Percent(v)
	}
	return Number(v)
}

// Number writes a value as Keras does: with four decimals, such as "0.9891", or
// with three digits and a power of ten where four decimals would be all zeros.
func Number(v float64) string {
	switch size := math.Abs(v); {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "-∞"
	case v == 0 || size >= 0.00095 && size < 1000:
		return fmt.Sprintf("%.4f", v)
	case size >= 1000 && size < 1e6:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2e", v)
}

// Duration writes seconds as a reader says them: "0.4 s", "3 min 12 s".
func Duration(seconds float64) string {
	switch d := time.Duration(math.Round(seconds)) * time.Second; {
	case seconds < 9.95:
		return fmt.Sprintf("%.1f s", seconds)
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	}
}

// Percent writes a share as percent: "98.61 %".
func Percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }

// Points writes how far share a is above share b: "+1.02 points".
func Points(a, b float64) string { return fmt.Sprintf("%+.2f points", 100*(a-b)) }
