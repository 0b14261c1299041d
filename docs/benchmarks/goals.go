package main

import (
	"fmt"
	"math"
	"slices"
)

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
	Name string
	Cost func(PeerResult) float64
}

var (
	stepTime    = measure{"step", func(p PeerResult) float64 { return p.Step.Median }}
	evaluation  = measure{"evaluation", func(p PeerResult) float64 { return 1 / p.EvaluateRate.Median }}
	prediction  = measure{"prediction", func(p PeerResult) float64 { return 1 / p.PredictRate.Median }}
	compileTime = measure{"time to first step", func(p PeerResult) float64 { return p.First.Median }}
	memorySize  = measure{"memory", func(p PeerResult) float64 { return p.Memory.Median }}
)

// goals are those of the project's plan for speed, each with what was measured.
func (r Results) goals() [][]string {
	list := [][]string{{"goal", "limit", "measured", ""}}
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
	megabytes := r.find("mlp").find("kit").Memory.Median * mebibyte / 1e6
	list = append(list, judge("mlp: memory of the training", megabytes, 450, "≤ %.0f MB", fmt.Sprintf("%.0f MB", megabytes)))
	against(memorySize, "Keras", 0.5, slices.Concat([]string{"lenet", "deep30", "auto-mpg"}, convolutions, texts)...)
	return append(append(list, r.linear()...), r.cellGoals()...)
}

// mebibyte is the unit of what was measured of memory.
const mebibyte = 1 << 20

// ratio holds ours against the best of a family.
func (r Results) ratio(m measure, name, family string, limit float64) []string {
	c := r.find(name)
	best, peer := math.Inf(1), ""
	for _, p := range c.Peers {
		if cost := m.Cost(p); p.Family == family && p.Failure == "" && cost > 0 && cost < best {
			best, peer = cost, p.Peer
		}
	}
	value := m.Cost(c.find("kit")) / best // 0 without a peer
	return judge(fmt.Sprintf("%s: %s to %s", name, m.Name, family), value, limit, "≤ %.2f", fmt.Sprintf("%s (%s)", number(value), peer))
}

// linear says whether cost grows as the data do.
func (r Results) linear() [][]string {
	small, large := r.find("mlp-60k"), r.find("mlp-600k")
	a, b := small.find("kit"), large.find("kit")
	times := b.Epoch.Median / float64(large.Whole) / (a.Epoch.Median / float64(small.Whole))
	copies := (b.Memory.Median - a.Memory.Median) * mebibyte / (784 * float64(large.Rows-small.Rows))
	return [][]string{
		judge("mlp: time an image, 600,000 to 60,000 images", times, 1.1, "≤ %.2f", fmt.Sprintf("%.2f", times)),
		judge("mlp: memory from 60,000 to 600,000 images, in copies of the data", copies, 1.1, "≤ %.2f", fmt.Sprintf("%.2f", copies)),
	}
}

// cellGoals are those of single cells.
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
	add("s above hello", 1.5, func(c CellResult) Spread { return c.Above }, "graph function", "graph computed")
	return list
}
