package mnistkit

import (
	"fmt"
	"maps"
	"math"
	"slices"
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
	data       string             // the identity of what it was trained and validated on
	test       Score              // what Evaluate measured
	parameters int
	remarks    []string // for the reader, such as that it diverged
}

// Leaderboard shows a table of runs, the best on the validation data first. It has loss
// and accuracy on training, validation and test data, the number of parameters, and
// the training time. Give patterns of names, or Runs and Sweeps. Of more than 200 runs
// it has the best 200.
//
//	kit.Show(kit.Leaderboard("mnist/*"), kit.Leaderboard(mlp, lenet))
//
// It sorts by validation accuracy; without one by validation loss, else by training
// loss. Training and validation values are those of the epoch whose weights were kept.
// If an earlier run of the same name, now in runs/.old, did better on the same data,
// the table shows it too. If runs were tested on different data, a column says on which.
func Leaderboard(of ...any) View {
	return func() (show.Block, error) {
		dirs, names, err := dirsOf(of...)
		if names == "" && err == nil {
			err = fmt.Errorf(`no run is given; give patterns such as "mnist/*", runs or sweeps`)
		}
		if err != nil {
			return nil, fmt.Errorf("kit.Leaderboard: %w", err)
		}
		if len(dirs) == 0 {
			return show.Line(fmt.Sprintf("No run matches %q yet.", names)), nil
		}
		slices.SortStableFunc(dirs, func(a, b runs.Dir) int { return strings.Compare(a.Name, b.Name) })
		dirs = slices.Compact(dirs) // several patterns may match one
		var rows []standing
		earlier := runs.Archived()
		for _, dir := range dirs {
			row, err := standingOf(dir, 0)
			if err != nil { // the others are still to be seen
				row = standing{name: dir.Name + " (damaged; Reset it)"}
			} else if len(row.history) == 0 {
				row.name += " (no epochs yet; call its Fit)"
			}
			rows = append(append(rows, row), betterBefore(dir, row, earlier[dir.Name])...)
		}
		if strings.Count(names, ", ") > 2 {
			names = fmt.Sprintf("%d runs", len(dirs))
		}
		t := standingsTable("Leaderboard of "+names, rows)
		t.Kind = "leaderboard"
		return show.Blocks{t, scoresOf(rows[:len(t.Rows)])}, nil
	}
}

// dirsOf lists the folders of runs, and how the reader named them.
func dirsOf(of ...any) (dirs []runs.Dir, names string, err error) {
	for _, what := range of {
		var found []runs.Dir
		var name string
		switch v := what.(type) {
		case string:
			name = v
			found, err = runs.List(v)
		case Run:
			name, found = v.Name, make([]runs.Dir, 1)
			found[0], err = v.Dir()
		case []Run:
			found, name, err = dirsOf(Sweep(v))
		case Sweep:
			all := make([]any, len(v))
			for i, r := range v {
				all[i] = r
			}
			found, name, err = dirsOf(all...)
		default:
			err = fmt.Errorf(`a value of type %T is given; give patterns such as "mnist/*", runs or sweeps`, what)
		}
		if err != nil {
			return nil, "", err
		}
		dirs, names = append(dirs, found...), strings.TrimPrefix(names+", "+name, ", ")
	}
	return dirs, names, nil
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
	s.remarks = append(diverged(h), s.remarks...)
	s.history, s.parameters, s.data = h, record.Parameters.Total, record.Recipe.Data
	kept := answering(h, weights.Epoch)
	s.epoch, s.metrics = kept.Number, maps.Clone(kept.Metrics) // "test_loss" may be what EvaluateOn measured, unless Evaluate has
	scores, err := dir.Scores()
	if err != nil {
		s.remarks = append(s.remarks, "its scores cannot be read; Evaluate measures them again")
	}
	for _, score := range scores {
		if score.Test && score.Weights == weights && !later {
			s.test = Score{Run: dir.Name, Score: score}
			for name, v := range score.Metrics {
				s.metrics["test_"+name] = v
			}
		}
	}
	return s, nil
}

// betterBefore is the best of a run's earlier runs, if it beat s on the same data.
func betterBefore(dir runs.Dir, s standing, earlier []runs.Dir) (better []standing) {
	for _, archived := range earlier {
		old, err := standingOf(archived, 0)
		if err == nil && old.data == s.data && slices.Compare(fit.Rank(old.metrics), fit.Rank(s.metrics)) > 0 {
			old.name = dir.Name + " (earlier run, in runs/.old)"
			s, better = old, []standing{old}
		}
	}
	return better
}

// mostRows is the number of runs in a table that one still reads; 10,000 would make 12 MB of a notebook.
const mostRows = 200

