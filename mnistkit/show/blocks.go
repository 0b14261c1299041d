package show

import (
	"fmt"
	"html"
	"strings"
)

// Blocks are several blocks as one.
type Blocks []Block

// HTML joins the blocks.
func (bs Blocks) HTML() string {
	var b strings.Builder
	for _, block := range bs {
		b.WriteString(block.HTML())
	}
	return b.String()
}

// Text joins the blocks.
func (bs Blocks) Text() string {
	var b strings.Builder
	for _, block := range bs {
		b.WriteString(line(block.Text()))
	}
	return b.String()
}

// Line is a sentence by itself.
type Line string

// HTML is a paragraph.
func (l Line) HTML() string {
	return `<p style="margin:4px 0">` + html.EscapeString(string(l)) + `</p>`
}

// Text is the sentence.
func (l Line) Text() string { return string(l) + "\n" }

// Status is a sentence that screen readers announce when it appears, once they have
// said what they are at.
//
//	show.Display(show.Status("mnist/lenet: trained 20 epochs"))
type Status string

// HTML is a paragraph with the role of a status.
func (s Status) HTML() string {
	return `<p role="status" aria-live="polite" style="margin:4px 0">` + html.EscapeString(string(s)) + `</p>`
}

// Text is the sentence.
func (s Status) Text() string { return string(s) + "\n" }

// Note is a notice that the reader must not miss.
//
//	show.Display(show.Note("bundled sample: 1,000 of 60,000 images"))
type Note string

// HTML is a framed notice. Its frame shows on light and on dark pages.
func (n Note) HTML() string {
	return `<div role="note" style="border:1px solid #888888;border-left:5px solid #e69f00;padding:4px 10px;margin:8px 0"><strong>ℹ Note</strong> ` +
		html.EscapeString(string(n)) + `</div>`
}

// Text is the notice with its name in front.
func (n Note) Text() string { return "Note: " + string(n) + "\n" }

// Details shows only the summary of a block until the reader opens it.
//
//	show.Details{Summary: "All 100 epochs", Body: table}
type Details struct {
	Summary string
	Body    Block
}

// HTML is a <details>.
func (d Details) HTML() string {
	return `<details style="margin:8px 0"><summary>` + html.EscapeString(d.Summary) + `</summary>` + d.Body.HTML() + `</details>`
}

// Text is the block alone: a terminal hides nothing.
func (d Details) Text() string { return d.Body.Text() }

// Progress is a bar that fills from 0 to 1.
//
//	show.Progress{Label: "epoch 3 of 20", Done: 0.12}
type Progress struct {
	Label string
	Done  float64 // 0…1
}

// HTML is a <progress> with its label in words above it.
func (p Progress) HTML() string {
	return fmt.Sprintf(`<p style="margin:4px 0"><label>%s<br><progress max="1000" value="%d" style="width:100%%;max-width:480px"></progress></label></p>`,
		html.EscapeString(p.Label), int(1000*p.share()+0.5))
}

// Text is the bar in ten characters, and the label.
func (p Progress) Text() string {
	full := int(10*p.share() + 0.5)
	return strings.Repeat("█", full) + strings.Repeat("░", 10-full) + " " + p.Label + "\n"
}

// share is Done within its bounds; not a number counts as nothing done.
func (p Progress) share() float64 {
	if !(p.Done > 0) {
		return 0
	}
	return min(p.Done, 1)
}
