package main

import (
	"context"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"

	"gonblabs/mnistkit/files"
)

// assignVerb makes a course of nbgrader, in which the exercises of notebooks are handed out, checked and graded.
func assignVerb(p *project, fs *flag.FlagSet) action {
	setup := p.optionFlags(fs)
	into := fs.String("into", "", "`folder` of the course; what nbgrader has made there stays")
	return func(ctx context.Context, names []string) error {
		if *into == "" || len(names) == 0 {
			return usageError("assign needs notebooks and the folder of the course: go run ./kernel-setup assign 02 05 --into course")
		}
		notebooks, err := p.findNotebooks(names)
		if err != nil {
			return err
		}
		setup.grade = true
		if err := p.setUp(ctx, *setup); err != nil {
			return err
		}
		folder, _ := filepath.Abs(files.Home(*into)) // from a folder that is there: findProject started in it
		made, err := output(p.command(ctx, p.grader("python"), append([]string{p.path("kernel-setup", "py", "assign.py"), p.root, folder}, notebooks...)...))
		if err != nil {
			return err
		}
		fmt.Printf("%s\nThe course is in %s. Work there with %s: docs/teaching.md says how.\n", made, folder, p.grader("nbgrader"))
		return nil
	}
}

// grader is a program of the environment for grading, which has more packages than students need.
func (p *project) grader(name string) string { return p.tools("grade", scripts, name+exe) }

// gradePart makes that environment by the Python of the other one.
func (p *project) gradePart() part {
	find := func() (python string, err error) {
		python = p.program("python")
		old, err := output(exec.Command(python, "-c", "import sys; print(sys.version_info < (3, 11))"))
		if err == nil && old == "True" {
			err = fmt.Errorf("nbgrader needs Python 3.11 or newer, and .venv has an older one; install it, and run: go run ./kernel-setup clean")
		}
		return python, err
	}
	return p.inVenv(p.tools("grade"), find, p.packages("Python packages for grading", "requirements-grade.txt", p.grader, "python", "nbgrader"))
}
