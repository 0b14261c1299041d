// Package quote cuts what errors and notices quote of files, and of what the user gave.
package quote

import (
	"fmt"
	"strings"
)

// Errorf is fmt.Errorf, but each text is cut after 300 letters.
//
//	return quote.Errorf("column %q holds %q", name, field)
func Errorf(format string, args ...any) error {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = Cut(text)
		}
	}
	return fmt.Errorf(format, args...)
}

// Cut is the start of a text: 300 letters of it, with … if there are more.
func Cut(text string) string {
	if short := fmt.Sprintf("%.300s", text); short != text {
		return short + "…"
	}
	return text
}

// List names the first ten of names.
//
//	quote.List(classes) // ash, beech, cedar
func List(names []string) string {
	if len(names) > 10 {
		return strings.Join(names[:10], ", ") + " …"
	}
	return strings.Join(names, ", ")
}
