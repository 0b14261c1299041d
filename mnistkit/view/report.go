package view

import (
	"fmt"
	"strings"

	"gonblabs/mnistkit/show"
)

// report is the block that stays of a single run.
func (w *watcher) report() show.Block {
	blocks := append(show.Blocks{show.Line(w.happened())}, w.notes()...)
	h := w.history
	if len(h) == 0 {
		return blocks
	}
	best, foot := w.outcome.Best, "★ the best epoch: its weights are kept"
	if best == 0 || best > len(h) { // none is kept, or one that is not shown
		best, foot = bestOf(h), "★ best "+monitored(h)
	}
	table := epochTable("Epochs of "+w.start.Run, h, best)
	table.Foot = []string{foot}
	if len(h) <= 25 {
		blocks = append(blocks, table)
	} else {
		blocks = append(blocks, show.Details{Summary: fmt.Sprintf("All %d epochs; %s: epoch %d", len(h), strings.TrimPrefix(foot, "★ "), best), Body: table})
	}
	if figure, ok := w.curves(0); ok {
		blocks = append(blocks, figure)
	}
	return blocks
}

// sweepReport is the block that stays of a sweep: what happened, and the comparison.
func (w *watcher) sweepReport() show.Block {
	blocks := append(show.Blocks{show.Line(fmt.Sprintf("%d of %d runs done in %s.", len(w.done), len(w.sweep), w.took()))}, w.notes()...)
	if len(w.done) < len(w.sweep) {
		return append(blocks, show.Line("Run the cell again to go on."))
	}
	if compared, err := comparison(w.sweep, w.start.Epochs); err == nil {
		blocks = append(blocks, compared)
	}
	return blocks
}

func (w *watcher) took() string { return show.Duration(w.now().Sub(w.began).Seconds()) }

// happened says in a line how the fit ended.
func (w *watcher) happened() string {
	o, run, before, now := w.outcome, w.start.Run, len(w.start.History), len(w.history)
	switch {
	case o.Err != nil:
		return fmt.Sprintf("%s: stopped by an error after %s.", run, epochCount(now))
	case o.Replayed:
		shown, rest := epochCount(now), ""
		if all := len(o.History); all > now {
			shown, rest = fmt.Sprintf("the first %d of %d epochs", now, all), ", and the run keeps them all"
		}
		line := fmt.Sprintf("%s: %s from disk, trained earlier in %s; nothing was trained now%s. Its Reset() makes it start over.",
			run, shown, show.Duration(w.history.Seconds()), rest)
		return line + reason(" It had stopped early: ", o.Why)
	case o.Interrupted && o.Partial.Batches > 0:
		return fmt.Sprintf("%s: stopped by you in epoch %d after batch %d of %d. Everything up to there is saved: run the cell again to go on.",
			run, now+1, o.Partial.Batches, o.Partial.Of)
	case o.Interrupted:
		return fmt.Sprintf("%s: stopped by you after %s. Everything up to there is saved: run the cell again to go on.", run, epochCount(now))
	case before > 0:
		return fmt.Sprintf("%s: trained %s in %s %s, going on from %s stored.", run, epochRange(before+1, now), w.took(), w.by(), epochCount(before)) +
			reason(" Stopped early: ", o.Why)
	}
	return fmt.Sprintf("%s: trained %s in %s %s.", run, epochCount(now), w.took(), w.by()) + reason(" Stopped early: ", o.Why)
}

func reason(intro, why string) string {
	if why == "" {
		return ""
	}
	return intro + strings.TrimSuffix(why, ".") + "."
}
