package mnistkit

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/janpfeifer/must"

	"gonblabs/mnistkit/show"
)

func init() {
	if show.InNotebook() {
		must.M = stopCell
	}
}

// stopCell ends the cell on an error. It prints the sentence and the line of the
// cell instead of a stack.
func stopCell(err error) {
	if err == nil {
		return
	}
	show.Flush()
	fmt.Fprintln(os.Stderr, complaint(err, cellLine()))
	os.Exit(1)
}

func complaint(err error, line string) string {
	if errors.Is(err, ErrStopped) {
		return "■ " + err.Error()
	}
	text := "✗ " + err.Error()
	if line != "" {
		text += "\n  in: " + line
	}
	return text
}

// cellLine is the source of the cell's line that is being run, or "".
func cellLine() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for f, more := frames.Next(); more; f, more = frames.Next() {
		if strings.HasPrefix(f.Function, "main.") {
			return sourceLine(f.File, f.Line)
		}
	}
	return ""
}

func sourceLine(file string, n int) string {
	b, _ := os.ReadFile(file) // without it there is no line
	lines := strings.Split(string(b), "\n")
	if n < 1 || n > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[n-1])
}
