package view

import (
	"fmt"
	"math"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/training"
)

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
