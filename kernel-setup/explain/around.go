package explain

import (
	"go/scanner"
	"go/token"
	"strings"
)

// Around is the place in a cell of what a reader asks about: the name under the cursor, or else the name before the innermost
// bracket that is open there.
func Around(cell string, cursor int) int {
	file := token.NewFileSet().AddFile("", 1, len(cell))
	var s scanner.Scanner
	s.Init(file, []byte(cell), nil, 0)
	names := []int{cursor} // before each open bracket; -1 for none
	last := -1             // the place of the token before, if it is a name
	for {
		pos, tok, text := s.Scan()
		begin := file.Offset(pos)
		end := begin + len(text)
		atEnd := cursor == end && strings.IndexAny(cell[end:]+")", ",)") == 0 // of an argument
		switch {
		case tok == token.IDENT && begin <= cursor && cursor <= end && !atEnd:
			return begin
		case tok == token.EOF || begin >= cursor:
			for names[len(names)-1] < 0 {
				names = names[:len(names)-1]
			}
			return names[len(names)-1]
		case tok == token.LPAREN || tok == token.LBRACE || tok == token.LBRACK:
			names = append(names, last)
		case (tok == token.RPAREN || tok == token.RBRACE || tok == token.RBRACK) && len(names) > 1:
			names = names[:len(names)-1]
		}
		last = -1
		if tok == token.IDENT {
			last = begin
		}
	}
}
