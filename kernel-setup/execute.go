package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gonblabs/mnistkit/show"
)

// execution is how a notebook's run ended.
type execution struct {
	Name     string  `json:"name"`
	Folder   string  `json:"folder"`   // where the notebook and its pictures lie
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
	number  int // among those of the report
	run     execution
	program *program
	turn    io.WriteCloser // a line begins; its end without one gives up
	failed  error          // it could not be started
}

// prepare starts a fresh kernel for a notebook. It takes a second or two, in which another notebook
// may be at work.
func (p *project) prepare(ctx context.Context, notebook, folder string, o reportOptions) *executor {
	e := &executor{run: execution{Name: title(notebook), Folder: filepath.Dir(notebook), Executed: filepath.Join(folder, filepath.Base(notebook)),
		Data: describeData(usedData(notebook))}}
	arguments := []string{p.path("kernel-setup", "py", "execute.py"), notebook, e.run.Executed,
		fmt.Sprintf("--timeout=%d", int(o.timeout.Seconds())), "--wait"}
	if o.save {
		arguments = append(arguments, "--save")
	}
	if o.quick {
		arguments = append(arguments, "--quick")
	}
	python := p.python(ctx, arguments...)
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

// executeAll runs the notebooks, so many at a time, and starts one kernel more than that ahead.
func (p *project) executeAll(ctx context.Context, notebooks []string, folder string, o reportOptions) []execution {
	ready := make(chan *executor)
	go func() {
		defer close(ready)
		for i, notebook := range notebooks {
			e := p.prepare(ctx, notebook, folder, o)
			e.number = i
			select {
			case ready <- e:
			case <-ctx.Done():
				e.giveUp()
				return
			}
		}
	}()
	done := make([]execution, len(notebooks))
	var workers sync.WaitGroup
	speaking := newTurns()
	for range o.jobs {
		workers.Go(func() {
			for e := range ready {
				done[e.number] = e.execute(ctx, speaking.voice(e.number))
			}
		})
	}
	workers.Wait()
	return done
}

// execute runs the notebook, with a line for each cell, and stops at its first failure.
func (e *executor) execute(ctx context.Context, say voice) execution {
	defer say.end()
	run, start := e.run, time.Now()
	if ctx.Err() != nil {
		e.giveUp()
		return run
	}
	say.line(run.Name)
	err := e.failed
	if err == nil {
		ticking := &ticker{say: say}
		defer ticking.stop()
		_, _ = io.WriteString(e.turn, "\n") // a program that has ended already says why below
		err = e.program.watch(func(line string) {
			var event cellEvent
			if json.Unmarshal([]byte(line), &event) == nil {
				run.note(event, ticking)
			}
		})
	}
	run.Seconds = time.Since(start).Seconds()
	switch {
	case run.Failed > 0 || ctx.Err() != nil:
	case err != nil:
		run.Failed, run.Message = 1, err.Error()
		say.line("\n" + indent(run.Message) + "\n")
	default:
		say.line(fmt.Sprintf("  %d cells, %s", run.Cells, show.Duration(time.Since(start).Seconds())))
	}
	return run
}

// note shows what happened and keeps what the report needs.
func (run *execution) note(event cellEvent, ticking *ticker) {
	label := fmt.Sprintf("  cell %2d/%d  %-52s", event.Cell, event.Of, firstCode(event.Source))
	ticking.stop()
	switch event.Event {
	case "start":
		ticking.start(label)
	case "notice":
		ticking.say.line("  " + event.Message)
	case "done":
		run.Cells++
		ticking.say.line(fmt.Sprintf("%s %8s", ticking.label, show.Duration(event.Seconds)))
	case "failed":
		run.Failed, run.Message = max(event.Cell, 1), event.Message
		ticking.say.line(fmt.Sprintf("%s %8s  failed", label, show.Duration(event.Seconds)))
		ticking.say.line(fmt.Sprintf("\n  %s stops at code cell %d:\n\n%s\n\n  because\n\n%s\n",
			run.Name, run.Failed, indent(event.Source), indent(event.Message)))
	}
}

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
