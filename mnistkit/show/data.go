package show

import (
	"encoding/gob"
	"os"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

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
