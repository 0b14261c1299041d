// This file goes into GoNB's package goexec. It is the only one of ours that knows what is GoNB's.
package goexec

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/janpfeifer/gonb/common"
	"github.com/janpfeifer/gonb/internal/explain"
	"github.com/janpfeifer/gonb/internal/kernel"
)

// explained is the error of a cell that does not compile: our sentence, then what GoNB has to say.
func explained(s *State, msg kernel.Message, places []CellIdAndLine, said string, err error) error {
	theirs := newGonbErrors(s, places, said, err)
	if theirs == nil || msg == nil { // a question, such as Tab, has no message
		return err
	}
	content, _ := msg.ComposedMsg().Content.(map[string]any)
	code, _ := content["code"].(string)
	program, _ := s.readMainGo()
	names, _ := os.ReadFile(filepath.Join(os.Getenv("MNISTKIT_ROOT"), "docs", "api.txt"))
	c := explain.Cell{Number: msg.Kernel().ExecCounter, Code: code, Program: program, API: string(names)}
	c.Place = func(line int) (cell, written int) {
		for ; line > 0 && line <= len(places); line-- { // lines that GoNB added belong to the one above them
			if at := places[line-1]; at.Line >= 0 {
				return at.Id, at.Line + 1
			}
		}
		return 0, 0
	}
	told := explain.Explain(c, said)
	first, _, _ := strings.Cut(told, "\n")
	ours := &GonbError{Lines: []errorLine{{Message: told}, {}}, errMsg: first, err: err}
	for _, line := range theirs.Lines {
		if line.HasCellInfo {
			line.Message = line.CellInfo + ": " + line.Message
		}
		if !explain.Noise.MatchString(line.Message) {
			ours.Lines = append(ours.Lines, errorLine{Message: line.Message})
		}
	}
	return ours
}

// stopped is what there is to say when a cell's program failed, which has given its reasons itself; "" for other errors.
func stopped(err error) string {
	exit, ok := err.(*exec.ExitError)
	switch {
	case !ok || !exit.Exited():
		return ""
	case exit.ExitCode() > 2: // must, log and failed tests end with 1, and a panic with 2
		return fmt.Sprintf("The cell stopped with exit status %d.", exit.ExitCode())
	}
	return "The cell stopped."
}

// around moves the cursor of a question to the name that the question is about.
func around(lines []string, skip common.Set[int], cursor Cursor) Cursor {
	cell, at := "", 0
	for i, line := range lines {
		if i == cursor.Line {
			at = len(cell) + cursor.Col
		}
		if skip.Has(i) {
			line = strings.Repeat(" ", len(line))
		}
		cell += line + "\n"
	}
	before := cell[:explain.Around(cell, at)]
	return Cursor{Line: strings.Count(before, "\n"), Col: len(before) - strings.LastIndex(before, "\n") - 1}
}
