package chart

import (
	"fmt"
	"math"
	"slices"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/show"
)

// series is one line of a panel: a metric of a run on some data.
type series struct {
	run     int
	name    string // "lenet"
	metric  string // "val_accuracy"
	split   int    // of the data that it was measured on: 0 is the training
	data    string // "training", "validation", "test"
	epochs  []float64
	values  []float64 // finite or NaN: what cannot be drawn is left out
	missing []int     // epochs whose value is there but no finite number
	best    int       // place of the best value; -1: none, or none is better
}

// splitsOf names the data that runs were measured on, training and validation
// first.
func splitsOf(runs []Named) []string {
	splits := []string{"", "val"}
	for _, run := range runs {
		for _, split := range run.History.Sets() {
			if !slices.Contains(splits, split) {
				splits = append(splits, split)
			}
		}
	}
	return splits
}

// splitName is what a reader calls a split.
func splitName(split string) string {
	switch split {
	case "":
		return "training"
	case "val":
		return "validation"
	}
	return split
}

// seriesOf collects a metric on all data from runs that have it.
func seriesOf(metric string, runs []Named) (out []series) {
	splits := splitsOf(runs)
	for r, run := range runs {
		for i, split := range splits {
			name := metric
			if split != "" {
				name = split + "_" + metric
			}
			if slices.Contains(run.History.Metrics(), name) {
				s := newSeries(r, run, name)
				s.split, s.data = i, splitName(split)
				out = append(out, s)
			}
		}
	}
	return out
}

func newSeries(r int, run Named, metric string) series {
	s := series{run: r, name: run.Name, metric: metric, best: -1}
	best, ok := run.History.Best(metric)
	marked := ok && fit.IsJudged(metric) && finite(best.Metrics[metric])
	for i, e := range run.History {
		v, ok := e.Metrics[metric]
		if !ok || !finite(v) {
			v = math.NaN()
		}
		if ok && math.IsNaN(v) {
			s.missing = append(s.missing, e.Number)
		}
		if marked && e.Number == best.Number {
			s.best = i
		}
		s.epochs, s.values = append(s.epochs, float64(e.Number)), append(s.values, v)
	}
	return s
}

// segments are the stretches of the line between missing values.
func (s series) segments() (out [][]int) {
	for i, v := range s.values {
		if math.IsNaN(v) {
			continue
		}
		if i == 0 || math.IsNaN(s.values[i-1]) {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], i)
	}
	return out
}

// facts says in words what the line shows.
func (s series) facts() string {
	pieces := s.segments()
	if pieces == nil {
		return fmt.Sprintf("%s %s has no number to draw", s.name, s.metric)
	}
	at := func(i int) string { return fmt.Sprintf("%s in epoch %.0f", show.Number(s.values[i]), s.epochs[i]) }
	end := pieces[len(pieces)-1]
	first, last := pieces[0][0], end[len(end)-1]
	if first == last {
		return fmt.Sprintf("%s %s %s", s.name, s.metric, at(first))
	}
	best := ""
	if s.best >= 0 {
		best = ", best " + at(s.best)
	}
	return fmt.Sprintf("%s %s from %s to %s%s", s.name, s.metric, at(first), at(last), best)
}

// missingNote says which epochs could not be drawn; "" if all could.
func (s series) missingNote(several bool) string {
	if len(s.missing) == 0 {
		return ""
	}
	name := s.metric
	if several {
		name = s.name + " " + s.metric
	}
	first, n := s.missing[0], len(s.missing)
	switch {
	case n == 1:
		return fmt.Sprintf("%s is not a number in epoch %d.", name, first)
	case float64(first+n-1) == s.epochs[len(s.epochs)-1]:
		return fmt.Sprintf("%s is not a number from epoch %d on.", name, first)
	}
	return fmt.Sprintf("%s is not a number in %d epochs, the first is %d.", name, n, first)
}
