package mnistkit

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
)

// watcher shows a fit while it goes on, and leaves a report of it.
type watcher struct {
	live    *show.Live
	now     func() time.Time
	start   fit.Start
	began   time.Time
	history fit.History

	epoch   int     // in hand
	skipped float64 // the share of it that was there before

	figure  chart.Figure // the curves up to the epoch drawn
	drawn   int
	drawnAt time.Time
}

func newWatcher() fit.Watcher { return &watcher{live: show.NewLive(), now: time.Now} }

// Began notes where the fit starts.
func (w *watcher) Began(s fit.Start) {
	w.start, w.history, w.began = s, s.History, w.now()
	if s.Backend == "" { // a replay has nothing to wait for, and shows what was asked for
		w.history = s.History.First(s.Epochs)
		return
	}
	w.live.Log(fmt.Sprintf("%s: %s, %s", s.Run, span(len(s.History)+1, s.Epochs), w.place()))
	w.live.Update(func() show.Block { return w.view("starting", 0) })
}

// Progressed moves the progress bar.
func (w *watcher) Progressed(epoch int, p session.Partial, seconds float64) {
	done := float64(p.Batches) / float64(max(1, p.Of))
	if epoch != w.epoch {
		w.epoch, w.skipped = epoch, 0
		if epoch == len(w.start.History)+1 {
			w.skipped = done // an epoch gone on with starts in its middle
		}
	}
	w.live.Update(func() show.Block {
		left := timeLeft(w.secondsLeft(epoch, done, seconds))
		return w.view(w.status(epoch, p, left), (float64(epoch-1)+done)/float64(max(1, w.start.Epochs)))
	})
}

// status says where the training is.
func (w *watcher) status(epoch int, p session.Partial, left string) string {
	parts := []string{fmt.Sprintf("epoch %d of %d", epoch, w.start.Epochs)}
	if left != "" {
		parts = append(parts, left)
	}
	if p.Done() {
		parts = append(parts, "validating")
	} else {
		parts = append(parts, fmt.Sprintf("batch %d of %d", p.Batches, p.Of))
	}
	return strings.Join(append(parts, metricsInWords(p.Means())...), ", ")
}

// metricsInWords are "loss 0.0458" and so on, in Keras' order.
func metricsInWords(metrics map[string]float64) (words []string) {
	for _, name := range metricNames(metrics) {
		words = append(words, name+" "+show.Number(metrics[name]))
	}
	return words
}

// EpochEnded adds a row to the table and a point to the curves.
func (w *watcher) EpochEnded(h fit.History) {
	w.history = h
	last := h.Last()
	w.live.Log(epochLine(last, w.start.Epochs))
	w.live.Update(func() show.Block {
		return w.view(fmt.Sprintf("epoch %d of %d done", last.Number, w.start.Epochs), float64(last.Number)/float64(max(1, w.start.Epochs)))
	})
}

// Ended leaves the report.
func (w *watcher) Ended(o fit.Outcome) {
	if w.began.IsZero() {
		return // it failed before it began: the error says all
	}
	if len(o.History) > len(w.history) && !o.Replayed {
		w.history = o.History
	}
	w.live.Done(w.report(o))
}

// view is the block that changes.
func (w *watcher) view(label string, done float64) show.Block {
	blocks := show.Blocks{
		show.Progress{Label: w.start.Run + ": " + label, Done: done},
		show.Line(w.place()),
	}
	for _, notice := range w.start.Notices {
		blocks = append(blocks, show.Note(notice))
	}
	if h := w.history; len(h) > 0 {
		recent := h[max(0, len(h)-6):]
		blocks = append(blocks, epochTable("Last epochs", recent, bestOf(h)))
		if figure, ok := w.curves(time.Second); ok {
			blocks = append(blocks, figure)
		}
	}
	return blocks
}

// curves are drawn anew when there is a new epoch, but not more often than
// every pause: short epochs are not to wait for their picture.
func (w *watcher) curves(pause time.Duration) (chart.Figure, bool) {
	h := w.history
	if len(h) != w.drawn && w.now().Sub(w.drawnAt) >= pause {
		figure, err := chart.Curves(w.start.Run, nil, chart.Named{Name: w.start.Run, History: h})
		if err != nil {
			return chart.Figure{}, false // no picture is no reason to end a training
		}
		w.figure, w.drawn, w.drawnAt = figure, len(h), w.now()
	}
	return w.figure, w.drawn > 0
}

