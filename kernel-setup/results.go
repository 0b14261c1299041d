package main

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
)

func runResults(_ context.Context, p *project, v verb, args []string) error {
	fs := newFlags(v)
	check := fs.Bool("check", false, "write nothing; fail if docs/results.md is not what the notebooks say")
	if _, err := parse(fs, v, args); err != nil {
		return err
	}
	page, err := p.results()
	if err != nil {
		return err
	}
	file := p.path("docs", "results.md")
	if *check {
		if old, err := os.ReadFile(file); err != nil || string(old) != page {
			return fmt.Errorf("docs/results.md is not what the notebooks say; run: go run ./kernel-setup results")
		}
		return nil
	}
	return files.Write(file, []byte(page))
}

const resultsHead = `# Results: the originals and here

Made from the saved outputs of the notebooks by ` + "`go run ./kernel-setup results`" + `; do not edit it by hand. The first table is the one that
closes a notebook (` + "`kit.Results`" + `); below it stand its leaderboards, with all its models. Accuracies are meant to be at least the original's less 0.3 points; where one is not, or where
the original's figure is an accident of one run, the notebook's conclusions say so. The same recipes trained by Keras on the same split stand in the
[benchmarks](benchmarks/README.md#parity).
`

// results is the page docs/results.md.
func (p *project) results() (string, error) {
	notebooks, err := p.notebooks()
	if err != nil {
		return "", err
	}
	page := resultsHead
	for _, notebook := range notebooks {
		contents, err := os.ReadFile(notebook)
		if err != nil {
			return "", err
		}
		part, err := resultsOf(contents, filepath.Base(notebook))
		if err != nil {
			return "", fmt.Errorf("%s: %w", filepath.Base(notebook), err)
		}
		page += part
	}
	return page, nil
}

// The tables that package show writes have one form: no browser's parser is needed.
var (
	resultsTable = regexp.MustCompile(`(?s)<caption[^>]*>Original and here</caption>.*?</table>`)
	leaderboard  = regexp.MustCompile(`(?s)<caption[^>]*>(Leaderboard of [^<]*)</caption>.*?</table>`)
	tableFoot    = regexp.MustCompile(`(?s)<tfoot.*?</tfoot>`)
	tableRow     = regexp.MustCompile(`(?s)<tr>(.*?)</tr>`)
	tableCell    = regexp.MustCompile(`(?s)<t[hd][^>]*>(.*?)</t[hd]>`)
)

// resultsOf is a notebook's part of the page; "" for one without a closing table.
func resultsOf(contents []byte, name string) (string, error) {
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
		return "", fmt.Errorf("it is no notebook (%w); restore it from git", err)
	}
	title, promised, sampled, saved := "", false, false, ""
	var captions []string
	boards := map[string]string{}
	for _, cell := range notebook.Cells {
		source := strings.Join(cell.Source, "")
		if title == "" && cell.Type == "markdown" {
			title, _, _ = strings.Cut(strings.TrimPrefix(source, "# "), "\n")
		}
		promised = promised || cell.Type == "code" && strings.Contains(source, "kit.Results(")
		for _, output := range cell.Outputs {
			shown := textOf(output.Data["text/html"])
			sampled = sampled || strings.Contains(shown, "bundled sample")
			for _, table := range resultsTable.FindAllString(shown, -1) {
				if saved != "" {
					saved += "\n" // Markdown would take a second table for rows of the first
				}
				saved += markdownTable(table)
			}
			for _, board := range leaderboard.FindAllStringSubmatch(shown, -1) {
				captions = append(slices.DeleteFunc(captions, func(c string) bool { return c == board[1] }), board[1])
				boards[board[1]] = markdownTable(board[0]) // the last of a name has most runs
			}
		}
	}
	if !promised {
		return "", nil
	}
	number, _, _ := strings.Cut(name, "-")
	head := fmt.Sprintf("\n## %s [%s](../notebooks/%s)\n\n", number, title, name)
	switch {
	case saved == "" && len(captions) == 0:
		return head + "No results are saved in this notebook.\n", nil
	case sampled:
		head += "On a bundled sample, not on the full data.\n\n"
	}
	for _, caption := range captions {
		saved += "\n" + markdownText(caption) + ":\n\n" + boards[caption]
	}
	return head + saved, nil
}

// textOf is a text of a notebook: one string, or a list of them.
func textOf(raw json.RawMessage) string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return one
	}
	var list []string
	_ = json.Unmarshal(raw, &list) // neither: there is none
	return strings.Join(list, "")
}

// markdownText escapes what Markdown would take for its own.
func markdownText(text string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`).Replace(html.UnescapeString(text))
}

// markdownTable leaves out the notes at the table's foot.
func markdownTable(table string) string {
	var b strings.Builder
	for i, row := range tableRow.FindAllStringSubmatch(tableFoot.ReplaceAllString(table, ""), -1) {
		cells := tableCell.FindAllStringSubmatch(row[1], -1)
		b.WriteString("|")
		for _, cell := range cells {
			b.WriteString(" " + markdownText(cell[1]) + " |")
		}
		b.WriteString("\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat("---|", len(cells)) + "\n")
		}
	}
	return b.String()
}
