package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gonblabs/mnistkit/show"
)

// heir is where py/heir.py hears of each program that begins and ends here; it ends those that this one leaves behind.
var heir = sync.OnceValue(startHeir)

// startHeir does not wait for it: the pipe keeps what it has not heard yet.
func startHeir() io.WriteCloser {
	python := "python3"
	if _, err := exec.LookPath(python); err != nil {
		python = "python"
	}
	cmd := exec.Command(python, "-IS", filepath.Join(os.Getenv("MNISTKIT_ROOT"), "kernel-setup/py/heir.py"))
	ownGroup(cmd)
	read, write, err := os.Pipe()
	cmd.Stdin = read
	if cmp.Or(err, cmd.Start(), read.Close()) == nil {
		go func() { _ = cmd.Wait() }() // on Windows until the end of this program
	}
	return write // without Python nobody reads, and there is nothing to set up either
}

// runToEnd runs a program in a group of its own, with all that it starts itself. Meanwhile somebody may read what it prints.
func runToEnd(cmd *exec.Cmd, meanwhile func()) error {
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	fmt.Fprintln(heir(), cmd.Process.Pid)
	meanwhile()
	err := cmd.Wait()
	fmt.Fprintln(heir(), -cmd.Process.Pid)
	return err
}

// command prepares a program that runs in the checkout's folder. When ctx ends, it is asked to stop, then stopped.
func (p *project) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = p.root
	cmd.Cancel = func() error { return askToEnd(cmd.Process) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// python prepares the environment's Python. Its programs are started as modules: the first line of the
// scripts that pip writes does not stand every path.
func (p *project) python(ctx context.Context, args ...string) *exec.Cmd {
	return p.command(ctx, p.program("python"), args...)
}

// with adds variables to the environment of a program.
func with(cmd *exec.Cmd, variables ...string) *exec.Cmd {
	cmd.Env = append(os.Environ(), variables...)
	return cmd
}

// output runs cmd and returns what it printed, without the last line end.
func output(cmd *exec.Cmd) (string, error) {
	var problems, printed strings.Builder
	cmd.Stderr, cmd.Stdout = &problems, &printed
	if err := runToEnd(cmd, func() {}); err != nil {
		return "", commandError(cmd, problems.String()+"\n"+printed.String(), err)
	}
	return strings.TrimSpace(printed.String()), nil
}

// watch runs cmd and hands over each line that it prints, on either stream. When it fails, explain makes the error of them.
func watch(cmd *exec.Cmd, line func(string), explain func(cmd *exec.Cmd, said string, err error) error) error {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = cmd.Stdout
	var said strings.Builder
	err = runToEnd(cmd, func() {
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			said.WriteString(lines.Text() + "\n")
			line(lines.Text())
		}
	})
	if err != nil {
		return explain(cmd, said.String(), err)
	}
	return nil
}

// commandError is what a program said last, under the name of the program.
func commandError(cmd *exec.Cmd, printed string, err error) error {
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	last := lines[max(0, len(lines)-12):]
	said := strings.TrimSpace(strings.Join(last, "\n  "))
	return fmt.Errorf("%s failed:\n  %s", filepath.Base(cmd.Path), cmp.Or(said, err.Error()))
}

// display is the last line of the terminal, which changes while something goes on.
var display = show.NewLive()

// step does one piece of work and prints its name and its time; work may tell how far it is.
func step(name string, work func(status func(string)) error) error {
	start := time.Now()
	replaceLine(name + " ...")
	err := work(func(status string) { replaceLine(name + " ... " + status) })
	outcome := show.Duration(time.Since(start).Seconds())
	if err != nil {
		outcome += "  failed"
	}
	finishLine(fmt.Sprintf("%-46s %s", name, outcome))
	return err
}

// replaceLine shows a passing line on a terminal, nothing elsewhere.
func replaceLine(line string) { display.Update(func() show.Block { return show.Line(line) }) }

// finishLine shows a line that stays.
func finishLine(line string) { display.Done(show.Line(line)) }

// clip keeps the first n runes of the first line.
func clip(s string, n int) string {
	s, _, _ = strings.Cut(s, "\n")
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-3]) + "..."
	}
	return s
}

// size shows bytes in the unit that a person would use.
func size(bytes int64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
	case bytes >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.0f kB", float64(bytes)/1e3)
}
