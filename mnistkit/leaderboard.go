package mnistkit

import (
	"fmt"
	"html"
	"math"
	"slices"
	"sort"
	"strings"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/show"
)

// Score is what Evaluate measured for one run on one data set.
type Score struct {
	Run string
	runs.Score
}

// Loss is the mean loss.
func (s Score) Loss() float64 { return s.Metrics["loss"] }

// Accuracy is the share of right answers, from 0 to 1; NaN for a regression.
func (s Score) Accuracy() float64 {
	if a, ok := s.Metrics["accuracy"]; ok {
		return a
	}
	return math.NaN()
}

// Text is the score in a sentence.
func (s Score) Text() string {
	var parts []string
	for _, name := range metricNames(s.Metrics) {
		parts = append(parts, name+" "+show.Metric(name, s.Metrics[name]))
	}
	return fmt.Sprintf("%s on %s (%s): %s\n", s.Run, s.Set, s.Kept, strings.Join(parts, ", "))
}

// HTML is the score in a sentence.
func (s Score) HTML() string {
	return `<p style="margin:4px 0">` + html.EscapeString(strings.TrimSpace(s.Text())) + `</p>`
}

func metricNames(m map[string]float64) []string {
	return (History{Epoch{Metrics: m}}).Metrics()
}

// entry is a row of the leaderboard.
type entry struct {
	name       string
	earlier    bool // an archived run of the same name that was better
	epochs     int
	best       int
	train, val map[string]float64 // of the kept epoch
	test       map[string]float64
	testData   string // its identity
	parameters int
	seconds    float64
	remark     string // for the reader, such as that it diverged
}

// Leaderboard is a table of all runs whose names match pattern, the best on
// the test data first: loss and accuracy on training, validation and test
// data, parameters, training time.
//
//	kit.Show(kit.Leaderboard("mnist/*"))
//
// Training and validation values are those of the epoch whose weights were
// kept. When an earlier run of a name, now in runs/.old, did better on the same
// test data, its row is shown beside the present one. Runs that were tested on
// different data are told apart by a column.
func Leaderboard(pattern string) View {
	return func() (show.Block, error) {
		list, err := runs.List(pattern)
		if err != nil {
			return nil, fmt.Errorf("kit.Leaderboard: %w", err)
		}
		var rows []entry
		for _, dir := range list {
			e, err := readEntry(dir, 0)
			if err != nil {
				e = entry{name: dir.Name + " (damaged; Reset it)", epochs: 1} // the others are still to be seen
			}
			if e.epochs > 0 {
				rows = append(rows, e)
				rows = append(rows, betterBefore(dir, e)...)
			}
		}
		if len(rows) == 0 {
			return show.Line(fmt.Sprintf("No run matches %q yet.", pattern)), nil
		}
		sort.SliceStable(rows, func(i, j int) bool { return rows[i].rank() > rows[j].rank() })
		t := entryTable(fmt.Sprintf("Leaderboard of %s, best on the test data first", pattern), rows)
		t.Kind = "leaderboard"
		return t, nil
	}
}

// rank orders by test accuracy, then by the test loss of regressions; runs
// without a test score come last.
func (e entry) rank() float64 {
	if a, ok := e.test["accuracy"]; ok {
		return a
	}
	if l, ok := e.test["loss"]; ok {
		return -l
	}
	return math.Inf(-1)
}

// readEntry is the row of a run, as it was after n epochs; 0 is as it is now.
// Where the weights kept are of a later epoch, the row is that of the n-th.
func readEntry(dir runs.Dir, n int) (entry, error) {
	e := entry{name: dir.Name}
	record, _, err := dir.ReadRecord()
	if err != nil {
		return e, err
	}
	h, err := dir.History()
	if err != nil || len(h) == 0 {
		return e, err
	}
	kept, _, err := dir.Weights()
	if err != nil {
		return e, err
	}
	if stored := len(h); n > 0 && n < stored {
		h = h.First(n)
		e.remark = fmt.Sprintf("%d epochs are stored, the weights of epoch %d answer", stored, kept.Epoch)
	}
	epoch := kept.Epoch
	later := e.remark != "" && epoch > n
	if epoch < 1 || epoch > len(h) {
		epoch = len(h)
	}
	e.epochs, e.best, e.parameters, e.seconds = len(h), epoch, record.Parameters.Total, h.Seconds()
	e.train, e.val = map[string]float64{}, map[string]float64{}
	names := h.Metrics()
	for name, v := range h[epoch-1].Metrics {
		switch part, metric := fit.SplitMetric(name, names); part {
		case "":
			e.train[metric] = v
		case "val":
			e.val[metric] = v
		case "test": // what EvaluateOn measured, unless Evaluate has
			if e.test == nil {
				e.test = map[string]float64{}
			}
			e.test[metric] = v
		}
	}
	scores, err := dir.Scores()
	for _, s := range scores {
		if s.Test && s.Kept == kept && !later {
			e.test, e.testData = s.Metrics, s.Data
		}
	}
	return e, err
}

// betterBefore is the best archived run of the same name, if it beat e.
func betterBefore(dir runs.Dir, e entry) []entry {
	var found []entry
	for _, old := range dir.Archived() {
		o, err := readEntry(old, 0)
		if err != nil || o.test == nil || o.testData != e.testData || o.rank() <= e.rank() {
			continue
		}
		o.name, o.earlier = e.name, true
		if len(found) == 0 || o.rank() > found[0].rank() {
			found = []entry{o}
		}
	}
	return found
}

// entryTable has a row for each entry.
func entryTable(caption string, rows []entry) show.Table {
	metric := "mae"
	for _, e := range rows {
		if _, ok := e.train["accuracy"]; ok {
			metric = "accuracy"
		}
	}
	t := show.Table{
		Caption: caption,
		Foot:    []string{"epoch kept: whose weights answer, of how many; time: of the training"},
		Header: []string{"model", "train " + metric, "val " + metric, "test " + metric,
			"train loss", "val loss", "test loss", "parameters", "epoch kept", "time"},
	}
	value := func(m map[string]float64, name string) string {
		v, ok := m[name]
		if !ok {
			return "–"
		}
		return show.Metric(name, v)
	}
	several := false
	for _, e := range rows {
		several = several || e.testData != "" && e.testData != rows[0].testData
	}
	if several {
		t.Header = append(t.Header, "test data")
	}
	remarks := slices.ContainsFunc(rows, func(e entry) bool { return e.remark != "" })
	if remarks {
		t.Header = append(t.Header, "remark")
	}
	for _, e := range rows {
		name := e.name
		if e.earlier {
			name += " (earlier run, in runs/.old)"
		}
		t.Rows = append(t.Rows, []string{name,
			value(e.train, metric), value(e.val, metric), value(e.test, metric),
			value(e.train, "loss"), value(e.val, "loss"), value(e.test, "loss"),
			show.Count(e.parameters), fmt.Sprintf("%d/%d", e.best, e.epochs), show.Duration(e.seconds)})
		if several {
			t.Rows[len(t.Rows)-1] = append(t.Rows[len(t.Rows)-1], e.testData)
		}
		if remarks {
			t.Rows[len(t.Rows)-1] = append(t.Rows[len(t.Rows)-1], e.remark)
		}
	}
	return t
}
