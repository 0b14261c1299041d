package chart

import (
	"cmp"
	"fmt"
	"slices"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/show"
)

// series is one line of a panel: a metric of a run on some data.
type series struct {
	name    string // "lenet"
	metric  string // "val_accuracy"
	panel   string // the metric without the data: "accuracy"
	split   int    // of the data that it was measured on: 0 is the training
	data    string // "training", "validation", "test"
	look    look
	epochs  []float64
	values  []float64
	drawn   []int // places of the values that are finite
	missing []int // epochs whose value is there but no finite number
	best    int   // place of the best value; -1: none, or none is better
	ringed  bool  // the best value has a ring: that of the validation, or of the training where a run has no validation
}

// The splits of the data that every run may have.
const (
	trainingSplit   = 0
	validationSplit = 1
)

// seriesOf are all metrics of all runs, on all data. metrics are those that may
// have been measured on other data than the training alone.
func seriesOf(runs []Named, metrics []string) (lines []series) {
	splits, names := []string{"", "val"}, map[string]string{"": "training", "val": "validation"}
	for r, run := range runs {
		all := run.History.Metrics()
		for _, name := range all {
			split, panel := fit.SplitMetric(name, append(all, metrics...))
			if !slices.Contains(splits, split) {
				splits = append(splits, split)
			}
			s := newSeries(run.History, name)
			s.name, s.panel = run.Name, panel
			s.split, s.data = slices.Index(splits, split), cmp.Or(names[split], split)
			s.look = seriesLook(r, s.split, len(runs) > 1)
			s.ringed = s.best >= 0 && (s.split == validationSplit || s.split == trainingSplit && !slices.Contains(all, "val_"+panel))
			lines = append(lines, s)
		}
	}
	return lines
}

func newSeries(h fit.History, name string) series {
	s := series{metric: name, values: h.Values(name), best: -1}
	best, ok := h.Best(name)
	judged := ok && fit.IsJudged(name) && finite(best.Metrics[name])
	for i, e := range h {
		s.epochs = append(s.epochs, float64(e.Number))
		if _, ok := e.Metrics[name]; finite(s.values[i]) {
			s.drawn = append(s.drawn, i)
		} else if ok {
			s.missing = append(s.missing, e.Number)
		}
		if judged && e.Number == best.Number {
			s.best = i
		}
	}
	return s
}

// draw draws the line between its gaps, and markers: on some points if the line is
// marked, and on those that no line leads to.
func (s series) draw(on plot, marked bool) {
	on.draw(look{line: s.look.line}, s.epochs, s.values)
	every := 1 + len(s.values)/26 // not a marker at each of 100 epochs
	for k, i := range s.drawn {
		alone := (k == 0 || s.drawn[k-1] < i-1) && (k == len(s.drawn)-1 || s.drawn[k+1] > i+1)
		if i%every == 0 && marked || alone {
			on.draw(look{mark: s.look.mark}, s.epochs[i:i+1], s.values[i:i+1])
		}
	}
}

// at is a point in words.
func (s series) at(i int) string {
	return fmt.Sprintf("%s in epoch %.0f", show.Number(s.values[i]), s.epochs[i])
}

// facts says in words what the line shows.
func (s series) facts() string {
	text := s.name + " " + s.metric
	if s.drawn == nil {
		return text + " has no number to draw"
	}
	first, last := s.drawn[0], s.drawn[len(s.drawn)-1]
	if first == last {
		return text + " " + s.at(first)
	}
	if text += " from " + s.at(first) + " to " + s.at(last); s.best >= 0 {
		text += ", best " + s.at(s.best)
	}
	return text
}

// missingNote says which epochs could not be drawn.
func (s series) missingNote(several bool) string {
	note := textIf(several, "%s ", s.name) + s.metric + " is not a number "
	first, n := s.missing[0], len(s.missing)
	switch {
	case n == 1:
		return note + fmt.Sprintf("in epoch %d.", first)
	case float64(first+n-1) == s.epochs[len(s.epochs)-1]:
		return note + fmt.Sprintf("from epoch %d on.", first)
	}
	return note + fmt.Sprintf("in %d epochs, the first is %d.", n, first)
}

// seriesLook is how a line looks: the colour tells the run if there are several,
// else the data; the dashes always tell the data.
func seriesLook(run, split int, several bool) look {
	if !several {
		run = split
	}
	l := lineLook(split, 2)
	if split != trainingSplit {
		l.line.thick = 1.6
	}
	l.mark = classLook(run, 3).mark
	l.line.colour = l.mark.colour
	return l
}
