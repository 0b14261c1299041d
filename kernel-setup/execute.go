package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// execution is how a notebook's run ended.
type execution struct {
	Name     string  `json:"name"`
	Executed string  `json:"executed"` // the notebook with its outputs
	Seconds  float64 `json:"seconds"`
	Cells    int     `json:"cells"`
	Data     string  `json:"data"`    // the data sets that it found
	Failed   int     `json:"failed"`  // number of the failing code cell, 0 for none
	Message  string  `json:"message"` // what it said
}

// cellEvent is one line of py/execute.py.
type cellEvent struct {
	Event   string
	Cell    int
	Of      int
	Seconds float64
	Source  string
	Message string
}

// executor is a kernel that waits for its turn to run a notebook.
type executor struct {
	run     execution
	program *program
	turn    io.WriteCloser // a line begins; its end without one gives up
	failed  error          // it could not be started
}

// prepare starts a fresh kernel for a notebook. It takes a second or two, in which another notebook
// may be at work.
func (p *project) prepare(ctx context.Context, notebook, folder string, o reportOptions) *executor {
	e := &executor{run: execution{Name: title(notebook), Executed: filepath.Join(folder, filepath.Base(notebook)),
		Data: describeData(usedData(notebook))}}
	arguments := []string{p.path("kernel-setup", "py", "execute.py"), notebook, e.run.Executed,
		fmt.Sprintf("--timeout=%d", int(o.timeout.Seconds())), "--wait"}
	if o.save {
		arguments = append(arguments, "--save")
	}
	if o.quick {
		arguments = append(arguments, "--quick")
	}
	python := longCommand(ctx, p.program("python"), arguments...)
	python.Env = append(os.Environ(), "JUPYTER_PATH="+folder)
	if e.turn, e.failed = python.StdinPipe(); e.failed != nil {
		return e
	}
	stop := python.Cancel
	python.Cancel = func() error {
		_ = e.turn.Close() // while it waits it hears nothing else
		return stop()
	}
	e.program, e.failed = launch(python)
	return e
}

// giveUp ends an executor whose turn does not come.
func (e *executor) giveUp() {
	if e.failed == nil {
		_ = e.turn.Close()
		_ = e.program.follow(func(string) {})
	}
}

// execute runs the notebook, with a line for each cell, and stops at its first failure.
func (e *executor) execute() (execution, error) {
	run, start := e.run, time.Now()
	fmt.Println(run.Name)
	if e.failed != nil {
		return run, e.failed
	}
	ticking := &ticker{}
	defer ticking.stop()
	_, _ = io.WriteString(e.turn, "\n") // a program that has ended already says why below
	err := e.program.watch(func(line string) {
		var event cellEvent
		if json.Unmarshal([]byte(line), &event) == nil {
			run.note(event, ticking)
		}
	})
	run.Seconds = time.Since(start).Seconds()
	if run.Failed > 0 {
		return run, nil
	}
	if err != nil {
		return run, err
	}
	finishLine(fmt.Sprintf("  %d cells, %s", run.Cells, seconds(time.Since(start))))
	return run, nil
}

// note shows what happened and keeps what the report needs.
func (run *execution) note(event cellEvent, ticking *ticker) {
	label := fmt.Sprintf("  cell %2d/%d  %-52s", event.Cell, event.Of, firstCode(event.Source))
	ticking.stop()
	switch event.Event {
	case "start":
		ticking.start(label)
	case "notice":
		fmt.Println("  " + event.Message)
	case "done":
		run.Cells++
		finishLine(fmt.Sprintf("%s %8s", ticking.label, seconds(duration(event.Seconds))))
	case "failed":
		run.Failed, run.Message = max(event.Cell, 1), event.Message
		finishLine(fmt.Sprintf("%s %8s  failed", label, seconds(duration(event.Seconds))))
		fmt.Printf("\n  %s stops at code cell %d:\n\n%s\n\n  because\n\n%s\n\n",
			run.Name, run.Failed, indent(event.Source), indent(event.Message))
	}
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

// firstCode is the line of a cell that tells most about it: the first that is no import or comment.
func firstCode(source string) string {
	imports := false
	for line := range linesOf(source) {
		switch {
		case line == "import (":
			imports = true
		case imports:
			imports = line != ")"
		case line == "", strings.HasPrefix(line, "%"), strings.HasPrefix(line, "//"), strings.HasPrefix(line, "import "):
		default:
			return clip(line, 52)
		}
	}
	return clip(strings.TrimSpace(source), 52)
}

// ticker shows a passing line with the seconds since it appeared.
type ticker struct {
	label string
	end   chan struct{}
}

func (t *ticker) start(label string) {
	t.label, t.end = label, make(chan struct{})
	if !terminal {
		return
	}
	go func(end chan struct{}, since time.Time) {
		for {
			replaceLine(fmt.Sprintf("%s %8s", label, seconds(time.Since(since))))
			select {
			case <-end:
				return
			case <-time.After(time.Second):
			}
		}
	}(t.end, time.Now())
}

func (t *ticker) stop() {
	if t.end != nil {
		close(t.end)
		t.end = nil
	}
}
