package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// terminal says whether a person watches: only then are lines replaced.
var terminal = func() bool {
	info, err := os.Stdout.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}()

// step does one piece of work and prints its name and its time; work may tell how far it is.
func step(name string, work func(status func(string)) error) error {
	start := time.Now()
	replaceLine(name + " ...")
	err := work(func(status string) { replaceLine(name + " ... " + status) })
	outcome := seconds(time.Since(start))
	if err != nil {
		outcome += "  failed"
	}
	finishLine(fmt.Sprintf("%-46s %s", name, outcome))
	return err
}

// seconds shows a time: tenths below a minute, then minutes.
func seconds(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
}

// replaceLine shows a passing line on a terminal, nothing elsewhere.
func replaceLine(line string) {
	if terminal {
		fmt.Print("\r\033[K" + clip(line, 78))
	}
}

// finishLine shows a line that stays.
func finishLine(line string) {
	if terminal {
		fmt.Print("\r\033[K")
	}
	fmt.Println(line)
}

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
