package mnistkit

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/training"
)

func init() {
	training.Watch = func(s Sweep) training.Watcher {
		w := &watcher{live: show.NewLive(), now: time.Now, sweep: s}
		if s != nil {
			w.began = w.now()
		}
		if show.InNotebook() {
			w.line, w.inVar = show.InVar()
		}
		return w
	}
	training.Note = func(what string, err error) {
		if err != nil {
			show.Display(show.Note(what + ": " + err.Error() + "."))
		}
	}
}

// watcher shows a fit while it runs, and leaves a report of it.
type watcher struct {
	live    *show.Live
	now     func() time.Time
	sweep   Sweep     // nil: a single run
	began   time.Time // zero: there is nothing to report
	notices []string
	inVar   bool        // Fit is called by a var of a notebook's cell
	line    string      // that declares it
	trained bool        // not all was from disk
	done    []string    // a line for each run of the sweep that is done
	runs    show.Blocks // what was trained or replayed, for programs

	// The run in hand.
	start   fit.Start
	history fit.History
	outcome fit.Outcome
	epoch   int     // in hand
	resumed float64 // the share of it that was there before

	figure  show.Blocks // the curves up to the epoch drawn
	drawn   int
	drawnAt time.Time
}

// Waiting says that another program trains the run, and at last for how long.
func (w *watcher) Waiting(run string) (over func()) {
	began := w.now()
	text := run + ": another program is training it; waiting for its end"
	live := show.NewLive()
	live.Log(text)
	live.Update(func() show.Block { return show.Line(text) })
	return func() {
		live.Done(show.Line(fmt.Sprintf("%s: waited %s for another program that trains it", run, show.Duration(w.now().Sub(began).Seconds()))))
	}
}

// Began notes where the fit starts.
func (w *watcher) Began(s fit.Start) {
	w.start, w.history, w.runs = s, s.History, append(w.runs, show.Data{Kind: "fit", Caption: s.Run})
	if w.sweep == nil {
		w.began = w.now()
	}
	for _, notice := range s.Notices {
		if !slices.Contains(w.notices, notice) {
			w.notices = append(w.notices, notice)
		}
	}
	if s.Backend == "" { // a replay has nothing to wait for, and shows what was asked for
		w.history = s.History.First(s.Epochs)
		return
	}
	w.trained = true
	w.live.Log(fmt.Sprintf("%s: %s, %s", s.Run, epochRange(len(s.History)+1, s.Epochs), w.trainer()))
	w.update("starting", 0)
}

// Progressed moves the progress bar.
func (w *watcher) Progressed(epoch int, p session.Partial, seconds float64) {
	share := float64(p.Batches) / float64(max(1, p.Of))
	if epoch != w.epoch {
		w.epoch, w.resumed = epoch, 0
		if epoch == len(w.start.History)+1 {
			w.resumed = share // an epoch that continues starts in its middle
		}
	}
	w.update(w.status(epoch, p, timeLeft(w.secondsLeft(epoch, share, seconds))), float64(epoch-1)+share)
}

// EpochEnded adds a row to the table and a point to the curves.
func (w *watcher) EpochEnded(h fit.History) {
	w.history = h
	last := h.Last()
	w.live.Log(epochLine(last, w.start.Epochs))
	w.live.Say(w.start.Run + ", " + epochLine(last, w.start.Epochs))
	w.update(fmt.Sprintf("epoch %d of %d done", last.Number, w.start.Epochs), float64(last.Number))
}

// Ended notes how the run ended.
func (w *watcher) Ended(o fit.Outcome) {
	if len(o.History) > len(w.history) && !o.Replayed {
		w.history = o.History
	}
	w.outcome = o
	if w.sweep == nil && len(o.History) > 0 {
		reported.Store(&o.History[0])
	}
	if o.Err != nil || o.Interrupted {
		return
	}
	how := "trained"
	if o.Replayed {
		how = "from disk"
	}
	w.done = append(w.done, fmt.Sprintf("%s: %s, %s", w.start.Run, epochCount(len(o.History)), how))
}

