package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	open := verb{name: "report", args: "[notebook ...]"}
	closed := verb{name: "clean"}
	tests := []struct {
		name  string
		verb  verb
		args  []string
		rest  []string
		wrong string
	}{
		{"flags after arguments", open, []string{"01", "--fast", "02", "--port", "9"}, []string{"01", "02"}, ""},
		{"one dash", open, []string{"-fast"}, nil, ""},
		{"unknown flag", open, []string{"01", "--slow"}, nil, "report has no flag --slow"},
		{"not a number", open, []string{"--port", "x"}, nil, `invalid value "x" for flag -port`},
		{"too many", closed, []string{"all"}, nil, `clean takes no arguments, "all" was given`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fs := flag.NewFlagSet(test.verb.name, flag.ContinueOnError)
			fs.Bool("fast", false, "")
			fs.Int("port", 0, "")
			rest, err := test.verb.parse(fs, test.args, io.Discard)
			if test.wrong != "" {
				var usage usageError
				if !errors.As(err, &usage) || !strings.Contains(err.Error(), test.wrong) {
					t.Fatalf("error is %v, want %q", err, test.wrong)
				}
				return
			}
			if err != nil || !slices.Equal(rest, test.rest) {
				t.Errorf("parse gives %q, %v; want %q", rest, err, test.rest)
			}
		})
	}
}

func TestHelpNamesEveryVerb(t *testing.T) {
	var help bytes.Buffer
	if err := run(t.Context(), nil, &help); err != nil {
		t.Fatal(err)
	}
	for _, v := range verbs {
		if !strings.Contains(help.String(), "  "+v.name) {
			t.Errorf("the help does not name %s", v.name)
		}
	}
}

func TestUnknownVerb(t *testing.T) {
	err := run(t.Context(), []string{"repot"}, nil)
	if err == nil || !strings.Contains(err.Error(), `there is no verb "repot"`) {
		t.Errorf("error is %v", err)
	}
	if code := report(err, false); code != 2 {
		t.Errorf("exit code is %d, want 2", code)
	}
}

// ~ is the home folder after --logdir= too, where a shell leaves it.
func TestHomeInFlags(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("USERPROFILE", os.Getenv("HOME"))
	if err := os.Mkdir(filepath.Join(os.Getenv("HOME"), "runs"), 0o755); err != nil {
		t.Fatal(err)
	}
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	port := fmt.Sprint("--port=", busy.Addr().(*net.TCPAddr).Port)
	for folder, want := range map[string]string{"~/runs": "is in use", "~/none": "there are no runs at ~/none yet"} {
		if err := run(t.Context(), []string{"tensorboard", "--logdir=" + folder, port}, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", folder, err)
		}
	}
}

// TestHelpIsATable: no verb is longer than the column of the verbs.
func TestHelpIsATable(t *testing.T) {
	for _, v := range verbs {
		if len(v.name+" "+v.args) > 30 {
			t.Errorf("%s %s does not fit its column", v.name, v.args)
		}
	}
}
