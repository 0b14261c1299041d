package mnistkit

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
)

// Sweep are runs that are trained and compared together; make it with Vary, or
// as kit.Sweep{mlp, lenet}.
type Sweep []Run

// Vary makes a run of each value of one setting; everything else is as in base.
//
//	var rates = kit.Vary(mlp, "rate", []float64{0.001, 0.01, 0.1}, func(r *kit.Run, rate float64) { r.Optimizer = kit.Adam(rate) })
//
// The runs are named after base, setting and value: "mnist/mlp-rate=0.001".
func Vary[T any](base Run, setting string, values []T, change func(r *Run, value T)) Sweep {
	var s Sweep
	for _, v := range values {
		s = append(s, base.With(fmt.Sprintf("%s-%s=%v", base.Name, setting, v), func(r *Run) { change(r, v) }))
	}
	return s
}

// Fit brings every run to n epochs, one behind the other, with one display for
// all.
//
//	must.M(rates.Fit(5))
//
// Stopped, it goes on where it was. A run that diverges ends early, is named in
// the table, and does not end the sweep. A run that another program trains is
// waited for.
func (s Sweep) Fit(n int, callbacks ...Callback) error {
	if err := s.some("Fit"); err != nil {
		return err
	}
	names := map[string]bool{}
	for _, r := range s {
		if names[r.Name] {
			return fmt.Errorf("Sweep.Fit: two runs are named %q; each needs a name of its own", r.Name)
		}
		names[r.Name] = true
	}
	w := &sweepWatcher{live: show.NewLive(), sweep: s, began: time.Now()}
	for i, r := range s {
		w.at = i
		if _, err := r.fit(n, callbacks, w); err != nil {
			w.live.Done(w.report())
			return fmt.Errorf("%s.Fit: %w", r.label(), err)
		}
	}
	w.live.Done(w.report())
	return nil
}

// Evaluate measures every run on a data set.
//
//	must.M1(rates.Evaluate(digits.Test()))
func (s Sweep) Evaluate(set *data.Set, err ...error) ([]Score, error) {
	return each(s, "Evaluate", func(r Run) (Score, error) { return r.Evaluate(set, err...) })
}

// Predict gives every run's answers for a data set, in the sweep's order.
//
//	answers := must.M1(seeds.Predict(digits.Test()))
//
// See Run.Predict, and Ensemble for their mean.
func (s Sweep) Predict(set *data.Set, err ...error) ([]score.Predictions, error) {
	return each(s, "Predict", func(r Run) (score.Predictions, error) { return r.Predict(set, err...) })
}

// each asks every run, in the sweep's order, up to the first error.
func each[T any](s Sweep, verb string, ask func(Run) (T, error)) ([]T, error) {
	if err := s.some(verb); err != nil {
		return nil, err
	}
	var list []T
	for _, r := range s {
		answer, err := ask(r)
		if err != nil {
			return nil, err
		}
		list = append(list, answer)
	}
	return list, nil
}

// some reports a sweep without runs.
func (s Sweep) some(verb string) error {
	if len(s) == 0 {
		return fmt.Errorf("Sweep.%s: there are no runs in it; make it with kit.Vary(run, …)", verb)
	}
	return nil
}

// Ensemble is the mean of several models' answers for the same data set, under
// a name: each example's probabilities, averaged.
//
//	together := must.M1(kit.Ensemble("three", must.M1(seeds.Predict(digits.Test()))...))
//
// See score.Ensemble.
func Ensemble(name string, answers ...score.Predictions) (score.Predictions, error) {
	return score.Ensemble(name, answers...)
}

// table compares the runs, in the sweep's order, as they were after n epochs;
// 0 is as they are now.
func (s Sweep) table(n int) (show.Block, error) {
	var rows []entry
	for _, r := range s {
		dir, err := r.dir()
		if err != nil {
			return nil, err
		}
		e, err := readEntry(dir, n)
		if err != nil {
			return nil, err
		}
		if e.epochs == 0 {
			return nil, fmt.Errorf("the run %q has no epochs yet; call the sweep's Fit first", r.Name)
		}
		h, err := r.History()
		if err != nil {
			return nil, err
		}
		if n > 0 {
			h = h.First(n)
		}
		e.remark = strings.Join(slices.DeleteFunc([]string{diverged(h), e.remark}, func(s string) bool { return s == "" }), "; ")
		rows = append(rows, e)
	}
	return entryTable("Runs compared", rows), nil
}

