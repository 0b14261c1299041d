package main

import (
	"flag"
	"os"
	"runtime"
	"testing"
)

func TestCompletionIsOnWhereThereIsRoomAndNobodyChose(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no shell scripts here")
	}
	p := &project{root: t.TempDir()}
	wanted := func(room string, arguments ...string) bool {
		write(t, p.program("python"), "#!/bin/sh\necho "+room+"\n") // which says whether there is room
		if err := os.Chmod(p.program("python"), 0o755); err != nil {
			t.Fatal(err)
		}
		fs := flag.NewFlagSet("lab", flag.ContinueOnError)
		o := p.optionFlags(fs)
		if err := fs.Parse(arguments); err != nil {
			t.Fatal(err)
		}
		if err := writeJSON(p.optionsFile(), o); err != nil {
			t.Fatal(err)
		}
		return p.wantsGopls(t.Context(), p.savedOptions())
	}
	if !wanted("True") || wanted("False") || wanted("psutil is missing") {
		t.Error("where nobody chose, it is not on where there is room")
	}
	if !wanted("False", "--gopls") || !wanted("False") {
		t.Error("it cannot be turned on for good")
	}
	if wanted("True", "--gopls=false") {
		t.Error("it cannot be turned off")
	}
}
