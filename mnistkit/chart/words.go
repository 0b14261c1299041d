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

// words is a panel that is a table: its cells may be tinted, or hold bars or pictures.
// Its colours let the page's own shine through.
type words struct {
	title, fact string
	head        []string
	rows        [][]entry
	width       int // of columns that are equally wide together, in CSS pixels; 0: what they hold decides
}

// entry is one cell of a table. The first of a row is its name.
type entry struct {
	text    string
	strong  bool
	colour  color.NRGBA
	opacity float64 // of the colour behind the text; 0: there is none
	bar     float64 // the length of a bar, from 0 to 1, in place of a text
	isBar   bool
	picture *picture // in place of a text
}

const barRoom = 100 // CSS pixels of the longest bar

func (w words) html(alt string) string {
	var b strings.Builder
	write := func(format string, values ...any) { fmt.Fprintf(&b, format, values...) }
	write(`<div class="panel" style="%s;overflow-x:auto;margin:0 12px 6px 0;font-size:12px;line-height:1.25%s">`, beside, textIf(w.width > 0, ";width:%dpx", w.width))
	write(`<div style="font-size:13px"><strong>%s</strong><div>%s</div></div>`, html.EscapeString(w.title), html.EscapeString(w.fact))
	write(`<table style="border-collapse:collapse;margin:0;font-size:inherit%s"><tbody>`, textIf(w.width > 0, ";table-layout:fixed;width:100%%"))
	align, pad := "center", 4
	if w.head != nil {
		width := 18 // of all columns, in CSS pixels
		for _, name := range w.head[1:] {
			width = max(width, min(48, 7*utf8.RuneCountInString(name)))
		}
		if len(w.head) > 7 && width > 40 && w.width == 0 { // many long names stand upright, so that a phone has room
			align, width, pad = "left;writing-mode:vertical-rl;transform:rotate(180deg)", 18, 2
		}
		write(`<tr style="background:none">`)
		for i, name := range w.head {
			tag := `th scope="col"`
			if name == "" {
				tag = "td" // no header
			}
			write(`<%s style="border:0;padding:2px %dpx;min-width:%dpx;text-align:%s;vertical-align:bottom;font-weight:normal">%s</%s>`,
				tag, pad, width, []string{"center", align}[min(i, 1)], html.EscapeString(name), tag[:2])
		}
		write(`</tr>`)
	}
	for _, row := range w.rows {
		write(`<tr style="background:none">`)
		for i, c := range row {
			inside := html.EscapeString(c.text)
			switch {
			case c.isBar:
				inside = fmt.Sprintf(`<div style="width:%.1fpx;height:11px;background-color:%s"></div>`, barRoom*c.bar, css(c.colour, 1))
			case c.picture != nil:
				inside, alt = c.picture.img(alt), ""
			}
			tag := "td"
			if i == 0 {
				tag = `th scope="row"`
			}
			write(`<%s style="border:0;padding:1px %dpx;vertical-align:middle;%s">%s</%s>`, tag, pad, c.style(i, w.head != nil), inside, tag[:2])
		}
		write(`</tr>`)
	}
	write(`</tbody></table></div>`)
	return b.String()
}

// style is the cell's own, in a column of a table with or without a head.
func (c entry) style(column int, headed bool) string {
	style, weight := "text-align:left", "normal"
	switch {
	case column > 0 && headed:
		style = "text-align:center"
	case column == 0 || strings.IndexAny(c.text, "0123456789") == 0:
		style = "text-align:right"
	}
	if c.strong {
		weight = "bold"
	}
	return style + ";font-weight:" + weight + textIf(c.isBar, ";width:%dpx", barRoom) + textIf(c.opacity > 0, ";background-color:%s", css(c.colour, c.opacity))
}

// Text is the table with bars of blocks; pictures have none.
func (w words) Text() string {
	t := show.Table{Caption: strings.TrimSpace(w.title + "  " + w.fact), Header: w.head}
	for _, row := range w.rows {
		var texts []string
		for _, c := range row {
			if c.picture != nil {
				return ""
			}
			texts = append(texts, c.text+textIf(c.isBar, "%s", strings.Repeat("█", int(math.Round(10*c.bar)))))
		}
		t.Rows = append(t.Rows, texts)
	}
	return t.Text()
}
