// Package show shows values: as HTML in a notebook, as text in a terminal. It is
// the only package that knows GoNB's display.
package show

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"gonblabs/mnistkit/internal/check"
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

// CellLine is the source of the cell's line that is being run; "" where there is none.
func CellLine() string {
	if frames := cellFrames(); len(frames) > 0 {
		return check.Source(frames[0])
	}
	return ""
}

// InVar says whether a variable of the cell is just being given its first value, and
// the source of the line that declares it. GoNB does this anew in every later cell.
func InVar() (line string, ok bool) {
	if frames := cellFrames(); len(frames) > 0 && frames[len(frames)-1].Function == "main.init" {
		return check.Source(frames[len(frames)-1]), true
	}
	return "", false
}

// cellFrames are the calls in the cell that lead here, the innermost first.
func cellFrames() (list []runtime.Frame) {
	pcs := make([]uintptr, 256)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for f, more := frames.Next(); more; f, more = frames.Next() {
		if strings.HasPrefix(f.Function, "main.") {
			list = append(list, f)
		}
	}
	return list
}
