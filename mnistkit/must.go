package mnistkit

import (
	"errors"
	"fmt"
	"os"

	"github.com/janpfeifer/must"

	"gonblabs/mnistkit/picture"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/training"
)

func init() {
	training.Pictures = picture.From
	if show.InNotebook() {
		must.M, training.Tell = stopCell, tell
	} else { // in a cell they are its end
		training.Stops = append(training.Stops, preemption...)
	}
}

// told is an error that the reader has been told.
type told struct{ error }

func (t told) Unwrap() error { return t.error }

// tell writes an error's sentence and the line of the cell instead of a stack,
// unless that has been done.
func tell(err error) error {
	if errors.As(err, &told{}) {
		return err
	}
	show.Flush()
	fmt.Fprintln(os.Stderr, complaint(err, show.CellLine()))
	return told{err}
}

// toldOf tells what went wrong, in a notebook.
func toldOf[T any](v T, err error) (T, error) {
	if err != nil {
		err = training.Tell(err)
	}
	return v, err
}

func stopCell(err error) {
	if err != nil {
		_ = tell(err)
		os.Exit(1)
	}
}

// ExpectError runs what is meant to fail, shows the error as a plain sentence, and
// returns it. The cell goes on.
//
//	kit.ExpectError(func() { wrong.Fit(1) })
//
// The error of a function that is not kit's counts if must or Show gets it. If nothing
// fails, or the reader stops a training in it, the cell ends with an error that says so.
func ExpectError(do func()) error {
	err := failure(do)
	if err == nil {
		must.M(errors.New("kit.ExpectError: an error was expected, and nothing failed; call the function without ExpectError"))
	}
	if errors.Is(err, ErrStopped) { // the reader wants the cell to end
		must.M(err)
	}
	Show(fmt.Sprint("Expected error: ", err))
	return err
}

// ended is the panic with which must ends what ExpectError runs.
type ended struct{ error }

// failure is the last error in do of a verb, or the one that must ended it with.
func failure(do func()) (err error) {
	m, t := must.M, training.Tell
	defer func() {
		must.M, training.Tell = m, t
		if r := recover(); r != nil {
			if _, ok := r.(ended); !ok {
				panic(r)
			}
		}
	}()
	must.M = func(e error) {
		if e != nil {
			err = e
			panic(ended{e})
		}
	}
	training.Tell = func(e error) error { err = e; return e }
	do()
	return err
}

func complaint(err error, line string) string {
	if errors.Is(err, ErrStopped) {
		return "■ " + err.Error()
	}
	text := "✗ " + err.Error()
	if line != "" {
		text += "\n  in: " + line
	}
	return text
}
