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
	id      string    // of its block in a notebook; "" elsewhere
	shown   bool      // the block is there
	out     io.Writer // elsewhere
	columns int       // of a terminal; 0: a file or a pipe, where nothing that was written can be replaced
	now     func() time.Time
	last    time.Time
	said    time.Time // zero: nothing yet
}

// pause between two updates: an eye follows five a second, a browser too.
const pause = 200 * time.Millisecond

const eraseLine = "\r\x1b[K"

// NewLive makes a live block. It shows nothing before its first Update.
func NewLive() *Live {
	l := &Live{out: os.Stdout, now: time.Now}
	if InNotebook() {
		l.id = fmt.Sprintf("live_%016x", rand.Uint64())
	} else if info, err := os.Stdout.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		l.columns = 80
		if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 20 {
			l.columns = n
		}
	}
	return l
}

// Update replaces the block at most five times a second. It calls draw only if the
// result will be shown. A terminal shows only the first line of its text.
func (l *Live) Update(draw func() Block) {
	now := l.now()
	if l.id == "" && l.columns == 0 || now.Sub(l.last) < pause {
		return
	}
	l.last = now
	if l.id == "" {
		first, _, _ := strings.Cut(draw().Text(), "\n")
		if runes := []rune(first); len(runes) >= l.columns {
			first = string(runes[:l.columns-2]) + "…" // a line that wraps cannot be erased
		}
		fmt.Fprint(l.out, eraseLine+first)
		return
	}
	if !l.shown {
		cell.sync() // what was printed before stays above
		l.shown = true
	}
	cell.display(draw().HTML(), l.id)
}

// Say puts a sentence below the block, which screen readers announce: at most one in
// some seconds, so that a listener can follow. The block itself is silent. A terminal
// shows nothing.
func (l *Live) Say(text string) {
	if now := l.now(); l.id != "" && now.Sub(l.said) >= 15*pause {
		l.said = now
		cell.display(Status(text).HTML(), l.id+"_said")
	}
}

// Log prints a line that stays, but not in a notebook.
func (l *Live) Log(text string) {
	switch {
	case l.id != "":
		return
	case l.columns > 0:
		text = eraseLine + text
	}
	fmt.Fprint(l.out, line(text))
}

// Done replaces the block by final, which remains. GoNB keeps a block that can be
// replaced only while the kernel lives, so what stays in a notebook is another one.
func (l *Live) Done(final Block) {
	if l.shown {
		cell.display("", l.id)
	}
	if !l.said.IsZero() {
		cell.display("", l.id+"_said")
	}
	if l.id != "" {
		Display(final)
	} else {
		l.Log(final.Text())
	}
	l.last = time.Time{} // what comes next shows at once
}
