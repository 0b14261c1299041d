package chart

import (
	"fmt"
	"html"
	"image/color"
	"math"
	"strings"
	"unicode/utf8"

	"gonblabs/mnistkit/show"
)

// words is a panel that is a table: its cells may be tinted, or hold bars. Its colours
// let the page's own shine through.
type words struct {
	title, fact string
	head        []string
	rows        [][]entry
}

// entry is one cell of a table. The first of a row is its name.
type entry struct {
	text    string
	strong  bool
	colour  color.NRGBA
	opacity float64 // of the colour behind the text; 0: there is none
	bar     float64 // the length of a bar, from 0 to 1, in place of a text
	isBar   bool
}

const barRoom = 130 // CSS pixels of the longest bar

func (w words) html(string) string {
	var b strings.Builder
	write := func(format string, values ...any) { fmt.Fprintf(&b, format, values...) }
	write(`<div class="panel" style="%s;overflow-x:auto;margin:0 16px 8px 0;font-size:12px"><div style="font-size:13px"><strong>%s</strong> %s</div><table style="border-collapse:collapse;margin:0;font-size:inherit">`,
		beside, html.EscapeString(w.title), html.EscapeString(w.fact))
	if w.head != nil {
		write(`<thead><tr>`)
		width := 18 // of all columns, in CSS pixels
		for _, name := range w.head[1:] {
			width = max(width, min(48, 7*utf8.RuneCountInString(name)))
		}
		for _, name := range w.head {
			write(`<th scope="col" style="border:0;padding:2px 4px;min-width:%dpx;text-align:center;vertical-align:bottom;font-weight:normal">%s</th>`,
				width, html.EscapeString(name))
		}
		write(`</tr></thead>`)
	}
	write(`<tbody>`)
	for _, row := range w.rows {
		write(`<tr style="background:none">`)
		for i, c := range row {
			tag, style := `td`, "text-align:left"
			switch {
			case i == 0:
				tag, style = `th scope="row"`, "text-align:right"
			case w.head != nil:
				style = "text-align:center"
			case strings.IndexAny(c.text, "0123456789") == 0:
				style = "text-align:right"
			}
			if c.strong {
				style += ";font-weight:bold"
			} else {
				style += ";font-weight:normal"
			}
			style += textIf(c.opacity > 0, ";background-color:%s", css(c.colour, c.opacity))
			inside := html.EscapeString(c.text)
			if c.isBar {
				inside = fmt.Sprintf(`<div style="width:%.1fpx;height:11px;background-color:%s"></div>`, barRoom*c.bar, css(c.colour, 1))
				style += fmt.Sprintf(";width:%dpx", barRoom)
			}
			write(`<%s style="border:0;padding:2px 4px;vertical-align:middle;%s">%s</%s>`, tag, style, inside, tag[:2])
		}
		write(`</tr>`)
	}
	write(`</tbody></table></div>`)
	return b.String()
}

// Text is the table with bars of blocks.
func (w words) Text() string {
	t := show.Table{Caption: strings.TrimSpace(w.title + "  " + w.fact), Header: w.head}
	for _, row := range w.rows {
		var texts []string
		for _, c := range row {
			texts = append(texts, c.text+textIf(c.isBar, "%s", strings.Repeat("█", int(math.Round(10*c.bar)))))
		}
		t.Rows = append(t.Rows, texts)
	}
	return t.Text()
}
