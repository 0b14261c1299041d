// Package explain says in one sentence why a cell does not compile, and what its writer can do. Set-up builds it into
// GoNB: nothing of the kit runs before the cell compiles.
package explain

import (
	_ "embed"
	"fmt"
	"go/scanner"
	"go/token"
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
	if lines := strings.SplitAfterN(text, "\n", line); line > 0 && len(lines) == line {
		return lines[line-1]
	}
	return ""
}

// hints stand in sentences as ‹name› or ‹name owner›: what to write in place of a name that is not known, or that its
// owner, a package or a type, does not have.
var hints = regexp.MustCompile(`‹([\pL\pN_]+) ?(\S*)›`)

func (c Cell) hint(hint, code string) string {
	m := hints.FindStringSubmatch(hint)
	name, owner := m[1], m[2][strings.LastIndexAny(m[2], ".*")+1:]
	inAPI := func(pattern string) [][]string {
		pattern = strings.NewReplacer("NAME", name, "OWNER", regexp.QuoteMeta(owner)).Replace(pattern)
		return regexp.MustCompile(`(?m)^`+pattern).FindAllStringSubmatch(c.API, -1)
	}
	candidates := inAPI(`(?:OWNER: \w+|\w+: method \(\*?OWNER\)|\w+: type OWNER struct,) (\w+)`)
	if owner == "" {
		if packages := inAPI(`(kit|layer|score|text): \w+ NAME\b`); packages != nil {
			return "write " + packages[0][1] + "." + name
		}
		if regexp.MustCompile(`^.*\b` + name + `(, \w+)* = `).MatchString(code) {
			return "write := in place of = to declare it"
		}
		candidates = regexp.MustCompile(`([\pL_][\pL\pN_]+)`).FindAllStringSubmatch(c.Program, -1)
	}
	best, fewest := "check the spelling", len(name)/3+1
	for _, m := range candidates {
		if n := differing(strings.ToLower(name), strings.ToLower(m[1])); n < fewest && m[1] != name {
			best, fewest = "perhaps you mean "+m[1], n
		}
	}
	return best
}

// differing counts the letters of the longer word without what both words begin and end with; two letters in the wrong
// order count as one.
func differing(a, b string) int {
	shorter, begin, end := min(len(a), len(b)), 0, 0
	for begin < shorter && a[begin] == b[begin] {
		begin++
	}
	for end < shorter-begin && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	n := max(len(a), len(b)) - begin - end
	if n == 2 && len(a) == len(b) && a[begin] == b[begin+1] && a[begin+1] == b[begin] {
		n = 1
	}
	return n
}

var (
	mainLine    = regexp.MustCompile(`(?m)^(%%|%main|%exec)([ \t].*)?$`)
	commandLine = regexp.MustCompile(`(?m)^[%!].*$`)
	closing     = map[string]string{"(": ")", "[": "]", "{": "}"}
)

// unbalanced finds the first bracket that is never closed, or that closes nothing. A line %% ends what stands above it.
func (c Cell) unbalanced() []problem {
	var open []problem // which brackets are until they are closed
	code := []byte(commandLine.ReplaceAllString(mainLine.ReplaceAllString(c.Code, "$$"), ""))
	file := token.NewFileSet().AddFile("", -1, len(code))
	var s scanner.Scanner
	s.Init(file, code, nil, 0)
	for line := 0; ; {
		pos, kind, text := s.Scan()
		sign, begins, last := kind.String(), file.Line(pos) > line, len(open)-1
		line = file.Line(pos)
		closes := sign == ")" || sign == "]" || sign == "}"
		switch {
		case closing[sign] != "":
			open = append(open, problem{cell: c.Number, line: line, message: "never closed: " + sign + " " + closing[sign]})
		case last >= 0 && closes && strings.HasSuffix(open[last].message, sign):
			open = open[:last]
		case closes && (last < 0 || !begins && open[last].line < line): // within a line, what it closes stands there too
			return []problem{{c.Number, line, "closes nothing: " + sign, from(c.Code, line)}}
		case last >= 0 && (closes || text == "$" || kind == token.EOF):
			open[last].code = from(c.Code, open[last].line)
			return open[last:]
		case kind == token.EOF:
			return nil
		}
	}
}
