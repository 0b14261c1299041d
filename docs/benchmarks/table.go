package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The part of README.md between these lines is written by writeTable.
const (
	tablesBegin = "<!-- tables: go run ./docs/benchmarks table -->\n"
	tablesEnd   = "<!-- end of tables -->\n"
)

// writeTable puts the newest results into README.md.
func (b *bench) writeTable() error {
	path := b.resultsFile(false)
	r, err := readResults(path)
	if err != nil {
		return err
	}
	if len(r.Cases)+len(r.Cells) == 0 {
		return fmt.Errorf("there are no results yet; run: go run ./docs/benchmarks")
	}
	readme := filepath.Join(b.here, "README.md")
	contents, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(contents), tablesBegin)
	_, after, ended := strings.Cut(rest, tablesEnd)
	if !ok || !ended {
		return fmt.Errorf("README.md has lost the lines %q and %q around its tables", tablesBegin, tablesEnd)
	}
	return os.WriteFile(readme, []byte(before+tablesBegin+r.markdown(filepath.Base(path))+tablesEnd+after), 0o644)
}

func (r Results) markdown(file string) string {
	var b strings.Builder
	m := r.Machine
	fmt.Fprintf(&b, "\nFrom [results/%s](results/%s), on %s, %d cores, %.1f GiB, %s.\n", file, file, m.CPU, m.Cores, m.MemoryGB, m.System)
	var versions []string
	for _, name := range slices.Sorted(maps.Keys(r.Versions)) {
		versions = append(versions, name+" "+r.Versions[name])
	}
	fmt.Fprintf(&b, "%s.\n", strings.Join(versions, ", "))
	b.WriteString(r.Limits.line())
	fmt.Fprintf(&b, "\n### Goals\n\n%s%s", goalTable(r.goals()), r.parityTable())
	for _, title := range []string{"train: Trainings", "scaling: Growth with the data"} {
		group, title, _ := strings.Cut(title, ": ")
		part := ""
		for _, c := range r.Cases {
			if c.Group == group {
				part += c.markdown()
			}
		}
		if part != "" {
			fmt.Fprintf(&b, "\n### %s\n%s", title, part)
		}
	}
	if len(r.Cells) > 0 {
		b.WriteString(cellTable(r.Cells))
	}
	return b.String()
}

func (c CaseResult) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n**%s**: %s. Batches of %d, %d epochs of %s examples, %d processes each, %s.", c.Name, c.About, c.Batch, c.Epochs, thousands(c.Rows), c.Repeats, c.Date)
	if c.CPU != "" {
		fmt.Fprintf(&b, " On %s.", c.CPU)
	}
	if c.Rows != c.Whole {
		fmt.Fprintf(&b, " An epoch of %s is extrapolated.", thousands(c.Whole))
	}
	fmt.Fprintf(&b, "\n\n| | step, ms | epoch, s | ours / its | GFLOP/s | first step, s | again, s | from start, s | first evaluation, s | evaluation, /s | prediction, /s | memory, MiB | test %s |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n", c.Metric)
	ours, _ := c.find("kit")
	for _, p := range c.Peers {
		if p.Failure != "" {
			fmt.Fprintf(&b, "| %s | failed | | | | | | | | | | | |\n", p.Peer)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %.2f | %s | %s | %s | %s | %s | %s | %s | %.0f | %s |\n", p.Peer,
			p.Step, number(p.Epoch.Median), ours.Step.Median/p.Step.Median, c.reached(p), p.First, again(p), number(p.Ready.Median+p.First.Median), number(p.EvaluateCall.Median),
			number(p.EvaluateRate.Median), number(p.PredictRate.Median), p.Memory.Median, p.Learned)
	}
	return b.String()
}

// again is the first step with what was compiled before.
func again(p PeerResult) string {
	if p.Again.Median == 0 {
		return "–"
	}
	return number(p.Again.Median)
}

// reached is the GFLOP/s of a peer's step.
func (c CaseResult) reached(p PeerResult) string {
	// Not counted at that time; nothing but overhead; or not what was multiplied.
	if c.FLOP == 0 || c.Metric == "mae" || c.Sparse && p.Peer == "kit" {
		return "–"
	}
	return number(c.FLOP * float64(c.Batch) / p.Step.Median / 1e6)
}

func cellTable(cells []CellResult) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### Cells\n\nMedians of %d sessions, and the range.\n\n| cell | Go, s | × hello | beyond the training, s | IPython with Keras, s |\n|---|---|---|---|---|\n", cells[0].Sessions)
	for _, c := range cells {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", c.Cell, c.Go, c.Ratio, c.Beside, c.Python)
	}
	return b.String()
}

// String is a Spread for a table: "1.23 (1.20–1.31)".
func (s Spread) String() string {
	if s == (Spread{}) {
		return "–"
	}
	if s.Low == s.High {
		return number(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", number(s.Median), number(s.Low), number(s.High))
}

// number shows three digits, and whole thousands.
func number(v float64) string {
	switch {
	case v >= 1000:
		return thousands(int(v + 0.5))
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
