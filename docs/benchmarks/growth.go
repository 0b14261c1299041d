package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/janpfeifer/must"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
)

// Growth is what more tasks and more runs cost.
type Growth struct {
	Date  string    `json:"date"`
	Sizes []Service `json:"sizes"` // the figures of each round, which peers/growth.py describes
}

// growth has peers/growth.py train a sweep by several tasks, and show many stored runs.
func (b *bench) growth() {
	Case{Data: "digits"}.full()
	cmd := exec.Command(filepath.Join(b.root, ".venv", "bin", "python"), filepath.Join(b.here, "peers", "growth.py"), b.root, b.scratch, must.M1(os.Executable()), fmt.Sprint(b.repeat))
	cmd.Env, cmd.Stderr = b.environment(), os.Stderr
	g := &Growth{Date: today()}
	must.M(json.Unmarshal(must.M1(cmd.Output()), &g.Sizes))
	b.keep(func(r *Results) { r.Growth = g })
}

// store writes the files of so many runs, as short trainings leave them.
func store(n int) {
	model := layer.Stack{layer.Dense(10).ReLU(), layer.Dense(3)}
	recipe := must.M1(session.Recipe{Input: []int{4}, InputType: "float32", Model: model, Optimizer: kit.SGD(0.01), BatchSize: 32}.Complete("int32"))
	for i := range n {
		var h kit.History
		for epoch := 1.0; epoch <= 10; epoch++ {
			loss := math.Exp(-epoch * float64(1+i%100) / 300)
			h = append(h, fit.Epoch{Number: int(epoch), Seconds: 1, Metrics: kit.Metrics{"loss": loss, "accuracy": 1 - loss/2, "val_loss": loss, "val_accuracy": 1 - loss/2}})
		}
		dir := must.M1(runs.Open(fmt.Sprintf("grid/net-rate=%g-seed=%d", float64(1+i%100)/1000, i/100)))
		must.M(dir.WriteRecord(runs.Record{Name: dir.Name, Recipe: recipe}))
		must.M(dir.SaveLast(h, session.Partial{}, func(folder string) error {
			return os.WriteFile(filepath.Join(folder, "weights.bin"), make([]byte, 332), 0o644)
		}))
		weights, _, err := dir.Weights()
		must.M(errors.Join(err, dir.AddScore(runs.Score{Data: "test", Test: true, Weights: weights, Metrics: h[9].Metrics})))
	}
}

// view shows all stored runs as a cell does, and prints what that took.
func view(what string) {
	var sweep kit.Sweep
	for _, dir := range must.M1(runs.List("*")) {
		sweep = append(sweep, kit.Run{Name: dir.Name})
	}
	began, shown := now(), kit.Curves(sweep...)
	if what == "Leaderboard" {
		shown = kit.Leaderboard("*")
	}
	block := must.M1(shown())
	size := len(block.HTML()) + len(block.Text())
	f := map[string]float64{"wall_s": now() - began, "memory_mb": peakMemory(), "size_mb": float64(size) / 1e6}
	must.M(json.NewEncoder(os.Stdout).Encode(f))
}

func (g *Growth) markdown() string {
	if g == nil {
		return ""
	}
	rows := [][]string{{"", "time, s", "processor, s", "ratio", "start, s", "ratio without it", "to one task", "memory, MiB", "shown, MB"}}
	for _, s := range g.Sizes {
		f, row := s.figures(), []string{s.Name}
		for _, name := range []string{"wall_s", "cpu_s", "ratio", "start_s", "apart", "alone", "memory_mb", "size_mb"} {
			row = append(row, f[name].String())
		}
		rows = append(rows, row)
	}
	return fmt.Sprintf("\n#### Growth with tasks and runs\n\nMedians of %d rounds, and the range, %s.\n\n%s", len(g.Sizes[0].Rounds), g.Date, table(rows))
}

func (g *Growth) goals() (list [][]string) {
	if g == nil {
		return nil
	}
	for _, s := range g.Sizes {
		for _, goal := range []struct {
			size, what, figure string
			limit              float64
		}{
			{"task", "processor time to one process, without the start", "apart", 1.05},
			{"tasks", "processor time to one task, without the start", "alone", 1.05},
			{" 1,000 runs", "seconds", "wall_s", 1},
			{",000 runs", "processor time to a tenth of them", "ratio", 12},
		} {
			if f := s.figures()[goal.figure]; strings.Contains(s.Name, goal.size) {
				list = append(list, judge(s.Name+": "+goal.what, f.Median, goal.limit, "≤ %g", f.String()))
			}
		}
	}
	return list
}
