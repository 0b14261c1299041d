package show

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"
)

// Live is a block that changes while something runs. At its end a final block
// remains.
//
//	live := show.NewLive()
//	live.Update(func() show.Block { return show.Progress{Label: "half", Done: 0.5} })
//	live.Done(show.Line("all done"))
//
// Only one goroutine may use it.
type Live struct {
	surface surface
	now     func() time.Time
	last    time.Time
}

// pause between two updates: an eye follows five a second, a browser too.
const pause = 200 * time.Millisecond

// surface is where a live block shows.
type surface interface {
	update(Block)
	log(text string)
	done(final Block)
}

// NewLive makes a live block. It shows nothing before its first Update.
func NewLive() *Live {
	l := &Live{now: time.Now}
	switch {
	case InNotebook():
		l.surface = &notebook{id: fmt.Sprintf("live_%016x", rand.Uint64())}
	case isTerminal(os.Stdout):
		l.surface = &terminal{plain{os.Stdout, eraseLine}, columns()}
	default:
		l.surface = plain{out: os.Stdout}
	}
	return l
}

// Update replaces the block at most five times a second. It calls draw only if the
// result will be shown. A terminal shows only the first line of its text.
func (l *Live) Update(draw func() Block) {
	if _, silent := l.surface.(plain); silent {
		return
	}
	if now := l.now(); now.Sub(l.last) >= pause {
		l.surface.update(draw())
		l.last = now
	}
}

// Log prints a line where nothing can be replaced, which is neither a notebook nor
// a terminal.
func (l *Live) Log(text string) { l.surface.log(text) }

// Done replaces the block by final, which remains.
func (l *Live) Done(final Block) {
	l.surface.done(final)
	l.last = time.Time{} // what comes next shows at once
}

// notebook replaces one output block. GoNB keeps such a block only while the
// kernel lives, so what stays is another one.
type notebook struct {
	id    string
	shown bool
}

func (n *notebook) update(b Block) {
	if !n.shown {
		cell.sync() // what was printed before stays above
		n.shown = true
	}
	cell.display(b.HTML(), n.id)
}

func (n *notebook) log(string) {}

func (n *notebook) done(final Block) {
	if n.shown {
		cell.display("", n.id)
	}
	Display(final)
}

// terminal rewrites its last line.
type terminal struct {
	plain
	columns int
}

const eraseLine = "\r\x1b[K"

func (t *terminal) update(b Block) {
	first, _, _ := strings.Cut(b.Text(), "\n")
	if runes := []rune(first); len(runes) >= t.columns {
		first = string(runes[:t.columns-2]) + "…" // a line that wraps cannot be erased
	}
	fmt.Fprint(t.out, eraseLine+first)
}

// plain is a file or a pipe: nothing that was written can be replaced.
type plain struct {
	out   io.Writer
	erase string // goes before every line
}

func (plain) update(Block) {}

func (p plain) log(text string) { fmt.Fprint(p.out, p.erase+line(text)) }

func (p plain) done(final Block) { p.log(final.Text()) }

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// columns is the terminal's width, if the shell tells, else the usual one.
func columns() int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 20 {
		return n
	}
	return 80
}
