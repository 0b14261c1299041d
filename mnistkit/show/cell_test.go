package show

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"gonblabs/mnistkit/internal/check"
)

func TestSourceLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte("a\n\tb()\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{1: "a", 2: "b()", 0: "", 9: ""} {
		if got := check.Source(runtime.Frame{File: file, Line: n}); got != want {
			t.Errorf("line %d is %q, want %q", n, got, want)
		}
	}
	if got := check.Source(runtime.Frame{File: file + "x", Line: 1}); got != "" {
		t.Errorf("a file that is not there gives %q", got)
	}
}

// A program of cells: a var, a var by way of a function, init and main.
const cells = `package main

import (
	"fmt"

	"gonblabs/mnistkit/show"
)

func say(what string) int {
	line, ok := show.InVar()
	fmt.Println(what, ok, line)
	return 0
}

var a = say("var")

var _ = func() int { return say("closure") }()

func init() { say("init") }

func main() { say("main") }
`

func TestInVar(t *testing.T) {
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(cells), 0o644); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command("go", "run", file).CombinedOutput()
	want := `var true var a = say("var")
closure true var _ = func() int { return say("closure") }()
init false 
main false 
`
	if err != nil || string(said) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, said, want)
	}
}
