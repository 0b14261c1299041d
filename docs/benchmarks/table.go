package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/janpfeifer/must"

	"gonblabs/mnistkit/show"
)

// The part of README.md between these lines is written by writeTable.
const (
	tablesBegin = "<!-- tables: go run ./docs/benchmarks table -->\n"
	tablesEnd   = "<!-- end of tables -->\n"
)

// writeTable puts the newest results into README.md.
func (b *bench) writeTable() {
	newest, readme := b.newest(), filepath.Join(b.here, "README.md")
	if newest == "" {
		must.M(errors.New("there are no results yet; run: go run ./docs/benchmarks"))
	}
	before, rest, begins := strings.Cut(string(must.M1(os.ReadFile(readme))), tablesBegin)
	_, after, ends := strings.Cut(rest, tablesEnd)
	if !begins || !ends {
		must.M(fmt.Errorf("README.md has lost the lines %q and %q around its tables", tablesBegin, tablesEnd))
	}
	tables := readResults(newest).markdown(filepath.Base(newest))
	must.M(os.WriteFile(readme, []byte(before+tablesBegin+tables+tablesEnd+after), 0o644))
}

func (r Results) markdown(file string) string {
	var b strings.Builder
	m := r.Machine
	fmt.Fprintf(&b, "\nFrom [results/%s](results/%[1]s), on %s, %d cores, %.1f GiB, %s.\n", file, m.CPU, m.Cores, m.MemoryGB, m.System)
	var versions []string
	for _, name := range slices.Sorted(maps.Keys(r.Versions)) {
		versions = append(versions, name+" "+r.Versions[name])
	}
	fmt.Fprintf(&b, "%s.\n%s\n### Goals\n\n", strings.Join(versions, ", "), r.Limits)
	b.WriteString(table(r.goals()))
	if parity := r.parity(); len(parity) > 1 {
		fmt.Fprintf(&b, "\n### Parity\n\nThe same recipe trained here and by Keras: mean on the test examples after the last epoch, and the range of the seeds. "+
			"Each begins with weights of its own, but for rows that say *same start*: there Keras is given our first weights and our order of the examples.\n\n%s", table(parity))
	}
	for _, section := range [][2]string{{"train", "Trainings"}, {"scaling", "Growth with the data"}} {
		title := "\n### " + section[1] + "\n"
		for _, c := range r.Cases {
			if c.Group == section[0] {
				b.WriteString(title + c.markdown())
				title = ""
			}
		}
	}
	if len(r.Cells) > 0 {
		cells := [][]string{{"cell", "Go, s", "× hello", "beyond the training, s", "IPython with Keras, s"}}
		for _, c := range r.Cells {
			cells = append(cells, []string{c.Cell, c.Go.String(), c.Ratio.String(), c.Beside.String(), c.Python.String()})
		}
		fmt.Fprintf(&b, "\n### Cells\n\nMedians of %d sessions, and the range.\n\n%s", r.Cells[0].Sessions, table(cells))
	}
	return b.String()
}

// table is rows in Markdown, the first of them the header.
func table(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		line := "| " + strings.Join(row, " | ") + " |\n"
		b.WriteString(strings.ReplaceAll(line, "  ", " ")) // an empty cell is a single blank
		if i == 0 {
			b.WriteString("|" + strings.Repeat("---|", len(row)) + "\n")
		}
	}
	return b.String()
}

// parity holds the means of all seeds against Keras'.
func (r Results) parity() [][]string {
	rows := [][]string{{"recipe", "epochs", "seeds", "metric", "here", "Keras", "difference", "limit", ""}}
	for _, c := range r.Cases {
		ours, keras := c.find("kit"), c.find("keras-jit")
		if c.Group != "parity" || ours.Seeds == nil || keras.Seeds == nil {
			continue
		}
		difference, limit, verdict := apart(c.Metric, mean(ours.Seeds), mean(keras.Seeds))
		name := strings.TrimPrefix(c.Name, "parity-")
		if c.SameStart {
			name += ", same start"
		}
		rows = append(rows, []string{name, fmt.Sprint(c.Epochs), fmt.Sprint(c.Repeats), c.Metric,
			learned(c.Metric, ours), learned(c.Metric, keras), difference, limit, verdict})
	}
	return rows
}

// apart says how far ours is from the peer's: in points of accuracy, or as a
// share of an error.
func apart(metric string, ours, peer float64) (difference, limit, judgement string) {
	d := 100 * (ours - peer)
	if metric == "accuracy" {
		return fmt.Sprintf("%+.2f points", d), "±0.3 points", verdict(math.Abs(d) <= 0.3)
	}
	d /= peer
	return fmt.Sprintf("%+.1f %%", d), "±5 %", verdict(math.Abs(d) <= 5)
}

// learned is the mean of the seeds, and their range.
func learned(metric string, p PeerResult) string {
	if metric == "accuracy" {
		return fmt.Sprintf("%.2f %% (%.2f–%.2f)", 100*mean(p.Seeds), 100*p.Learned.Low, 100*p.Learned.High)
	}
	return fmt.Sprintf("%.3f (%.3f–%.3f)", mean(p.Seeds), p.Learned.Low, p.Learned.High)
}

func (c CaseResult) markdown() string {
	text := fmt.Sprintf("\n**%s**: %s. Batches of %d, %d epochs of %s examples, %d processes each, %s.", c.Name, c.About, c.Batch, c.Epochs, show.Count(c.Rows), c.Repeats, c.Date)
	if c.CPU != "" {
		text += fmt.Sprintf(" On %s.", c.CPU)
	}
	if c.Rows != c.Whole {
		text += fmt.Sprintf(" An epoch of %s is extrapolated.", show.Count(c.Whole))
	}
	rows := [][]string{{"", "step, ms", "epoch, s", "ours / its", "GFLOP/s", "first step, s", "again, s", "from start, s", "first evaluation, s",
		"evaluation, /s", "prediction, /s", "memory, MiB", "test " + c.Metric}}
	ours := c.find("kit")
	for _, p := range c.Peers {
		row := make([]string, len(rows[0]))
		row[0], row[1] = p.Peer, "failed"
		if p.Failure == "" {
			row = []string{p.Peer, p.Step.String(), number(p.Epoch.Median), fmt.Sprintf("%.2f", ours.Step.Median/p.Step.Median), c.reached(p), p.First.String(),
				orDash(p.Again.Median), number(p.Ready.Median + p.First.Median), number(p.EvaluateCall.Median),
				number(p.EvaluateRate.Median), number(p.PredictRate.Median), fmt.Sprintf("%.0f", p.Memory.Median), p.Learned.String()}
		}
		rows = append(rows, row)
	}
	return text + "\n\n" + table(rows)
}

// orDash is a number, if there is one.
func orDash(v float64) string {
	if v == 0 {
		return "–"
	}
	return number(v)
}

// reached is the GFLOP/s of a peer's step.
func (c CaseResult) reached(p PeerResult) string {
	// Not counted at that time; nothing but overhead; or not what was multiplied.
	if c.FLOP == 0 || c.Metric == "mae" || c.Sparse && p.Peer == "kit" {
		return "–"
	}
	return number(c.FLOP * float64(c.Batch) / p.Step.Median / 1e6)
}

// String is a Spread for a table: "1.23 (1.20–1.31)".
func (s Spread) String() string {
	switch {
	case s == (Spread{}):
		return "–"
	case s.Low == s.High:
		return number(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", number(s.Median), number(s.Low), number(s.High))
}

// number shows three digits, and whole thousands.
func number(v float64) string {
	switch {
	case v >= 1000:
		return show.Count(int(v + 0.5))
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
