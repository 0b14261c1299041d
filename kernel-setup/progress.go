package main

import (
	"fmt"
	"strings"
	"time"

	"gonblabs/mnistkit/show"
)

// display is the last line of the terminal, which changes while something goes on.
var display = show.NewLive()

// step does one piece of work and prints its name and its time; work may tell how far it is.
func step(name string, work func(status func(string)) error) error {
	start := time.Now()
	replaceLine(name + " ...")
	err := work(func(status string) { replaceLine(name + " ... " + status) })
	outcome := show.Duration(time.Since(start).Seconds())
	if err != nil {
		outcome += "  failed"
	}
	finishLine(fmt.Sprintf("%-46s %s", name, outcome))
	return err
}

// replaceLine shows a passing line on a terminal, nothing elsewhere.
func replaceLine(line string) { display.Update(func() show.Block { return show.Line(line) }) }

// finishLine shows a line that stays.
func finishLine(line string) { display.Done(show.Line(line)) }

// clip keeps the first n runes of the first line.
func clip(s string, n int) string {
	s, _, _ = strings.Cut(s, "\n")
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-3]) + "..."
	}
	return s
}

// size shows bytes in the unit that a person would use.
func size(bytes int64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
	case bytes >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.0f kB", float64(bytes)/1e3)
}
