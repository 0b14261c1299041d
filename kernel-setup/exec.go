package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// command prepares a program that ends soon; see longCommand for the others.
func command(name string, args ...string) *exec.Cmd {
	return longCommand(context.Background(), name, args...)
}

// longCommand prepares a program that is asked to stop, then stopped, when ctx ends.
func longCommand(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error { return askToEnd(cmd.Process) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// output runs cmd and returns what it printed, without the last line end.
func output(cmd *exec.Cmd) (string, error) {
	var problems strings.Builder
	cmd.Stderr = &problems
	printed, err := cmd.Output()
	if err != nil {
		return "", commandError(cmd, problems.String()+"\n"+string(printed), err)
	}
	return strings.TrimSpace(string(printed)), nil
}

// watch runs cmd and hands over each line that it prints, on either stream.
func watch(cmd *exec.Cmd, line func(string)) error {
	started, err := launch(cmd)
	if err != nil {
		return err
	}
	return started.watch(line)
}

// watch hands over the lines to the end; the last of them are the error, if it is one.
func (p *program) watch(line func(string)) error {
	var last []string
	err := p.follow(func(text string) {
		last = append(last, text)
		if len(last) > 40 {
			last = last[1:]
		}
		line(text)
	})
	if err != nil {
		return commandError(p.cmd, strings.Join(last, "\n"), err)
	}
	return nil
}

// follow runs cmd and hands over its lines; its error is that of the program alone.
func follow(cmd *exec.Cmd, line func(string)) error {
	started, err := launch(cmd)
	if err != nil {
		return err
	}
	return started.follow(line)
}

// program is one that was started.
type program struct {
	cmd *exec.Cmd
	out io.Reader
}

func launch(cmd *exec.Cmd) (*program, error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = cmd.Stdout
	return &program{cmd, out}, cmd.Start()
}

// follow hands over the lines until the program has ended.
func (p *program) follow(line func(string)) error {
	lines := bufio.NewScanner(p.out)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		line(lines.Text())
	}
	return p.cmd.Wait()
}

// commandError is what a program said last, under the name of the program.
func commandError(cmd *exec.Cmd, printed string, err error) error {
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	if len(lines) > 12 {
		lines = lines[len(lines)-12:]
	}
	said := strings.TrimSpace(strings.Join(lines, "\n  "))
	if said == "" {
		said = err.Error()
	}
	return fmt.Errorf("%s failed:\n  %s", filepath.Base(cmd.Path), said)
}

// linesOf iterates over the lines of s, without blanks at their ends.
func linesOf(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, line := range strings.Split(s, "\n") {
			if !yield(strings.TrimSpace(line)) {
				return
			}
		}
	}
}
