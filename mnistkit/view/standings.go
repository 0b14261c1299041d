package view

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/training"
)

// standing is a row of the leaderboard: how far a run has come.
type standing struct {
	name       string
	history    fit.History
	epoch      int                // whose weights answer
	metrics    map[string]float64 // of that epoch, and those of the test as "test_loss" and so on
	testData   string             // the identity of what Evaluate measured
	parameters int
	remarks    []string // for the reader, such as that it diverged
}

// Leaderboard shows a table of all runs whose names match pattern, the best on the
// test data first, each with an earlier run of the same name that was better.
func Leaderboard(pattern string) (show.Block, error) {
	dirs, err := runs.List(pattern)
	if err != nil {
		return nil, fmt.Errorf("kit.Leaderboard: %w", err)
	}
	var rows []standing
	for _, dir := range dirs {
		row, err := standingOf(dir, 0)
		if err != nil {
			row = standing{name: dir.Name + " (damaged; Reset it)", history: fit.History{{}}} // the others are still to be seen
		}
		if len(row.history) > 0 {
			rows = append(rows, row)
			rows = append(rows, betterBefore(dir, row)...)
		}
	}
	if len(rows) == 0 {
		return show.Line(fmt.Sprintf("No run matches %q yet.", pattern)), nil
	}
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].rank() > rows[j].rank() })
	t := standingsTable(fmt.Sprintf("Leaderboard of %s, best on the test data first", pattern), rows)
	t.Kind = "leaderboard"
	return t, nil
}

// rank orders by test accuracy, then by the test loss of regressions; runs
// without a test score, or with one that is not a number, come last.
func (s standing) rank() float64 {
	if a, ok := s.metrics["test_accuracy"]; ok {
		return a
	}
	if l, ok := s.metrics["test_loss"]; ok && !math.IsNaN(l) {
		return -l
	}
	return math.Inf(-1)
}

// standingOf is the row of a run, as it was after n epochs; 0 is as it is now.
// Where the weights kept are of a later epoch, the row is that of the n-th.
func standingOf(dir runs.Dir, n int) (standing, error) {
	s := standing{name: dir.Name}
	record, _, err := dir.ReadRecord()
	if err != nil {
		return s, err
	}
	h, err := dir.History()
	if err != nil || len(h) == 0 {
		return s, err
	}
	weights, _, err := dir.Weights()
	if err != nil {
		return s, err
	}
	if stored := len(h); n > 0 && n < stored {
		h = h.First(n)
		s.remarks = []string{fmt.Sprintf("%d epochs are stored, the weights of epoch %d answer", stored, weights.Epoch)}
	}
	later := s.remarks != nil && weights.Epoch > n
	s.history, s.epoch, s.parameters = h, weights.Epoch, record.Parameters.Total
	if s.epoch < 1 || s.epoch > len(h) {
		s.epoch = len(h)
	}
	s.metrics = maps.Clone(h[s.epoch-1].Metrics) // "test_loss" may be what EvaluateOn measured, unless Evaluate has
	scores, err := dir.Scores()
	for _, score := range scores {
		if score.Test && score.Weights == weights && !later {
			s.testData = score.Data
			for name, v := range score.Metrics {
				s.metrics["test_"+name] = v
			}
		}
	}
	return s, err
}

// betterBefore is the best archived run of the same name, if it beat s.
func betterBefore(dir runs.Dir, s standing) (better []standing) {
	for _, archived := range dir.Archived() {
		old, err := standingOf(archived, 0)
		if err == nil && old.testData == s.testData && old.rank() > s.rank() {
			old.name = dir.Name + " (earlier run, in runs/.old)"
			s, better = old, []standing{old}
		}
	}
	return better
}

// standingsTable has a row for each run.
func standingsTable(caption string, rows []standing) show.Table {
	main := "mae"
	if slices.ContainsFunc(rows, func(s standing) bool { _, ok := s.metrics["accuracy"]; return ok }) {
		main = "accuracy"
	}
	t := show.Table{Caption: caption, Rows: make([][]string, len(rows)),
		Foot: []string{"epoch kept: whose weights answer, of how many; time: of the training"}}
	t.AddColumn("model", func(i int) string { return rows[i].name })
	for _, name := range []string{main, "loss"} {
		for _, part := range []struct{ prefix, title string }{{"", "train "}, {"val_", "val "}, {"test_", "test "}} {
			t.AddColumn(part.title+name, func(i int) string {
				return metric(rows[i].metrics, part.prefix+name, func(v float64) string { return show.Metric(name, v) })
			})
		}
	}
	t.AddColumn("parameters", func(i int) string { return show.Count(rows[i].parameters) })
	t.AddColumn("epoch kept", func(i int) string { return fmt.Sprintf("%d/%d", rows[i].epoch, len(rows[i].history)) })
	t.AddColumn("time", func(i int) string { return show.Duration(rows[i].history.Seconds()) })
	if slices.ContainsFunc(rows, func(s standing) bool { return s.testData != "" && s.testData != rows[0].testData }) {
		t.AddColumn("test data", func(i int) string { return rows[i].testData })
	}
	if slices.ContainsFunc(rows, func(s standing) bool { return s.remarks != nil }) {
		t.AddColumn("remark", func(i int) string { return strings.Join(rows[i].remarks, "; ") })
	}
	return t
}

// comparison is the table and the curves of a sweep's runs, as they were after n
// epochs; 0 is as they are now.
func comparison(s training.Sweep, n int) (show.Block, error) {
	if len(s) == 0 {
		return nil, fmt.Errorf("kit.Sweep: there are no runs in it; make it with kit.Vary(run, …)")
	}
	var rows []standing
	for _, r := range s {
		dir, err := r.Dir()
		var row standing
		if err == nil {
			row, err = standingOf(dir, n)
		}
		if err == nil && len(row.history) == 0 {
			err = fmt.Errorf("the run %q has no epochs yet; call the sweep's Fit first", r.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("kit.Sweep: %w", err)
		}
		row.remarks = append(diverged(row.history), row.remarks...)
		rows = append(rows, row)
	}
	curves, err := Curves(n, s...)
	if err != nil {
		return nil, err
	}
	return show.Blocks{standingsTable("Runs compared", rows), curves}, nil
}

// diverged says in words that a training went the wrong way, if it did.
func diverged(h fit.History) []string {
	losses := h.Values("loss")
	first, last, best := losses[0], losses[len(losses)-1], math.Inf(1)
	for _, v := range losses {
		best = min(best, v)
	}
	switch {
	case math.IsNaN(last) || math.IsInf(last, 0):
		return []string{fmt.Sprintf("diverged: the loss is not a number from epoch %d on", len(h))}
	case len(h) > 1 && last > first:
		return []string{fmt.Sprintf("diverges: the loss rose from %s to %s", show.Number(first), show.Number(last))}
	case len(h) > 2 && last > 0.9*first:
		return []string{fmt.Sprintf("hardly learns: loss %s, then %s", show.Number(first), show.Number(last))}
	case last > 1.5*best:
		return []string{fmt.Sprintf("unsteady: the loss was %s before", show.Number(best))}
	}
	return nil
}
