package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"gonblabs/mnistkit/runs"
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

	Problems []string `json:"problems"` // what is wrong with the file or the page
}

// cellEvent is one line of py/execute.py or of py/export.py.
type cellEvent struct {
	Event   string
	Cell    int
	Of      int
	Seconds float64
	Source  string
	Message string
	at      time.Time
}

// watchCells runs one of them and hands over what happens.
func watchCells(cmd *exec.Cmd, happened func(cellEvent)) error {
	return watch(cmd, func(line string) {
		event := cellEvent{at: time.Now()}
		if json.Unmarshal([]byte(line), &event) == nil {
			happened(event)
		}
	}, commandError)
}

// line tells of the cell, and how long it has taken.
func (c cellEvent) line(seconds float64) string {
	return fmt.Sprintf("  cell %2d/%d  %-52s %8s", c.Cell, c.Of, firstCode(c.Source), show.Duration(seconds))
}

// executor runs one notebook in a kernel of its own.
type executor struct {
	run    execution
	share  string // "3/8": of the sweeps, it trains that share
	python *exec.Cmd
	turn   io.WriteCloser // a line lets the first cell begin
	events chan cellEvent // closed at the end; its room lets the notebook run on while others are shown

	elsewhere bool // it ended where it needs runs of other shares
}

func (p *project) newExecutor(ctx context.Context, notebook, folder string, o reportOptions) (*executor, error) {
	e := &executor{share: o.share, events: make(chan cellEvent, 1000)}
	e.run = execution{
		Name: title(notebook), Folder: filepath.Dir(notebook), Executed: filepath.Join(folder, filepath.Base(notebook)),
		Data: describeData(usedData(notebook)), Problems: []string{},
	}
	flags := fmt.Sprintf("--timeout=%d --save=%t --quick=%t --wait", int(o.timeout.Seconds()), o.save, o.quick)
	arguments := append([]string{p.path("kernel-setup", "py", "execute.py"), notebook, e.run.Executed}, strings.Fields(flags)...)
	e.python = with(p.python(ctx, arguments...), "JUPYTER_PATH="+folder)
	stop := e.python.Cancel
	e.python.Cancel = func() error {
		_ = e.turn.Close() // while it waits it hears nothing else
		return stop()
	}
	var err error
	e.turn, err = e.python.StdinPipe()
	return e, err
}

// executeAll runs the notebooks, so many at a time, and writes the page of each when it ends. One kernel more starts
// ahead, which takes a second or two. What they say is shown one notebook after the other.
func (p *project) executeAll(ctx context.Context, notebooks []string, folder string, o reportOptions) ([]execution, error) {
	var all []*executor
	for _, notebook := range notebooks {
		e, err := p.newExecutor(ctx, notebook, folder, o)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	go func() {
		atWork := make(chan struct{}, o.jobs)
		for _, e := range all {
			ended := make(chan error, 1)
			go func() { ended <- watchCells(e.python, e.happened) }()
			atWork <- struct{}{}
			go func() {
				start := time.Now()
				_, _ = io.WriteString(e.turn, "\n") // a program that has ended already says why in its error
				err := <-ended
				e.run.Seconds = time.Since(start).Seconds()
				if ctx.Err() == nil && err != nil && e.run.Failed == 0 && len(e.run.Problems) == 0 && !e.elsewhere {
					e.happened(cellEvent{Event: "failed", Message: err.Error()})
				}
				if ctx.Err() == nil && o.share == "" { // a page is for the report that finds all runs
					if err := p.export(ctx, e, o); err != nil {
						e.happened(cellEvent{Event: "problem", Message: "it has no page: " + err.Error()})
					}
				}
				close(e.events)
				<-atWork
			}()
		}
	}()
	var done []execution
	for _, e := range all {
		e.show(ctx)
		done = append(done, e.run)
	}
	return done, ctx.Err()
}

// happened keeps what the report needs of an event, and hands it over to be shown.
func (e *executor) happened(event cellEvent) {
	if e.share != "" && event.Event == "failed" && strings.Contains(event.Message, runs.Elsewhere) {
		e.elsewhere = true
		event = cellEvent{Event: "notice", Message: fmt.Sprintf("Share %s ends at code cell %d of %d, which needs runs of other shares.", e.share, event.Cell, event.Of)}
	}
	switch event.Event {
	case "done":
		e.run.Cells++
	case "failed":
		e.run.Failed, e.run.Message = max(event.Cell, 1), event.Message
	case "problem":
		e.run.Problems = append(e.run.Problems, event.Message)
	}
	e.events <- event
}

// show prints a line for each cell until the notebook's end.
func (e *executor) show(ctx context.Context) {
	if ctx.Err() == nil || len(e.events) > 0 {
		finishLine(e.run.Name)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var working cellEvent
	for open := true; open; {
		select {
		case event, more := <-e.events:
			open = more
			event.show(e.run.Name, working)
			working = event
		case <-tick.C:
		}
		if working.Event == "start" {
			replaceLine(working.line(time.Since(working.at).Seconds()))
		}
	}
	if e.run.Failed == 0 && ctx.Err() == nil && exists(e.run.Executed) {
		finishLine(fmt.Sprintf("  %d cells, %s", e.run.Cells, show.Duration(e.run.Seconds)))
	}
}

// show tells what happened to the cell that was at work.
func (c cellEvent) show(notebook string, working cellEvent) {
	switch {
	case c.Event == "notice" || c.Event == "problem":
		finishLine("  " + c.Message)
	case c.Event == "done":
		finishLine(working.line(c.Seconds))
	case c.Event == "failed" && c.Cell == 0:
		finishLine(fmt.Sprintf("\n  %s does not run, because\n\n%s\n", notebook, indent(c.Message)))
	case c.Event == "failed":
		finishLine(c.line(c.Seconds) + "  failed")
		finishLine(fmt.Sprintf("\n  %s stops at code cell %d:\n\n%s\n\n  because\n\n%s\n", notebook, c.Cell, indent(c.Source), indent(c.Message)))
	}
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

// silent are the lines of a cell that tell little about it.
var silent = regexp.MustCompile(`(?m)^\s*(import \($(?s:.*?)^\s*\)|import |//|%).*$`)

// firstCode is the line of a cell that tells most about it: the first that is no import or comment.
func firstCode(source string) string {
	return clip(cmp.Or(strings.TrimSpace(silent.ReplaceAllString(source, "")), strings.TrimSpace(source)), 52)
}