// view is the table and the curves, as they were after n epochs; 0 is as they
// are now.
func (s Sweep) view(n int) (show.Block, error) {
	if len(s) == 0 {
		return nil, fmt.Errorf("kit.Sweep: there are no runs in it; make it with kit.Vary(run, …)")
	}
	table, err := s.table(n)
	if err != nil {
		return nil, fmt.Errorf("kit.Sweep: %w", err)
	}
	curves, err := curves(n, s...)
	if err != nil {
		return nil, err
	}
	return show.Blocks{table, curves}, nil
}

// diverged says in words that a training went the wrong way; "" if it did not.
func diverged(h History) string {
	losses := h.Values("loss")
	first, last, best := losses[0], losses[len(losses)-1], math.Inf(1)
	for _, v := range losses {
		best = min(best, v)
	}
	switch {
	case math.IsNaN(last) || math.IsInf(last, 0):
		return fmt.Sprintf("diverged: the loss is no number from epoch %d on", len(h))
	case len(h) > 1 && last > first:
		return fmt.Sprintf("diverges: the loss rose from %s to %s", show.Number(first), show.Number(last))
	case len(h) > 2 && last > 0.9*first:
		return fmt.Sprintf("hardly learns: loss %s, then %s", show.Number(first), show.Number(last))
	case last > 1.5*best:
		return fmt.Sprintf("unsteady: the loss was %s before", show.Number(best))
	}
	return ""
}

// sweepWatcher shows the runs of a sweep in one block.
type sweepWatcher struct {
	live  *show.Live
	sweep Sweep
	at    int // the run in hand
	began time.Time

	start    fit.Start
	history  History
	finished []string // a line for each run done
	notices  []string
}

func (w *sweepWatcher) Began(s fit.Start) {
	w.start, w.history = s, s.History
	for _, notice := range s.Notices {
		if !slices.Contains(w.notices, notice) {
			w.notices = append(w.notices, notice)
		}
	}
	if s.Backend != "" {
		w.live.Log(fmt.Sprintf("%s: %s on %s", s.Run, span(len(s.History)+1, s.Epochs), s.Backend))
	}
}

func (w *sweepWatcher) Progressed(epoch int, p session.Partial, seconds float64) {
	w.update(float64(p.Batches)/float64(max(1, p.Of)), fmt.Sprintf("epoch %d of %d", epoch, w.start.Epochs))
}

func (w *sweepWatcher) EpochEnded(h History) {
	w.history = h
	w.live.Log(w.start.Run + ": " + epochLine(h.Last(), w.start.Epochs))
	w.update(0, fmt.Sprintf("epoch %d of %d done", h.Last().Number, w.start.Epochs))
}

func (w *sweepWatcher) Ended(o fit.Outcome) {
	if o.Err != nil || len(o.History) == 0 {
		return
	}
	how := "trained"
	if o.Replayed {
		how = "from disk"
	}
	w.finished = append(w.finished, fmt.Sprintf("%s: %s, %s", w.start.Run, epochs(len(o.History)), how))
}

// update draws the progress of the whole sweep.
func (w *sweepWatcher) update(share float64, words string) {
	w.live.Update(func() show.Block {
		done := (float64(w.at) + (float64(len(w.history))+share)/float64(max(1, w.start.Epochs))) / float64(len(w.sweep))
		blocks := show.Blocks{show.Progress{
			Label: fmt.Sprintf("run %d of %d, %s: %s", w.at+1, len(w.sweep), w.start.Run, words), Done: done,
		}}
		for _, line := range w.finished {
			blocks = append(blocks, show.Line(line))
		}
		return blocks
	})
}

// report stays: what happened, and the comparison.
func (w *sweepWatcher) report() show.Block {
	blocks := show.Blocks{show.Line(fmt.Sprintf("%d of %d runs done in %s.", len(w.finished), len(w.sweep), show.Duration(time.Since(w.began).Seconds())))}
	for _, notice := range w.notices {
		blocks = append(blocks, show.Note(notice))
	}
	if len(w.finished) < len(w.sweep) {
		return append(blocks, show.Line("Run the cell again to go on."))
	}
	if view, err := w.sweep.view(w.start.Epochs); err == nil {
		blocks = append(blocks, view)
	}
	return blocks
}

var _ fit.Watcher = (*sweepWatcher)(nil)
