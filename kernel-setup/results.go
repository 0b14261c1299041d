package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/show"
)

func resultsVerb(p *project, fs *flag.FlagSet) action {
	check := fs.Bool("check", false, "write nothing; fail if docs/results.md is not what the notebooks say")
	return func(ctx context.Context, _ []string) error {
		file := p.path("docs", "results.md")
		made, err := p.results()
		switch {
		case err != nil:
			return err
		case !*check:
			return files.Write(file, []byte(made))
		}
		if page, err := os.ReadFile(file); err != nil || string(page) != made {
			return fmt.Errorf("docs/results.md is not what the notebooks say; run: go run ./kernel-setup results")
		}
		return nil
	}
}

const resultsHead = `# Results: the originals and here

` + "`go run ./kernel-setup results`" + ` makes this page from the saved outputs of the notebooks; do not edit it by hand. Each part begins with the
table that closes the notebook (` + "`kit.Results`" + `). After it come the notebook's leaderboards, with all its models. An accuracy should be at
least the original's less 0.3 points. Where it is not, or where the original's figure is an accident of one run, the notebook's
conclusions say so. The [benchmarks](benchmarks/README.md#parity) compare the same recipes with Keras' on the same split.
`

// results is the page docs/results.md.
func (p *project) results() (made string, err error) {
	notebooks, err := p.notebooks()
	if err != nil {
		return "", err
	}
	made = resultsHead
	for _, notebook := range notebooks {
		name := filepath.Base(notebook)
		number, _, _ := strings.Cut(name, "-")
		contents, none := os.ReadFile(notebook)
		title, promised, data, err := readSaved(contents)
		section := resultsOf(data)
		if err = cmp.Or(none, err); err == nil && promised && section == "" {
			err = fmt.Errorf("its saved outputs hold no results; run: go run ./kernel-setup report --save %s", number)
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		if section != "" {
			made += fmt.Sprintf("\n## %s [%s](../notebooks/%s)\n%s", number, title, name, section)
		}
	}
	return made, nil
}

// readSaved is a notebook's title, whether it calls kit.Results, and the data of its outputs.
func readSaved(contents []byte) (title string, promised bool, data []show.Data, err error) {
	var notebook struct {
		Cells []struct {
			Type    string   `json:"cell_type"`
			Source  []string `json:"source"`
			Outputs []struct {
				Data map[string]json.RawMessage `json:"data"`
			} `json:"outputs"`
		} `json:"cells"`
	}
	if err := json.Unmarshal(contents, &notebook); err != nil {
		return "", false, nil, fmt.Errorf("it is not a notebook (%w); restore it from git", err)
	}
	for _, cell := range notebook.Cells {
		source := strings.Join(cell.Source, "")
		if title == "" && cell.Type == "markdown" {
			title, _, _ = strings.Cut(strings.TrimPrefix(source, "# "), "\n")
		}
		promised = promised || cell.Type == "code" && strings.Contains(source, "kit.Results(")
		for _, output := range cell.Outputs {
			var list []show.Data
			if raw, has := output.Data[show.DataType]; has {
				if err := json.Unmarshal(raw, &list); err != nil {
					return "", false, nil, fmt.Errorf("its outputs hold data of another form (%w); save it anew", err)
				}
			}
			data = append(data, list...)
		}
	}
	return title, promised, data, nil
}

// resultsOf is what the data of a notebook say: its closing tables, then its leaderboards.
func resultsOf(data []show.Data) string {
	var note, tables, boards string
	seen := map[string]bool{}
	for _, d := range slices.Backward(data) {
		switch d.Kind {
		case "note":
			if strings.Contains(d.Caption, "bundled sample") {
				note = "\nOn a bundled sample, not on the full data.\n"
			}
		case "results":
			tables = "\n" + markdownTable(d) + tables
		case "leaderboard": // the last of a name has most runs
			if !seen[d.Caption] {
				boards = "\n" + markdownText(d.Caption) + ":\n\n" + markdownTable(d) + boards
			}
			seen[d.Caption] = true
		}
	}
	if tables+boards == "" {
		return ""
	}
	return note + tables + boards
}

// markdownText escapes what Markdown would take for its own.
func markdownText(text string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`).Replace(text)
}

func markdownTable(t show.Data) string {
	var b strings.Builder
	for i, row := range slices.Insert(t.Rows, 0, t.Header) {
		for _, cell := range row {
			b.WriteString("| " + markdownText(cell) + " ")
		}
		b.WriteString("|\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat("---|", len(t.Header)) + "\n")
		}
	}
	return b.String()
}
