package chart

import (
	"fmt"
	"strconv"
)

// plural is "1 row" or "2 rows".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%s %ss", thousands(n), noun)
}

// thousands writes 101770 as "101,770".
func thousands(n int) string {
	if n < 0 {
		return "-" + thousands(-n)
	}
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
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
