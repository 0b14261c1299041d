package chart

import (
	"fmt"

	"gonblabs/mnistkit/show"
)

// plural is "1 row" or "2 rows".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%s %ss", show.Count(n), noun)
}

// shorten cuts a text to the room it has, in CSS pixels.
func shorten(txt string, room, size float64, bold bool) string {
	if textWidth(txt, size, bold) <= room {
		return txt
	}
	runes := []rune(txt)
	for len(runes) > 1 && textWidth(string(runes)+"…", size, bold) > room {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// widest is the width of the widest of some texts.
func widest(texts []string, size float64, bold bool) (width float64) {
	for _, txt := range texts {
		width = max(width, textWidth(txt, size, bold))
	}
	return width
}