// standingsTable has a row for each run, the best on the validation data first. Of very
// many runs it has the best.
func standingsTable(caption string, rows []standing) show.Table {
	slices.SortStableFunc(rows, func(a, b standing) int { return slices.Compare(fit.Rank(b.metrics), fit.Rank(a.metrics)) })
	order := ", best on the validation data first"
	if top := fit.Rank(rows[0].metrics); math.IsInf(max(top[0], top[1]), -1) {
		order = ", lowest training loss first"
	}
	measured := func(metric string) bool {
		return slices.ContainsFunc(rows, func(s standing) bool { _, ok := s.metrics[metric]; return ok })
	}
	main := "mae"
	if measured("accuracy") {
		main = "accuracy"
	}
	foot := []string{"epoch kept: whose weights answer, of how many; time: of the training"}
	if all := len(rows); all > mostRows {
		foot, rows = append(foot, fmt.Sprintf("%s runs that come after these are left out: name fewer to see them", show.Count(all-mostRows))), rows[:mostRows]
	}
	t := show.Table{Caption: caption + order, Rows: make([][]string, len(rows)), Foot: foot}
	t.AddColumn("model", func(i int) string { return rows[i].name })
	for _, name := range []string{main, "loss"} {
		for _, part := range []struct{ prefix, title string }{{"", "train "}, {"val_", "val "}, {"test_", "test "}} {
			if !measured(part.prefix + name) {
				continue
			}
			t.AddColumn(part.title+name, func(i int) string {
				return metric(rows[i].metrics, part.prefix+name, func(v float64) string { return show.Metric(name, v) })
			})
		}
	}
	t.AddColumn("parameters", func(i int) string { return show.Count(rows[i].parameters) })
	t.AddColumn("epoch kept", func(i int) string { return fmt.Sprintf("%d/%d", rows[i].epoch, len(rows[i].history)) })
	t.AddColumn("time", func(i int) string { return show.Duration(rows[i].history.Seconds()) })
	if slices.ContainsFunc(rows, func(s standing) bool { return s.history != nil && s.data != rows[0].data }) {
		t.Foot = append(t.Foot, "not all learned from the same data: compare with care")
	}
	if slices.ContainsFunc(rows, func(s standing) bool { return s.test.Data != "" && s.test.Data != rows[0].test.Data }) {
		t.AddColumn("test data", func(i int) string { return rows[i].test.Data })
	}
	if slices.ContainsFunc(rows, func(s standing) bool { return s.remarks != nil }) {
		t.AddColumn("remark", func(i int) string { return strings.Join(rows[i].remarks, "; ") })
	}
	return t
}

// scoresOf tells programs which data and weights the test scores of a table are of.
func scoresOf(rows []standing) show.Data {
	var list []Score
	for _, row := range rows {
		if row.test.Run != "" {
			list = append(list, row.test)
		}
	}
	return training.ScoreData(list...)
}

// comparison is the table and the curves of a sweep's runs, as they were after n
// epochs; 0 is as they are now.
func comparison(s Sweep, n int) (show.Block, error) {
	if len(s) == 0 {
		return nil, fmt.Errorf("kit.Sweep: there are no runs in it; make it with kit.Vary(run, …)")
	}
	curves, err := curves(n, s...)
	if err != nil {
		return nil, err
	}
	dirs, _, _ := dirsOf(s) // curves has found them all
	rows := make([]standing, len(dirs))
	for i := range dirs {
		if rows[i], err = standingOf(dirs[i], n); err != nil {
			return nil, fmt.Errorf("kit.Sweep: %w", err)
		}
	}
	t := standingsTable("Runs compared", rows)
	return show.Blocks{t, scoresOf(rows[:len(t.Rows)]), curves}, nil
}

// diverged says in words that a training went the wrong way, if it did.
func diverged(h fit.History) []string {
	losses := h.Values("loss")
	first, last, best := losses[0], losses[len(losses)-1], slices.Min(losses)
	switch {
	case math.IsNaN(last) || math.IsInf(last, 0):
		return []string{fmt.Sprintf("diverged: the loss is not a number from epoch %d on", len(h))}
	case len(h) > 1 && last > first:
		return []string{fmt.Sprintf("diverges: the loss rose from %s to %s", show.Number(first), show.Number(last))}
	case len(h) > 2 && last > 0.9*first:
		return []string{fmt.Sprintf("hardly learns: loss %s, then %s", show.Number(first), show.Number(last))}
	case last > max(1.5*best, best+0.05*first):
		return []string{fmt.Sprintf("unsteady: the loss was %s before", show.Number(best))}
	}
	return nil
}
