package main

import (
	"fmt"
	"slices"
	"strings"
)

// goal is one promise, measured or not.
type goal struct {
	What     string
	Measured string // "0.23", or why not
	Limit    string
	Met      bool
	Known    bool
}

// family is the best peer of a family by a measure.
func (r CaseResult) family(name string, measure func(PeerResult) float64) (PeerResult, bool) {
	var best PeerResult
	found := false
	for _, p := range r.Peers {
		if p.Family != name || p.Failure != "" || measure(p) <= 0 {
			continue
		}
		if !found || measure(p) < measure(best) {
			best, found = p, true
		}
	}
	return best, found
}

// measure is a cost: less is better.
type measure struct {
	Name string
	Cost func(PeerResult) float64
}

func perImage(rate float64) float64 {
	if rate == 0 {
		return 0
	}
	return 1 / rate
}

var (
	stepTime    = measure{"step", func(p PeerResult) float64 { return p.Step.Median }}
	evaluation  = measure{"evaluation", func(p PeerResult) float64 { return perImage(p.EvaluateRate.Median) }}
	prediction  = measure{"prediction", func(p PeerResult) float64 { return perImage(p.PredictRate.Median) }}
	compileTime = measure{"time to first step", func(p PeerResult) float64 { return p.First.Median }}
	peakMemory  = measure{"memory", func(p PeerResult) float64 { return p.Memory.Median }}
)

// goals are those of the project's plan for speed, each with what was measured.
func (r Results) goals() []goal {
	var list []goal
	against := func(m measure, family string, limit float64, names ...string) {
		for _, name := range names {
			list = append(list, r.ratio(m, name, family, limit))
		}
	}
	dense := []string{"mlp", "deep30", "auto-mpg"}
	convolutions := []string{"custom1", "custom2", "custom2-128"}
	texts := []string{"imdb", "multi-hot"}
	for _, m := range []measure{stepTime, evaluation, prediction} {
		against(m, "Keras", 0.25, slices.Concat(dense, texts)...)
		against(m, "Keras", 0.6, "lenet")
		against(m, "Keras", 0.8, convolutions...)
		against(m, "PyTorch", 0.5, dense...)
		against(m, "PyTorch", 1.0, append([]string{"lenet"}, convolutions...)...)
		if m.Name == "step" {
			against(m, "JAX", 1.2, dense...)
		}
	}
	against(compileTime, "Keras", 1, slices.Concat(dense, []string{"lenet"}, convolutions, texts)...)
	list = append(list, r.mlpMemory())
	against(peakMemory, "Keras", 0.5, slices.Concat([]string{"lenet", "deep30", "auto-mpg"}, convolutions, texts)...)
	list = append(list, r.linear()...)
	return append(list, r.cellGoals()...)
}

func (r Results) find(name string) (CaseResult, bool) {
	i := slices.IndexFunc(r.Cases, func(c CaseResult) bool { return c.Name == name })
	if i < 0 {
		return CaseResult{}, false
	}
	return r.Cases[i], true
}

// ratio holds ours against the best of a family.
func (r Results) ratio(m measure, name, family string, limit float64) goal {
	g := goal{What: fmt.Sprintf("%s: %s to %s", name, m.Name, family), Limit: fmt.Sprintf("≤ %.2f", limit), Measured: "not measured"}
	c, _ := r.find(name)
	ours, ok := c.find("kit")
	peer, has := c.family(family, m.Cost)
	if ok && has && m.Cost(ours) > 0 {
		value := m.Cost(ours) / m.Cost(peer)
		g.Measured, g.Known, g.Met = fmt.Sprintf("%s (%s)", number(value), peer.Peer), true, value <= limit
	}
	return g
}

// mebibyte is the unit of what was measured of memory.
const mebibyte = 1 << 20

func (r Results) mlpMemory() goal {
	g := goal{What: "mlp: memory of the training", Limit: "≤ 450 MB", Measured: "not measured"}
	c, _ := r.find("mlp")
	if ours, ok := c.find("kit"); ok {
		g.Measured, g.Known, g.Met = fmt.Sprintf("%.0f MB", ours.Memory.Median*mebibyte/1e6), true, ours.Memory.Median*mebibyte <= 450e6
	}
	return g
}

// linear says whether cost grows as the data do.
func (r Results) linear() []goal {
	times := goal{What: "mlp: time an image, 600,000 to 60,000 images", Limit: "≤ 1.10", Measured: "not measured"}
	copies := goal{What: "mlp: memory from 60,000 to 600,000 images, in copies of the data", Limit: "≤ 1.10", Measured: "not measured"}
	small, _ := r.find("mlp-60k")
	large, _ := r.find("mlp-600k")
	a, ok := small.find("kit")
	b, both := large.find("kit")
	if ok && both {
		ratio := b.Epoch.Median / float64(large.Whole) / (a.Epoch.Median / float64(small.Whole))
		times.Measured, times.Known, times.Met = fmt.Sprintf("%.2f", ratio), true, ratio <= 1.1
		n := (b.Memory.Median - a.Memory.Median) * mebibyte / (784 * float64(large.Rows-small.Rows))
		copies.Measured, copies.Known, copies.Met = fmt.Sprintf("%.2f", n), true, n <= 1.1
	}
	return []goal{times, copies}
}

// cellGoals are those of single cells.
func (r Results) cellGoals() []goal {
	var list []goal
	add := func(cell, unit string, limit float64, value func(CellResult) Spread) {
		g := goal{What: "cell, " + cell, Limit: fmt.Sprintf("≤ %.1f %s", limit, unit), Measured: "not measured"}
		i := slices.IndexFunc(r.Cells, func(c CellResult) bool { return c.Cell == cell })
		if i >= 0 && value(r.Cells[i]) != (Spread{}) {
			v := value(r.Cells[i]).Median
			g.Measured, g.Known, g.Met = fmt.Sprintf("%.2f %s", v, unit), true, v <= limit
		}
		list = append(list, g)
	}
	for _, cell := range []string{"declare", "figure", "kept evaluation", "leaderboard", "kept prediction", "replayed fit", "test"} {
		add(cell, "× hello", 2, func(c CellResult) Spread { return c.Ratio })
	}
	add("second fit", "s beside the training", 1, func(c CellResult) Spread { return c.Beside })
	add("second prediction", "s", 1, func(c CellResult) Spread { return c.Go })
	for _, cell := range []string{"graph function", "graph computed"} {
		add(cell, "s above hello", 1.5, func(c CellResult) Spread { return c.Above })
	}
	return list
}

func goalTable(goals []goal) string {
	var b strings.Builder
	b.WriteString("| goal | limit | measured | |\n|---|---|---|---|\n")
	for _, g := range goals {
		verdict := "not met"
		switch {
		case !g.Known:
			verdict = "–"
		case g.Met:
			verdict = "met"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", g.What, g.Limit, g.Measured, verdict)
	}
	return b.String()
}
