package chart

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"
	"strconv"
	"strings"

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
	primary bool   // the line of its run that counts: the validation, or the training where a run has no validation
	style   runStyle
	look    look
	epochs  []float64
	values  []float64
	drawn   []int // places of the values that are finite
	missing []int // epochs whose value is there but no finite number
	best    int   // place of the best value; -1: none, or none is better
	kept    int   // place of the epoch whose weights are kept; -1: not known
}

// The splits of the data that every run may have.
const (
	trainingSplit   = 0
	validationSplit = 1
)

// seriesOf are all metrics of all runs, on all data. metrics are those that may
// have been measured on other data than the training alone.
func seriesOf(runs []Named, metrics []string) (lines []series) {
	const mostPairs = 4 // runs whose training is drawn beside their validation
	splits, names := []string{"", "val"}, map[string]string{"": "training", "val": "validation"}
	styles := stylesOf(runs)
	for r, run := range runs {
		all := run.History.Metrics()
		for _, name := range all {
			split, panel := fit.SplitMetric(name, append(all, metrics...))
			if !slices.Contains(splits, split) {
				splits = append(splits, split)
			}
			s := newSeries(run, name)
			s.name, s.panel, s.style = run.Name, panel, styles[r]
			s.split, s.data = slices.Index(splits, split), cmp.Or(names[split], split)
			validated := slices.Contains(all, "val_"+panel)
			s.primary = s.split == validationSplit || s.split == trainingSplit && !validated
			s.look = styles[r].look(s.split, s.primary, len(runs) > 1)
			if len(s.values) > 150 { // many short pieces look thicker
				s.look.line.thick *= 0.6
			}
			if s.split != trainingSplit || !validated || len(runs) <= mostPairs {
				lines = append(lines, s)
			}
		}
	}
	return lines
}

func newSeries(run Named, name string) series {
	h := run.History
	s := series{metric: name, values: h.Values(name), best: -1, kept: -1}
	best, ok := h.Best(name)
	judged := ok && finite(best.Metrics[name])
	for i, e := range h {
		s.epochs = append(s.epochs, float64(e.Number))
		if _, ok := e.Metrics[name]; finite(s.values[i]) {
			s.drawn = append(s.drawn, i)
			if e.Number == run.Kept {
				s.kept = i
			}
		} else if ok {
			s.missing = append(s.missing, e.Number)
		}
		if judged && e.Number == best.Number {
			s.best = i
		}
	}
	return s
}

// outside is how many of the first epochs an axis leaves out.
func (s series) outside(up axis) (n int) {
	for i, v := range s.values {
		if finite(v) && (v < up.low || v > up.high) {
			n = i + 1
		}
	}
	return n
}

// draw draws the line between its gaps, and a disc where no line leads to. A line that
// comes from outside begins with an arrowhead.
func (s series) draw(on plot) {
	from := s.outside(on.y)
	xs, ys := s.epochs[from:], s.values[from:]
	if from > 0 && len(ys) > 0 {
		edge, up := on.y.high, -1.0
		if s.values[from-1] < on.y.low {
			edge, up = on.y.low, 1
		}
		share := (on.y.share(edge) - on.y.share(s.values[from-1])) / (on.y.share(ys[0]) - on.y.share(s.values[from-1]))
		if x := s.epochs[from-1] + share*(xs[0]-s.epochs[from-1]); finite(x) {
			xs, ys = append([]float64{x}, xs...), append([]float64{edge}, ys...)
			at, tip := on.at(x, edge)
			on.sheet.polygon(s.look.line.colour, at-4, tip-4*up, at+4, tip-4*up, at, tip+3*up)
		}
	}
	on.draw(look{line: s.look.line}, xs, ys)
	for k, i := range s.drawn {
		alone := (k == 0 || s.drawn[k-1] < i-1) && (k == len(s.drawn)-1 || s.drawn[k+1] > i+1)
		if alone && i >= from {
			on.draw(look{mark: s.look.mark}, s.epochs[i:i+1], s.values[i:i+1])
		}
	}
}

// at is a point in words.
func (s series) at(i int) string {
	return fmt.Sprintf("%s in epoch %.0f", show.Number(s.values[i]), s.epochs[i])
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

// runStyle tells a run from others. Runs that only luck tells apart are a group: they
// have one colour and thin lines.
type runStyle struct {
	group  string // the name without the seed
	thin   bool
	colour color.NRGBA
}

// stylesOf colours groups of runs by the value that varies, where there is one, else in turn.
func stylesOf(runs []Named) []runStyle {
	styles := make([]runStyle, len(runs))
	var groups, texts []string
	var values []float64
	for r, run := range runs {
		styles[r].group = withoutSeed(run.Name)
		if slices.Contains(groups, styles[r].group) {
			continue
		}
		groups = append(groups, styles[r].group)
		if text, value, ok := valueIn(styles[r].group); ok {
			texts, values = append(texts, text), append(values, value)
		}
	}
	slices.Sort(values)
	values = slices.Compact(values)
	ordered := len(values) > 2 && len(values) == len(groups) && len(slices.Compact(texts)) == 1
	for r := range styles {
		s := &styles[r]
		i := slices.Index(groups, s.group)
		s.colour, s.thin = cycle[i%len(cycle)], len(runs) > len(groups)
		if ordered {
			_, value, _ := valueIn(s.group)
			s.colour = ramp(float64(slices.Index(values, value)) / float64(len(values)-1))
		}
	}
	return styles
}

// withoutSeed takes "seed=3" or "draw=3" off a name.
func withoutSeed(name string) string {
	for _, luck := range []string{"seed=", "draw="} {
		if before, after, found := strings.Cut(name, luck); found {
			name = strings.Trim(before+strings.TrimLeft(after, "0123456789"), "-_ ")
		}
	}
	return name
}

// valueIn is the number in "rate=0.01", or in a name that begins with one, and the text around it.
func valueIn(name string) (text string, value float64, ok bool) {
	at := strings.IndexByte(name, '=') + 1
	for end := len(name); end > at; end-- {
		if v, err := strconv.ParseFloat(name[at:end], 64); err == nil {
			return name[:at] + name[end:], v, finite(v)
		}
	}
	return "", 0, false
}

// look is that of a line: what counts is thick and what is beside it thin. The colour
// tells the run if there are several, else the data.
func (s runStyle) look(split int, primary, several bool) look {
	line := stroke{colour: s.colour, thick: 1.1}
	if !several {
		line.colour = cycle[split%len(cycle)]
	}
	if primary && !s.thin {
		line.thick = 2.2
	}
	if split > validationSplit {
		line.thick, line.dashes = 1.6, dashes[1]
	}
	return look{line: line, mark: mark{line.colour, 2.5, forms[0]}}
}