// reported is the first epoch of the history that a Fit has just shown.
var reported atomic.Pointer[fit.Epoch]

// Done leaves the report.
func (w *watcher) Done() {
	if w.began.IsZero() {
		return // it failed before it began: the error says all
	}
	w.live.Done(append(show.Blocks{w.final()}, w.runs...))
}

func (w *watcher) final() show.Block {
	switch {
	case w.inVar && !w.trained:
		return show.Line(w.start.Run + ": from disk. " + w.repeated())
	case w.sweep == nil:
		return w.report()
	}
	return w.sweepReport()
}

// repeated says what to write in place of a var that calls Fit.
func (w *watcher) repeated() string {
	why := "Every later cell computes a var again, and a Fit in it too."
	line, _, _ := strings.Cut(strings.TrimPrefix(w.line, "var "), " //")
	name, call, ok := strings.Cut(line, " = ")
	if !ok || strings.Contains(name, " ") || strings.Count(call, "(") != strings.Count(call, ")") { // not all of the declaration
		return why + " Call Fit below %%, and ask for History() in the cell that needs it."
	}
	return fmt.Sprintf("%s Write %s := %s below %%%%, or ask for History() in the cell that needs it; %%rm %[2]s forgets the var.", why, name, call)
}

// update replaces the block that changes; epochs are those of the run that are done.
func (w *watcher) update(status string, epochs float64) {
	w.live.Update(func() show.Block { return w.view(status, epochs/float64(max(1, w.start.Epochs))) })
}

func (w *watcher) view(status string, done float64) show.Block {
	label := w.start.Run + ": " + status
	if runs := len(w.sweep); runs > 0 {
		blocks := show.Blocks{show.Progress{
			Label: fmt.Sprintf("run %d of %d, %s", len(w.done)+1, runs, label), Done: (float64(len(w.done)) + done) / float64(runs),
		}}
		for _, line := range w.done[max(0, len(w.done)-10):] {
			blocks = append(blocks, show.Line(line))
		}
		return blocks
	}
	blocks := append(show.Blocks{show.Progress{Label: label, Done: done}, show.Line(w.trainer())}, w.notes()...)
	if h := w.history; len(h) > 0 {
		recent := h[max(0, len(h)-6):]
		blocks = append(append(blocks, epochTable("Last epochs", recent, bestOf(h))), w.curves(time.Second, 0)...)
	}
	return blocks
}

func (w *watcher) notes() (blocks show.Blocks) {
	for _, notice := range w.notices {
		blocks = append(blocks, show.Note(notice))
	}
	if w.inVar {
		blocks = append(blocks, show.Note(w.repeated()))
	}
	return blocks
}

// status says where the training is.
func (w *watcher) status(epoch int, p session.Partial, left string) string {
	where := fmt.Sprintf("batch %d of %d", p.Batches, p.Of)
	if p.Done() {
		where = "validating"
	}
	parts := []string{fmt.Sprintf("epoch %d of %d", epoch, w.start.Epochs), left, where}
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	return strings.Join(append(parts, metricsInWords(p.Means())...), ", ")
}

// curves are drawn anew when there is a new epoch, but not more often than
// every pause: short epochs are not to wait for their picture. At the end they
// mark the epoch that is kept.
func (w *watcher) curves(pause time.Duration, kept int) show.Blocks {
	h := w.history
	if (len(h) != w.drawn || kept > 0) && w.now().Sub(w.drawnAt) >= pause {
		figure, err := chart.Curves(w.start.Run, nil, chart.Named{Name: w.start.Run, History: h, Kept: kept})
		if err != nil {
			return nil // no picture is no reason to end a training
		}
		figure.Numbers = show.Table{} // the table of the epochs stands above
		w.figure, w.drawn, w.drawnAt = show.Blocks{figure}, len(h), w.now()
	}
	return w.figure
}