// secondsLeft goes by this fit's own pace; NaN before there is one.
func (w *watcher) secondsLeft(epoch int, done, seconds float64) float64 {
	pace := math.NaN()
	if trained := w.history[min(len(w.history), len(w.start.History)):]; len(trained) > 0 {
		recent := trained[max(0, len(trained)-3):]
		pace = recent.Seconds() / float64(len(recent))
	} else if share := done - w.skipped; share >= 0.02 && seconds >= 1 {
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

// report is the block that stays.
func (w *watcher) report(o fit.Outcome) show.Block {
	blocks := show.Blocks{show.Line(w.happened(o))}
	for _, notice := range w.start.Notices {
		blocks = append(blocks, show.Note(notice))
	}
	h := w.history
	if len(h) == 0 {
		return blocks
	}
	best, foot := o.Best, "★ the best epoch: its weights are kept"
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

// happened says in a line how the fit ended.
func (w *watcher) happened(o fit.Outcome) string {
	run, before, now := w.start.Run, len(w.start.History), len(w.history)
	took := show.Duration(w.now().Sub(w.began).Seconds())
	switch {
	case o.Err != nil:
		return fmt.Sprintf("%s: stopped by an error after %s.", run, epochs(now))
	case o.Replayed:
		shown, rest := epochs(now), ""
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
		return fmt.Sprintf("%s: stopped by you after %s. Everything up to there is saved: run the cell again to go on.", run, epochs(now))
	case before > 0:
		return fmt.Sprintf("%s: trained %s in %s %s, going on from %s stored.", run, span(before+1, now), took, w.by(), epochs(before)) +
			reason(" Stopped early: ", o.Why)
	}
	return fmt.Sprintf("%s: trained %s in %s %s.", run, epochs(now), took, w.by()) + reason(" Stopped early: ", o.Why)
}

func reason(intro, why string) string {
	if why == "" {
		return ""
	}
	return intro + strings.TrimSuffix(why, ".") + "."
}

// epochTable lists epochs with their metrics; the best is marked and bold.
func epochTable(caption string, h fit.History, best int) show.Table {
	metrics := h.Metrics()
	rates := slices.ContainsFunc(h, func(e fit.Epoch) bool { return e.LearningRate != h[0].LearningRate })
	notes := slices.ContainsFunc(h, func(e fit.Epoch) bool { return len(e.Notes) > 0 })
	t := show.Table{Caption: caption, Header: append([]string{"epoch"}, metrics...)}
	if rates {
		t.Header = append(t.Header, "learning_rate")
	}
	t.Header = append(t.Header, "time")
	if notes {
		t.Header = append(t.Header, "notes")
	}
	for i, e := range h {
		row := []string{fmt.Sprint(e.Number)}
		if e.Number == best {
			row[0], t.Strong = "★ "+row[0], i+1
		}
		for _, name := range metrics {
			cell := "–"
			if v, ok := e.Metrics[name]; ok {
				cell = show.Number(v)
			}
			row = append(row, cell)
		}
		if rates {
			row = append(row, fmt.Sprintf("%.3g", e.LearningRate))
		}
		row = append(row, show.Duration(e.Seconds))
		if notes {
			row = append(row, strings.Join(e.Notes, "; "))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// epochLine is an epoch for a log file.
func epochLine(e fit.Epoch, of int) string {
	parts := append(metricsInWords(e.Metrics), show.Duration(e.Seconds))
	return fmt.Sprintf("epoch %d of %d: %s", e.Number, of, strings.Join(append(parts, e.Notes...), ", "))
}

// monitored is the metric that the best epoch goes by where no callback kept
// one: accuracy before loss, validation before training.
func monitored(h fit.History) string {
	names := h.Metrics()
	for _, name := range []string{"val_accuracy", "val_loss", "accuracy"} {
		if slices.Contains(names, name) {
			return name
		}
	}
	return "loss"
}

func bestOf(h fit.History) int {
	best, _ := h.Best(monitored(h))
	return best.Number
}

func epochs(n int) string {
	if n == 1 {
		return "1 epoch"
	}
	return fmt.Sprintf("%d epochs", n)
}

// span is "epoch 3" or "epochs 3 to 20".
func span(from, to int) string {
	if from >= to {
		return fmt.Sprintf("epoch %d", to)
	}
	return fmt.Sprintf("epochs %d to %d", from, to)
}

// place says what is trained where.
func (w *watcher) place() string {
	if w.start.Backend == ownLoop {
		return w.by()
	}
	return examples(w.start.Examples) + " " + w.by()
}

// by says what trains.
func (w *watcher) by() string {
	if w.start.Backend == ownLoop {
		return "by " + ownLoop
	}
	return "on " + w.start.Backend
}

func examples(n int) string { return show.Count(n) + " training examples" }
