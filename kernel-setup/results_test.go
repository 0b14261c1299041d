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
	want, err := (&project{root: root}).results()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, "docs", "results.md"))
	if err != nil || string(got) != want {
		t.Errorf("docs/results.md is not what the notebooks say (%v); run: go run ./kernel-setup results", err)
	}
	if n := strings.Count(want, "\n## "); n < 10 {
		t.Errorf("%d notebooks have results", n)
	}
}

func TestResultsOf(t *testing.T) {
	const table = `<table><caption style=\"x\">Original and here</caption><thead><tr><th>result</th><th>original</th><th>here</th></tr></thead>` +
		`<tbody><tr><th scope=\"row\">a | b</th><td>1 &lt; 2</td><td>97.1 %</td></tr></tbody></table>`
	const board = `<table><caption>Leaderboard of a/*</caption><thead><tr><th>model</th><th>test accuracy</th></tr></thead>` +
		`<tbody><tr><th>a/one</th><td>9 %</td></tr></tbody><tfoot><tr><td colspan=\"2\">a note</td></tr></tfoot></table>`
	const boardRows = "\nLeaderboard of a/\\*:\n\n| model | test accuracy |\n|---|---|\n| a/one | 9 % |\n"
	notebook := func(output string) string {
		return `{"cells": [{"cell_type": "markdown", "source": ["# A lab\n", "text"]},
			{"cell_type": "code", "source": ["kit.Show(kit.Results(…))"], "outputs": [{"data": {"text/html": ` + output + `}}]}]}`
	}
	const rows = "| result | original | here |\n|---|---|---|\n| a \\| b | 1 < 2 | 97.1 % |\n"
	const head = "\n## 07 [A lab](../notebooks/07-lab.ipynb)\n\n"
	for name, c := range map[string]struct{ notebook, want string }{
		"a table":          {notebook(`["` + table + `"]`), head + rows},
		"two tables":       {notebook(`["` + table + table + `"]`), head + rows + "\n" + rows},
		"a leaderboard":    {notebook(`["` + strings.ReplaceAll(board, "9 %", "8 %") + table + board + `"]`), head + rows + boardRows},
		"one string":       {notebook(`"` + table + `"`), head + rows},
		"on a sample":      {notebook(`["bundled sample", "` + table + `"]`), head + "On a bundled sample, not on the full data.\n\n" + rows},
		"no output":        {notebook(`""`), head + "No results are saved in this notebook.\n"},
		"promises nothing": {`{"cells": [{"cell_type": "markdown", "source": ["# Start"]}]}`, ""},
	} {
		if got, err := resultsOf([]byte(c.notebook), "07-lab.ipynb"); err != nil || got != c.want {
			t.Errorf("%s: %q, %v\nwant %q", name, got, err, c.want)
		}
	}
	if _, err := resultsOf([]byte(`{"cells": 3}`), "07-lab.ipynb"); err == nil || !strings.Contains(err.Error(), "it is no notebook") {
		t.Errorf("%v", err)
	}
}
