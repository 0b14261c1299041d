package chart

import (
	"fmt"
	"html"
	"strings"
)

// legendEntry is a sample of a look and its name.
type legendEntry struct {
	name string
	look
}

// legendHTML names looks below a figure, in the page's own type.
func legendHTML(entries []legendEntry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, `<span style="white-space:nowrap;margin-right:18px"><span class="drawing" style="color:%s">%s</span> %s</span> `,
			css(e.colour(), 1), e.sign(), html.EscapeString(e.name))
	}
	return textIf(entries != nil, `<div style="font-size:90%%;margin-top:4px">%s</div>`, b.String())
}
