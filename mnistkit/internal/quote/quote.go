// Package quote cuts what errors and notices quote of files, and of what the user gave.
package quote

import (
	"fmt"
	"strings"
)

// Errorf is fmt.Errorf, but each text is cut to 300 bytes.
//
//	return quote.Errorf("column %q holds %q", name, field)
func Errorf(format string, args ...any) error {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = Cut(text, 300, 0)
		}
	}
	return fmt.Errorf(format, args...)
}

// Cut leaves out what is between the first and the last bytes of a text, so many of each.
func Cut(text string, first, last int) string {
	if len(text) <= first+last {
		return text
	}
	return strings.ToValidUTF8(text[:first]+"…"+text[len(text)-last:], "")
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
