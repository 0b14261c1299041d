// Package chart draws the kit's figures: learning curves, sample grids, confusion
// matrices, models. What needs points and lines is a PNG at twice the usual density;
// what is boxes and words is HTML, in the page's own colours.
package chart

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"html"
	"strings"

	"gonblabs/mnistkit/show"
)

// Figure is a finished figure. It shows itself in a cell:
//
//	kit.Show(must.M1(chart.Samples(test, 4, 8)))
//
// Its panels lie side by side where there is room, and one below the other on a phone.
type Figure struct {
	Alt, Caption string
	Numbers      show.Table // what the pictures show, folded below them; without rows there is none
	panels       []panel
	legend       []legendEntry
	width        int // of the panels together, in CSS pixels; 0: that of the page
}

// panel is a part of a figure: a picture, or words.
type panel interface {
	html(alt string) string
	Text() string
}

// HTML is a <figure> with nothing to load and nothing to run. Its first panel has the
// alt text.
func (f Figure) HTML() string {
	var b strings.Builder
	b.WriteString(`<figure style="margin:8px 0"><div` + textIf(f.width > 0, ` style="max-width:%dpx"`, f.width) + `>`)
	alt := f.Alt
	for _, p := range f.panels {
		b.WriteString(p.html(alt))
		alt = ""
	}
	b.WriteString(`</div>` + legendHTML(f.legend))
	b.WriteString(textIf(f.Caption != "", `<figcaption style="font-size:90%%;margin-top:4px">%s</figcaption>`, html.EscapeString(f.Caption)))
	if f.Numbers.Rows != nil {
		b.WriteString(show.Details{Summary: "The numbers", Body: f.Numbers}.HTML())
	}
	return b.String() + `</figure>`
}

// Text is the figure in words.
func (f Figure) Text() string {
	text := "[figure] " + f.Alt + "\n"
	for _, p := range f.panels {
		text += p.Text()
	}
	text += textIf(f.Caption != "" && f.Caption != f.Alt, "%s\n", f.Caption)
	if f.Numbers.Rows != nil {
		text += f.Numbers.Text()
	}
	return text
}

// beside is the style of what lies side by side.
const beside = "display:inline-block;vertical-align:top;max-width:100%"

// picture is a PNG of two dots for each CSS pixel, with lines of words above it and texts for its numbers below.
type picture struct {
	png           []byte
	width, height int
	photo         bool    // pixels of an image, which keep their colours on a dark page
	letters       float64 // the height of its smallest type, in CSS pixels; 0: none
	above, below  []string
	alt           string // of its own
}

func (p picture) html(alt string) string {
	above := ""
	for i, line := range p.above {
		above += fmt.Sprintf(`<div style="font-size:12px;line-height:16px;font-weight:%s;overflow:hidden;white-space:nowrap;text-overflow:ellipsis">%s</div>`,
			[]string{"bold", "normal"}[min(i, 1)], html.EscapeString(line))
	}
	below := ""
	for i, txt := range p.below {
		below += fmt.Sprintf(`<div style="font-size:12px">%s <bdi>%s</bdi></div>`, numbered(i), html.EscapeString(txt))
	}
	return fmt.Sprintf(`<div class="panel" style="%s;margin:0 5px 6px 0%s">%s%s%s</div>`,
		beside, textIf(above+below != "", ";width:%dpx", p.width), above, p.img(cmp.Or(alt, p.alt)), below)
}

func (p picture) img(alt string) string {
	class, back := "drawing", ";background-color:#ffffff;border-radius:4px" // a page that knows the class does without
	if p.photo {
		class, back = "photo", ""
	}
	return fmt.Sprintf(`<img class="%s" data-letters="%g" alt="%s" width="%d" height="%d" style="display:block;max-width:100%%;height:auto%s" src="data:image/png;base64,%s">`,
		class, p.letters, html.EscapeString(alt), p.width, p.height, back, base64.StdEncoding.EncodeToString(p.png))
}

// Text is what stands above the picture.
func (p picture) Text() string { return textIf(p.above != nil, "  %s\n", strings.Join(p.above, "  ")) }

// row is panels that stay together in a line of their own.
type row []panel

func (r row) html(string) string {
	text := `<div class="panel" style="margin:0 0 10px">`
	for _, p := range r {
		text += p.html("")
	}
	return text + `</div>`
}

// Text is that of the panels.
func (r row) Text() (text string) {
	for _, p := range r {
		text += p.Text()
	}
	return text
}
