package main

import (
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

// writeTable puts the newest results of each processor into README.md.
func (b *bench) writeTable() {
	readme := filepath.Join(b.here, "README.md")
	before, rest, begins := strings.Cut(string(must.M1(os.ReadFile(readme))), tablesBegin)
	_, after, ends := strings.Cut(rest, tablesEnd)
	if !begins || !ends {
		must.M(fmt.Errorf("README.md has lost the lines %q and %q around its tables", tablesBegin, tablesEnd))
	}
	must.M(os.WriteFile(readme, []byte(before+tablesBegin+allTables(b.here)+tablesEnd+after), 0o644))
}

func allTables(here string) (tables string) {
	for _, file := range newest(filepath.Join(here, "results")) {
		tables += readResults(file).markdown(filepath.Base(file))
	}
	return tables + accuracyTable(filepath.Join(here, "accuracy"))
}

func (r Results) markdown(file string) string {
	var b strings.Builder
	m := r.Machine
	fmt.Fprintf(&b, "\n### %s\n\nFrom [results/%s](results/%[2]s), on %d cores, %.1f GiB, %s.\n", m.CPU, file, m.Cores, m.MemoryGB, m.System)
	var versions []string
	for _, name := range slices.Sorted(maps.Keys(r.Versions)) {
		versions = append(versions, name+" "+r.Versions[name])
	}
	fmt.Fprintf(&b, "%s.\n%s\n#### Goals\n\n", strings.Join(versions, ", "), r.Limits)
	b.WriteString(table(r.goals()))
	if parity := r.parity(); len(parity) > 1 {
		fmt.Fprintf(&b, "\n#### Parity\n\nThe same recipe trained here and by Keras, or in bf16 and in float32: mean on the test examples after the last epoch, and the range of the seeds. "+
			"Each begins with weights of its own, but for rows that say *same start*: there Keras is given our first weights and our order of the examples.\n\n%s", table(parity))
	}
	for _, section := range [][2]string{{"train", "Trainings"}, {"scaling", "Growth with the data"}} {
		title := "\n#### " + section[1] + "\n"
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
		fmt.Fprintf(&b, "\n#### Cells\n\nMedians of %d sessions, and the range.\n\n%s", r.Cells[0].Sessions, table(cells))
	}
	return b.String() + r.Services.markdown() + r.Growth.markdown()
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

// parity holds the means of all seeds against Keras', and those in bf16 against ours in float32.
func (r Results) parity() [][]string {
	rows := [][]string{{"recipe", "epochs", "seeds", "metric", "here", "the other", "difference", "limit", ""}}
	for _, c := range r.Cases {
		for _, pair := range [][3]string{{"kit", "keras-jit", ", Keras"}, {"kit-bf16", "kit", " in bf16, float32"}} {
			ours, other := c.find(pair[0]), c.find(pair[1])
			if c.Group != "parity" || ours.Seeds == nil || other.Seeds == nil {
				continue
			}
			difference, limit, verdict := apart(c.Metric, mean(ours.Seeds), mean(other.Seeds))
			name := strings.TrimPrefix(c.Name, "parity-") + pair[2]
			if c.SameStart {
				name += ", same start"
			}
			rows = append(rows, []string{name, fmt.Sprint(c.Epochs), fmt.Sprint(len(ours.Seeds)), c.Metric,
				learned(c.Metric, ours), learned(c.Metric, other), difference, limit, verdict})
		}
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

func learned(metric string, p PeerResult) string {
	if metric == "accuracy" {
		return fmt.Sprintf("%.2f %% (%.2f–%.2f)", 100*mean(p.Seeds), 100*p.Learned.Low, 100*p.Learned.High)
	}
	return fmt.Sprintf("%.3f (%.3f–%.3f)", mean(p.Seeds), p.Learned.Low, p.Learned.High)
}

func (c CaseResult) markdown() string {
	text := fmt.Sprintf("\n**%s**: %s. Batches of %d, %d epochs of %s examples, %d processes each, %s.", c.Name, c.About, c.Batch, c.Epochs, show.Count(c.Rows), c.Repeats, c.Date)
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
				number(p.Again.Median), number(p.Ready.Median + p.First.Median), number(p.EvaluateCall.Median),
				number(p.EvaluateRate.Median), number(p.PredictRate.Median), fmt.Sprintf("%.0f", p.Memory.Median), p.Learned.String()}
		}
		rows = append(rows, row)
	}
	return text + "\n\n" + table(rows)
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
	if s.Low == s.High {
		return number(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", number(s.Median), number(s.Low), number(s.High))
}

// number shows three digits, and whole thousands; nothing is a dash.
func number(v float64) string {
	switch {
	case v == 0:
		return "–"
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

// judge is a row of the table of goals: a cost against its limit. A cost of
// nothing was not measured.
func judge(what string, cost, limit float64, limitFormat, measured string) []string {
	row := []string{what, fmt.Sprintf(limitFormat, limit), "not measured", "–"}
	if cost > 0 && !math.IsInf(cost, 1) {
		row[2], row[3] = measured, verdict(cost <= limit)
	}
	return row
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "not met"
}

// measure is a cost: less is better.
type measure struct {
	Name  string
	Limit float64 // of a model with convolutions, to the best peer; of others it is 1
	Cost  func(PeerResult) float64
}

var measures = []measure{
	{"step", 0.9, func(p PeerResult) float64 { return p.Step.Median }},
	{"evaluation", 0.9, func(p PeerResult) float64 { return 1 / p.EvaluateRate.Median }},
	{"prediction", 0.9, func(p PeerResult) float64 { return 1 / p.PredictRate.Median }},
	{"time to first step", 1, func(p PeerResult) float64 { return p.First.Median }},
	{"memory", 1, func(p PeerResult) float64 { return p.Memory.Median }},
}

// goals are those of the project's plan for speed, each with what was measured.
func (r Results) goals() [][]string {
	list := [][]string{{"goal", "limit", "measured", ""}}
	for _, m := range measures {
		for _, c := range r.Cases {
			if c.Group != "train" {
				continue
			}
			limit := 1.0
			if convolves(find(cases, func(k Case) bool { return k.Name == c.Name }).Model) {
				limit = m.Limit
			}
			list = append(list, c.ratio(m, "kit", limit))
			if c.find("kit-bf16").Peer != "" {
				list = append(list, c.ratio(m, "kit-bf16", limit))
			}
		}
	}
	custom2 := r.find("custom2")
	share := custom2.FLOP * float64(custom2.Batch) / custom2.find("kit").Step.Median / 1e6 / r.Limits.Product
	list = append(list, judge("custom2: a large product's speed to that of its step", 1/share, 1/0.58, "≤ %.2f", number(1/share)))
	megabytes := r.find("mlp").find("kit").Memory.Median * mebibyte / 1e6
	list = append(list, judge("mlp: memory of the training", megabytes, 450, "≤ %.0f MB", fmt.Sprintf("%.0f MB", megabytes)))
	small, large := r.find("mlp-60k"), r.find("mlp-600k") // does cost grow as the data do?
	a, b := small.find("kit"), large.find("kit")
	times := b.Epoch.Median / float64(large.Whole) / (a.Epoch.Median / float64(small.Whole))
	copies := (b.Memory.Median - a.Memory.Median) * mebibyte / (784 * float64(large.Rows-small.Rows))
	if a.Peer == "" { // not measured
		copies = 0
	}
	list = append(list,
		judge("mlp: time an image, 600,000 to 60,000 images", times, 1.1, "≤ %.2f", fmt.Sprintf("%.2f", times)),
		judge("mlp: memory from 60,000 to 600,000 images, in copies of the data", copies, 1.1, "≤ %.2f", fmt.Sprintf("%.2f", copies)))
	return slices.Concat(list, r.cellGoals(), r.Services.goals(), r.Growth.goals())
}

// mebibyte is the unit of what was measured of memory.
const mebibyte = 1 << 20

// ratio holds one of ours against the best of the peers that compute in float32, or in bf16.
func (c CaseResult) ratio(m measure, ours string, limit float64) []string {
	best, peer := math.Inf(1), ""
	_, precision, _ := strings.Cut(ours, "-")
	for _, p := range c.Peers {
		same := strings.HasSuffix(p.Peer, "-bf16") == (precision == "bf16")
		if cost := m.Cost(p); same && !strings.HasPrefix(p.Peer, "kit") && p.Failure == "" && cost > 0 && cost < best {
			best, peer = cost, p.Peer
		}
	}
	value := m.Cost(c.find(ours)) / best // 0 without a peer
	what := strings.TrimSpace(c.Name + " " + precision)
	return judge(fmt.Sprintf("%s: %s to the best peer", what, m.Name), value, limit, "≤ %.2f", fmt.Sprintf("%s (%s)", number(value), peer))
}

func (r Results) cellGoals() (list [][]string) {
	add := func(unit string, limit float64, value func(CellResult) Spread, cells ...string) {
		for _, cell := range cells {
			v := value(find(r.Cells, func(c CellResult) bool { return c.Cell == cell })).Median
			list = append(list, judge("cell, "+cell, v, limit, "≤ %.1f "+unit, fmt.Sprintf("%.2f %s", v, unit)))
		}
	}
	add("× hello", 2, func(c CellResult) Spread { return c.Ratio }, "declare", "figure", "kept evaluation", "leaderboard", "kept prediction", "replayed fit", "test")
	add("s beside the training", 1, func(c CellResult) Spread { return c.Beside }, "second fit")
	add("s", 1, func(c CellResult) Spread { return c.Go }, "second prediction")
	add("× hello", 3, func(c CellResult) Spread { return c.Ratio }, "graph function", "graph computed")
	return list
}
