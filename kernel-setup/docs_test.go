package main

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedCommands looks up each command of the documentation, and its
// flags, in the help of its verb. It runs none of them.
func TestDocumentedCommands(t *testing.T) {
	help := map[string]string{}
	for _, v := range verbs {
		help[v.name] = helpOf(t, v.name)
	}
	commands := documentedCommands(t)
	for command, file := range commands {
		words := strings.Fields(command)
		text, known := help[words[0]]
		if !known {
			t.Errorf("%s: kernel-setup has no verb %q", file, words[0])
			continue
		}
		for _, word := range words[1:] {
			flag, _, _ := strings.Cut(word, "=")
			if strings.HasPrefix(flag, "--") && !strings.Contains(text, "\n  "+flag+" ") {
				t.Errorf("%s: kernel-setup %s has no flag %s", file, words[0], flag)
			}
		}
	}
	if len(commands) < 20 {
		t.Errorf("only %d commands were found", len(commands))
	}
}

// helpOf is what a verb prints for --help.
func helpOf(t *testing.T, verb string) string {
	t.Helper()
	var text strings.Builder
	if err := run(t.Context(), []string{verb, "--help"}, &text); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(verb, err)
	}
	return text.String()
}

var (
	anywhere = regexp.MustCompile("go run \\./kernel-setup +([a-z][^`#\"'\\\\\n|;:,.()<%…]*)")
	inPages  = regexp.MustCompile("`((?:lab|report|setup|clean|test|results|fetch|tensorboard) [^`…<]*)`")
)

// documentedCommands finds "go run ./kernel-setup …" in pages, notebooks and
// sources, and in pages also `report --save 01`. It gives the file of each.
func documentedCommands(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	collect := func(pattern *regexp.Regexp, files ...string) {
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range pattern.FindAllStringSubmatch(string(text), -1) {
				command, _, _ := strings.Cut(m[1], "  ")
				found[strings.TrimSpace(command)] = file
			}
		}
	}
	var pages, others []string
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case d.IsDir() && name != ".." && (strings.HasPrefix(name, ".") || name == "runs" || name == "reports"):
			return fs.SkipDir
		case filepath.Ext(name) == ".md":
			pages = append(pages, path)
		case filepath.Ext(name) == ".ipynb", filepath.Ext(name) == ".go" && name != "docs_test.go":
			others = append(others, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	collect(anywhere, append(pages, others...)...)
	collect(inPages, pages...)
	return found
}
