package explain

import (
	"go/scanner"
	"go/token"
	"regexp"
	"strings"
)

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
	type bracket struct {
		sign string
		line int
	}
	var open []bracket
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
			open = append(open, bracket{sign, line})
		case last >= 0 && sign == closing[open[last].sign]:
			open = open[:last]
		case closes && (last < 0 || !begins && open[last].line < line): // within a line, what it closes stands there too
			return []problem{{c.Number, line, "closes nothing: " + sign, from(c.Code, line)}}
		case last >= 0 && (closes || text == "$" || kind == token.EOF):
			b := open[last]
			return []problem{{c.Number, b.line, "never closed: " + b.sign + " " + closing[b.sign], from(c.Code, b.line)}}
		case kind == token.EOF:
			return nil
		}
	}
}
