package main

import (
	"flag"
	"os"
	"runtime"
	"testing"

	"gonblabs/mnistkit/files"
)

func TestCompletionIsOnWhereTheMemoryIsThereAndNobodyChose(t *testing.T) {
	t.Setenv("JUPYTERHUB_USER", "") // and put back at the end
	os.Unsetenv("JUPYTERHUB_USER")
	p := &project{root: t.TempDir()}
	wanted := func(arguments ...string) bool {
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
	if runtime.GOOS == "windows" {
		t.Skip("no shell scripts here")
	}
	python := p.program("python") // which says what is free
	for _, test := range []struct {
		said, hub string
		want      bool
	}{
		{"4000000000", "", true},
		{"4000000000", "JUPYTERHUB_USER", false},
		{"3999999999", "", false},
		{"psutil is missing", "", false},
	} {
		if err := files.Write(python, []byte("#!/bin/sh\necho "+test.said+"\n")); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(python, 0o755); err != nil {
			t.Fatal(err)
		}
		if test.hub != "" {
			os.Setenv(test.hub, "ada")
		}
		if wanted() != test.want {
			t.Errorf("%+v: it is on: %t", test, !test.want)
		}
		os.Unsetenv("JUPYTERHUB_USER")
	}
	if !wanted("--gopls") {
		t.Error("it cannot be turned on")
	}
	if err := files.Write(python, []byte("#!/bin/sh\necho 4000000000\n")); err != nil {
		t.Fatal(err)
	}
	if wanted("--gopls=false") {
		t.Error("it cannot be turned off")
	}
}
