package show

import (
	"encoding/gob"
	"fmt"
	"html"
	"os"
	"strings"

	"github.com/janpfeifer/gonb/gonbui/protocol"
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

// DataType is the MIME type of the data that a display holds beside its HTML:
// a list of Data as JSON. Notebooks save it, and no page shows it.
const DataType = "application/vnd.mnistkit+json"

// Data is a note or a table as programs find it in a saved notebook. Tables
// without a Kind are left out: they would make notebooks long. As a block it shows
// nothing.
type Data struct {
	Kind    string // a Table's, or "note", "fit" or "scores"
	Caption string // of a table; the sentence of a note; the run of a fit
	Header  []string
	Rows    [][]string
}

// HTML is empty: Data are for programs.
func (Data) HTML() string { return "" }

// Text is empty.
func (Data) Text() string { return "" }

func init() { // what GoNB knows too
	gob.Register(map[string]any{})
	gob.Register([]any{})
}

// Playable is a block that comes to life on a page, where a script finds the model beside it. Only a
// notebook that runs for a page, with $MNISTKIT_PAGE set, gets the model: others stay small.
//
//	show.Display(show.Playable{Block: show.Note("Draw a digit."), Model: []byte("{}")})
type Playable struct {
	Block
	Model []byte // JSON
}

// PlayableType is the MIME type of a Playable's model: a JSON text.
const PlayableType = "application/vnd.mnistkit.playground+json"

// content is what the kernel is sent of a block.
func content(b Block) map[protocol.MIMEType]any {
	c := map[protocol.MIMEType]any{protocol.MIMETextHTML: b.HTML(), protocol.MIMETextPlain: b.Text()} // LaTeX and terminals take the text
	if p, ok := b.(Playable); ok && os.Getenv("MNISTKIT_PAGE") != "" {
		c[PlayableType] = string(p.Model)
	}
	if list := dataOf(b); list != nil {
		c[DataType] = list
	}
	return c
}

// dataOf lists the Data of a block in the types that GoNB can decode.
func dataOf(b Block) (list []any) {
	switch b := b.(type) {
	case Blocks:
		for _, block := range b {
			list = append(list, dataOf(block)...)
		}
	case Details:
		return dataOf(b.Body)
	case Note:
		return []any{map[string]any{"kind": "note", "caption": string(b)}}
	case interface{ AsData() Data }:
		return dataOf(b.AsData())
	case Table:
		return dataOf(Data{b.Kind, b.Caption, b.Header, b.Rows})
	case Data:
		if b.Kind == "" {
			return nil
		}
		rows := make([]any, len(b.Rows))
		for i, row := range b.Rows {
			rows[i] = row
		}
		return []any{map[string]any{"kind": b.Kind, "caption": b.Caption, "header": b.Header, "rows": rows}}
	}
	return list
}