// secondsLeft goes by this fit's own pace; NaN before there is one.
func (w *watcher) secondsLeft(epoch int, done, seconds float64) float64 {
	pace := math.NaN()
	if trained := w.history[min(len(w.history), len(w.start.History)):]; len(trained) > 0 {
		recent := trained[max(0, len(trained)-3):]
		pace = recent.Seconds() / float64(len(recent))
	} else if share := done - w.resumed; share >= 0.02 && seconds >= 1 {
		pace = seconds / share
	}
	return pace * (float64(w.start.Epochs-epoch) + 1 - done)
}

func timeLeft(seconds float64) string {
	minutes := math.Round(seconds / 60)
	switch {
	case math.IsNaN(seconds):
		return ""
	case seconds < 10:
		return "a few seconds left"
	case seconds < 95:
		return fmt.Sprintf("about %.0f s left", 10*math.Round(seconds/10))
	case minutes < 90:
		return fmt.Sprintf("about %.0f min left", minutes)
	}
	tens := 10 * int(math.Round(seconds/600))
	return fmt.Sprintf("about %d h %02d min left", tens/60, tens%60)
}

// trainer says what is trained where.
func (w *watcher) trainer() string {
	if w.start.Backend == training.OwnLoop {
		return w.by()
	}
	return show.Count(w.start.Examples) + " training examples " + w.by()
}

func (w *watcher) by() string {
	if w.start.Backend == training.OwnLoop {
		return "by " + training.OwnLoop
	}
	return "on " + w.start.Backend
}

// report is the block that stays of a single run.
func (w *watcher) report() show.Block {
	blocks := append(show.Blocks{show.Status(w.happened())}, w.notes()...)
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
	blocks = append(blocks, folded(table, fmt.Sprintf("; %s: epoch %d", strings.TrimPrefix(foot, "★ "), best)))
	kept := w.outcome.Best
	if kept == 0 && len(w.outcome.History) <= len(h) {
		kept = len(h) // the last weights answer
	}
	return append(blocks, w.curves(0, kept)...)
}

// sweepReport is the block that stays of a sweep: what happened, and the comparison.
func (w *watcher) sweepReport() show.Block {
	blocks := append(show.Blocks{show.Status(fmt.Sprintf("%d of %d runs done in %s.", len(w.done), len(w.sweep), w.took()))}, w.notes()...)
	if w.outcome.Interrupted {
		blocks = append(blocks, show.Line("Run the cell again to go on."))
	}
	if len(w.done) < len(w.sweep) {
		return blocks
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
		return line + w.reason(" It had stopped early: ")
	case o.Interrupted && o.Partial.Batches > 0:
		return fmt.Sprintf("%s: stopped by you in epoch %d after batch %d of %d. Everything up to there is saved: run the cell again to go on.",
			run, now+1, o.Partial.Batches, o.Partial.Of)
	case o.Interrupted:
		return fmt.Sprintf("%s: stopped by you after %s. Everything up to there is saved: run the cell again to go on.", run, epochCount(now))
	case before > 0:
		return fmt.Sprintf("%s: trained %s in %s %s, going on from %s stored.", run, epochRange(before+1, now), w.took(), w.by(), epochCount(before)) +
			w.reason(" Stopped early: ")
	}
	return fmt.Sprintf("%s: trained %s in %s %s.", run, epochCount(now), w.took(), w.by()) + w.reason(" Stopped early: ")
}

// reason says why a training ended early, if it did; in its last epoch it did not.
func (w *watcher) reason(intro string) string {
	if w.outcome.Why == "" {
		return ""
	}
	if len(w.history) == w.start.Epochs {
		intro = " In the last epoch: "
	}
	return intro + strings.TrimSuffix(w.outcome.Why, ".") + "."
}
