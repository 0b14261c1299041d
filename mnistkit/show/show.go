// Package show shows values: as HTML in a notebook, as text in a terminal. It is
// the only package that knows GoNB's display.
package show

import (
	"fmt"
	"strings"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// Block is something that can be shown. HTML uses no script, no style sheet
// and no address, so that it survives an untrusted notebook and an export.
type Block interface {
	HTML() string
	Text() string
}

// InNotebook says whether the program is a cell of a GoNB notebook.
func InNotebook() bool { return cell != nil }

// Display shows blocks, one below the other.
//
//	show.Display(table, figure)
//
// In a notebook they are saved with it. Elsewhere their text goes to the standard
// output.
func Display(blocks ...Block) {
	Flush() // what was printed before stays above
	for _, b := range blocks {
		if !InNotebook() || !cell.send(&protocol.DisplayData{Data: content(b)}) {
			fmt.Print(line(b.Text()))
		}
	}
	Flush()
}

// line ends a text with one line break, unless there is none.
func line(text string) string {
	if text == "" {
		return ""
	}
	return strings.TrimRight(text, "\n") + "\n"
}

// Flush waits until everything has reached the notebook. Call it before the program
// ends.
func Flush() {
	if InNotebook() {
		cell.sync()
	}
}
