// Package explain says in one sentence why a cell does not compile, and what its writer can do. Set-up builds it into
// GoNB: nothing of the kit runs before the cell compiles.
package explain

import (
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Cell is a cell that does not compile, and what is known about it.
type Cell struct {
	Number  int                                // as GoNB counts the cells that ran
	Code    string                             // as its writer sees it
	Program string                             // what GoNB made of it
	API     string                             // names that its writer may have meant: docs/api.txt
	Place   func(line int) (cell, written int) // where a line of the program was written, or 0
}

// problem is one complaint.
type problem struct {
	cell, line int    // where it was written, from 1; a line of 0 is not known
	message    string // on one line
	code       string // from this line on
}

// rule turns complaints into sentences.
type rule struct {
	pattern  *regexp.Regexp // of the complaint, a line end, and the code from its line on
	sentence string         // with $1 for what the pattern found, and hints
}

//go:embed rules.txt
var table string

var rules = func() (list []rule) {
	for block := range strings.SplitSeq(table, "\n\n") {
		if pattern, sentence, ok := strings.Cut(block, "\n  "); ok && block[0] != '#' {
			pattern = strings.ReplaceAll(pattern, `\w`, `[\pL\pN_]`) // names may hold any letter
			list = append(list, rule{regexp.MustCompile(pattern), strings.TrimSpace(sentence)})
		}
	}
	return list
}()

// Explain turns what a Go tool said into a sentence, and shows the line of code below it. The first rule that fits any
// of the complaints decides: causes stand before effects.
func Explain(c Cell, said string) (told string) {
	defer func() {
		if recover() != nil { // a slip of ours must not end the kernel
			told = "✗ the cell does not compile"
		}
	}()
	return c.explain(said)
}

func (c Cell) explain(said string) string {
	said = strings.ToValidUTF8(said, "�") // names in it become patterns
	problems := append(append(c.unbalanced(), c.problems(said)...), problem{message: "the cell does not compile"})
	for _, r := range rules {
		for _, p := range problems {
			subject := p.message + "\n" + p.code
			if m := r.pattern.FindStringSubmatchIndex(subject); m != nil {
				sentence := string(r.pattern.ExpandString(nil, r.sentence, subject, m))
				return c.tell(p, hints.ReplaceAllStringFunc(sentence, func(hint string) string { return c.hint(hint, p.code) }))
			}
		}
	}
	return said
}

// tell writes the names of the kit as cells do.
func (c Cell) tell(p problem, sentence string) string {
	place := fmt.Sprintf("line %d: ", p.line)
	if p.line == 0 {
		place = ""
	} else if p.cell != c.Number {
		place = fmt.Sprintf("cell [%d], ", p.cell) + place
	}
	for _, alias := range aliases.FindAllStringSubmatch(c.API, -1) {
		sentence = strings.ReplaceAll(sentence, alias[2], "kit."+alias[1])
	}
	text := "✗ " + place + strings.ReplaceAll(sentence, "mnistkit.", "kit.")
	if code, _, _ := strings.Cut(p.code, "\n"); code != "" {
		text += "\n  in: " + strings.TrimSpace(code)
	}
	return text
}

var (
	located = regexp.MustCompile(`main(?:_test)?\.go:(\d+):\d+: (.*?)(?: \(and \d+ more errors\))?$`)
	aliases = regexp.MustCompile(`(?m)^kit: type (\w+) = (\w+\.\w+)$`)
)

// Noise is a line of a Go tool that tells its reader nothing.
var Noise = regexp.MustCompile(`^(#.*|\s*|failed to run .*|exit status \d+)$`)

// problems reads what a Go tool said; an indented line belongs to the one above it.
func (c Cell) problems(said string) (found []problem) {
	for line := range strings.SplitSeq(said, "\n") {
		m := located.FindStringSubmatch(line)
		switch last := len(found) - 1; {
		case Noise.MatchString(line):
		case last >= 0 && line[0] == '\t':
			found[last].message += " " + strings.TrimSpace(line)
		case m == nil:
			found = append(found, problem{message: line})
		default:
			n, _ := strconv.Atoi(m[1])
			cell, written := c.Place(n)
			code := from(c.Code, written)
			if cell != c.Number {
				code, _, _ = strings.Cut(from(c.Program, n), "\n")
			}
			found = append(found, problem{cell, written, m[2], code})
		}
	}
	return found
}

// from is a text from one of its lines on, counted from 1.
func from(text string, line int) string {
	lines := strings.SplitAfter(text, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	return strings.Join(lines[line-1:], "")
}
