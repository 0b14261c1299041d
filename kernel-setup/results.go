package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/show"
)

func runResults(_ context.Context, p *project, v verb, args []string) error {
	fs := newFlags(v)
	check := fs.Bool("check", false, "write nothing; fail if docs/results.md is not what the notebooks say")
	if _, err := parse(fs, v, args); err != nil {
		return err
	}
	file := p.path("docs", "results.md")
	page, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	made, old, err := p.results(string(page))
	if err != nil {
		return err
	}
	if len(old) > 0 {
		names := strings.Join(old, " ")
		fmt.Printf("Notebooks %s were saved without data: docs/results.md says of them what it said. Run: go run ./kernel-setup report %[1]s --save\n", names)
	}
	if *check {
		if string(page) != made {
			return fmt.Errorf("docs/results.md is not what the notebooks say; run: go run ./kernel-setup results")
		}
		return nil
	}
	return files.Write(file, []byte(made))
}

const resultsHead = `# Results: the originals and here

Made from the saved outputs of the notebooks by ` + "`go run ./kernel-setup results`" + `; do not edit it by hand. The first table is the one that
closes a notebook (` + "`kit.Results`" + `); below it stand its leaderboards, with all its models. Accuracies are meant to be at least the original's less 0.3 points; where one is not, or where
the original's figure is an accident of one run, the notebook's conclusions say so. The same recipes trained by Keras on the same split stand in the
[benchmarks](benchmarks/README.md#parity).
`

// results is the page docs/results.md, with what page says of the notebooks that hold no data yet; old lists those.
func (p *project) results(page string) (made string, old []string, err error) {
	notebooks, err := p.notebooks()
	if err != nil {
		return "", nil, err
	}
	made = resultsHead
	for _, notebook := range notebooks {
		contents, err := os.ReadFile(notebook)
		if err != nil {
			return "", nil, err
		}
		part, err := resultsOf(contents, filepath.Base(notebook))
		if errors.Is(err, errNoData) {
			number, _, _ := strings.Cut(filepath.Base(notebook), "-")
			old = append(old, number)
			part, err = partOf(page, number), nil
		}
		if err != nil {
			return "", nil, fmt.Errorf("%s: %w", filepath.Base(notebook), err)
		}
		made += part
	}
	return made, old, nil
}

// partOf is what the page says of a notebook, with its heading.
func partOf(page, number string) string {
	_, part, found := strings.Cut(page, "\n## "+number+" ")
	if !found {
		return ""
	}
	part, _, _ = strings.Cut(part, "\n## ")
	return "\n## " + number + " " + strings.TrimSuffix(part, "\n") + "\n"
}

// errNoData is about a notebook that was saved before tables left data.
var errNoData = errors.New("its outputs hold no data")

// resultsOf is a notebook's part of the page; "" for one without a closing table.
func resultsOf(contents []byte, name string) (string, error) {
	saved, err := readSaved(contents)
	if err != nil || !saved.promised {
		return "", err
	}
	var tables, boards string
	sampled, captions := false, map[string]bool{}
	for _, d := range slices.Backward(saved.data) {
		switch d.Kind {
		case "note":
			sampled = sampled || strings.Contains(d.Caption, "bundled sample")
		case "results":
			tables = "\n" + markdownTable(d) + tables
		case "leaderboard": // the last of a name has most runs
			if !captions[d.Caption] {
				boards = "\n" + markdownText(d.Caption) + ":\n\n" + markdownTable(d) + boards
			}
			captions[d.Caption] = true
		}
	}
	number, _, _ := strings.Cut(name, "-")
	part := fmt.Sprintf("\n## %s [%s](../notebooks/%s)\n", number, saved.title, name)
	switch {
	case saved.outputs == 0:
		return part + "\nNo results are saved in this notebook.\n", nil
	case tables+boards == "":
		return "", errNoData
	case sampled:
		part += "\nOn a bundled sample, not on the full data.\n"
	}
	return part + tables + boards, nil
}

// saved is what a notebook holds for the page.
type saved struct {
	title    string
	promised bool // a closing table
	outputs  int
	data     []show.Data
}

func readSaved(contents []byte) (s saved, err error) {
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
		return s, fmt.Errorf("it is no notebook (%w); restore it from git", err)
	}
	for _, cell := range notebook.Cells {
		source := strings.Join(cell.Source, "")
		if s.title == "" && cell.Type == "markdown" {
			s.title, _, _ = strings.Cut(strings.TrimPrefix(source, "# "), "\n")
		}
		s.promised = s.promised || cell.Type == "code" && strings.Contains(source, "kit.Results(")
		s.outputs += len(cell.Outputs)
		for _, output := range cell.Outputs {
			var list []show.Data
			if raw, has := output.Data[show.DataType]; has {
				if err := json.Unmarshal(raw, &list); err != nil {
					return s, fmt.Errorf("its outputs hold data of another form (%w); save it anew", err)
				}
			}
			s.data = append(s.data, list...)
		}
	}
	return s, nil
}

// markdownText escapes what Markdown would take for its own.
func markdownText(text string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`).Replace(text)
}

func markdownTable(t show.Data) string {
	var b strings.Builder
	write := func(row []string) {
		b.WriteString("|")
		for _, cell := range row {
			b.WriteString(" " + markdownText(cell) + " |")
		}
		b.WriteString("\n")
	}
	write(t.Header)
	b.WriteString("|" + strings.Repeat("---|", len(t.Header)) + "\n")
	for _, row := range t.Rows {
		write(row)
	}
	return b.String()
}
