// Package chart draws the kit's figures: learning curves, sample grids, confusion
// matrices, models. What needs points and lines is a PNG at twice the usual density;
// what is boxes and words is HTML, in the page's own colours.
package chart

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"html"
	"math"
	"slices"
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
	b.WriteString(`</div>` + textIf(f.legend != nil, `<div style="font-size:90%%;margin-top:4px">`))
	for _, e := range f.legend {
		fmt.Fprintf(&b, `<span style="white-space:nowrap;margin-right:18px"><span class="drawing" style="color:%s">%s</span> %s</span> `,
			css(e.colour(), 1), e.sign(), html.EscapeString(e.name))
	}
	b.WriteString(textIf(f.legend != nil, `</div>`))
	b.WriteString(textIf(f.Caption != "", `<figcaption style="font-size:90%%;margin-top:4px">%s</figcaption>`, html.EscapeString(f.Caption)))
	if f.Numbers.Rows != nil {
		b.WriteString(show.Details{Summary: "The numbers", Body: f.Numbers}.HTML())
	}
	return b.String() + `</figure>`
}

// Text is the figure in words.
func (f Figure) Text() string {
	text := "[figure] " + f.Alt + "\n" + row(f.panels).Text()
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

// Two panels fit side by side on a page, and one fits a phone.
const (
	panelWidth  = 392.0
	panelHeight = 256.0
	mostLabels  = 15 // that have room beside a panel
)

type metricPanel struct {
	metric  string
	lines   []series
	several bool // runs: the colour tells the run; else training from validation
}

func (p metricPanel) draw() picture {
	const head = 24
	s := newSheet(panelWidth+2*margin, panelHeight+2*margin)
	labels, room := p.labels(), 0.0
	if len(labels) > mostLabels { // the legend names them
		labels = nil
	}
	for i := range labels {
		labels[i].text = labelType.shorten(labels[i].text, 110)
		room = max(room, labelType.width(labels[i].text)+8)
	}
	var epochs []float64
	for _, line := range p.lines {
		epochs = append(epochs, line.epochs...)
	}
	across, up := axisOf(epochs...).widened(0.4).named("epoch"), focus(p.lines)
	across.ticks = epochTicks(across.low, across.high)
	s.write(p.metric+textIf(up.logarithmic, " (logarithmic)"), margin, margin+head/2-4, heading, left)
	on := newPlot(s, across, up.rounded(), margin, margin+head, panelWidth-room, panelHeight-head)
	for _, line := range p.lines {
		line.draw(on)
	}
	for _, line := range p.lines {
		if k := line.kept; k >= 0 && line.primary {
			ring := look{mark: mark{line.look.line.colour, 5.5, form{}}} // which means nothing else
			on.draw(ring, line.epochs[k:k+1], line.values[k:k+1])
		}
		if !p.several && line.primary && line.best >= 0 {
			s.write("best "+line.data+": "+line.at(line.best), margin+panelWidth, margin+head/2-4, quiet, right)
		}
	}
	on.labels(labels)
	return s.picture()
}

// labels name the data of a single run's lines, else the groups of runs.
func (p metricPanel) labels() (list []label) {
	for _, line := range p.lines {
		name := line.style.group
		if !p.several {
			name = line.data
		}
		named := slices.ContainsFunc(list, func(l label) bool { return l.text == name })
		if named || line.drawn == nil || p.several && !line.primary || !p.several && len(p.lines) == 1 {
			continue
		}
		last := line.drawn[len(line.drawn)-1]
		list = append(list, label{name, line.epochs[last], line.values[last], line.look.line.colour})
	}
	return list
}

// focus is the axis for lines. Where the first tenth of the epochs takes more than two
// thirds of the range, it is left out: what follows matters. Where one end of the rest
// dwarfs the other, the axis is logarithmic.
func focus(lines []series) axis {
	var all, later []float64
	longest := 0
	for _, line := range lines {
		longest = max(longest, len(line.values))
	}
	for _, line := range lines {
		first := 0
		if n := len(line.values); n >= 5 { // of a shorter run too, but never more than half of it
			first = min((longest+9)/10, n/2)
		}
		for i, v := range line.values {
			if all = append(all, v); i >= first || i == line.kept {
				later = append(later, v)
			}
		}
	}
	whole, rest := axisOf(all...), axisOf(later...)
	if span := rest.high - rest.low; span > 1e-3*max(math.Abs(rest.low), math.Abs(rest.high)) && span < (whole.high-whole.low)/3 {
		whole, all = rest, later
	}
	whole.logarithmic = needsLog(all)
	return whole
}

// needsLog says whether one end of the values dwarfs the rest, so that only a
// logarithmic axis shows them all.
func needsLog(values []float64) bool {
	values = slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !finite(v) })
	slices.Sort(values)
	n := len(values)
	return n > 0 && values[0] > 0 && values[n-1] > 30*values[n/2]
}
