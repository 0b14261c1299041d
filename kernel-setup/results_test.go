package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestResultsAreThoseOfTheNotebooks: docs/results.md is made, not written.
func TestResultsAreThoseOfTheNotebooks(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, "docs", "results.md"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := (&project{root: root}).results()
	if err != nil || string(got) != want {
		t.Errorf("docs/results.md is not what the notebooks say (%v); run: go run ./kernel-setup results", err)
	}
	if n := strings.Count(want, "\n## "); n < 10 {
		t.Errorf("%d notebooks have results", n)
	}
}

func TestResultsOf(t *testing.T) {
	const (
		table     = `{"kind": "results", "caption": "x", "header": ["result", "original", "here"], "rows": [["a | b", "1 < 2", "97.1 %"]]}`
		board     = `{"kind": "leaderboard", "caption": "Leaderboard of a/*", "header": ["model", "test accuracy"], "rows": [["a/one", "9 %"]]}`
		note      = `{"kind": "note", "caption": "bundled sample: 10 of 20 images"}`
		rows      = "\n| result | original | here |\n|---|---|---|\n| a \\| b | 1 < 2 | 97.1 % |\n"
		boardRows = "\nLeaderboard of a/\\*:\n\n| model | test accuracy |\n|---|---|\n| a/one | 9 % |\n"
	)
	notebook := func(data string) string {
		return `{"cells": [{"cell_type": "markdown", "source": ["# A lab\n", "text"]},
			{"cell_type": "code", "source": ["kit.Show(kit.Results(…))"], "outputs": [{"data": {"text/html": ["<table>"]` + data + `}}]}]}`
	}
	data := func(list ...string) string {
		return `, "application/vnd.mnistkit+json": [` + strings.Join(list, ", ") + "]"
	}
	for name, c := range map[string]struct{ notebook, want, wrong string }{
		"a table":        {notebook(data(table)), rows, ""},
		"two tables":     {notebook(data(table, table)), rows + rows, ""},
		"a leaderboard":  {notebook(data(strings.ReplaceAll(board, "9 %", "8 %"), table, board)), rows + boardRows, ""},
		"on a sample":    {notebook(data(note, table)), "\nOn a bundled sample, not on the full data.\n" + rows, ""},
		"a note":         {notebook(data(note)), "", ""},
		"of an old kit":  {notebook(""), "", ""},
		"of another kit": {notebook(data(`{"kind": 3}`)), "", "data of another form"},
		"no notebook":    {`{"cells": 3}`, "", "it is not a notebook"},
	} {
		title, promised, data, err := readSaved([]byte(c.notebook))
		if got := resultsOf(data); got != c.want || (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %q, %v\nwant %q, %s", name, got, err, c.want, c.wrong)
		}
		if err == nil && (title != "A lab" || !promised) {
			t.Errorf("%s: title %q, promised: %v", name, title, promised)
		}
	}
}

// TestResultsNeedData: a notebook that shows results and was saved without their data is made anew first.
func TestResultsNeedData(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "notebooks"), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, data string) {
		t.Helper()
		contents := `{"cells": [{"cell_type": "code", "source": ["kit.Results("], "outputs": [{"data": {"text/html": ""` + data + `}}]}]}`
		if err := os.WriteFile(filepath.Join(root, "notebooks", name+".ipynb"), []byte(contents), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("02-new", `, "application/vnd.mnistkit+json": [{"kind": "results", "header": ["here"], "rows": [["new"]]}]`)
	want := resultsHead + "\n## 02 [](../notebooks/02-new.ipynb)\n\n| here |\n|---|\n| new |\n"
	if got, err := (&project{root: root}).results(); err != nil || got != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	write("03-old", "")
	if _, err := (&project{root: root}).results(); err == nil || !strings.Contains(err.Error(), "03-old.ipynb: its saved outputs hold no results; run: go run ./kernel-setup report --save 03") {
		t.Errorf("got %v", err)
	}
}
