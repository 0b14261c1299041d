package mnistkit

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/training"
)

// watched is a history of n epochs of ten seconds, the best before the last.
func watched(n int) (h fit.History) {
	for i := 1; i <= n; i++ {
		accuracy := 1 - 0.1/float64(i)
		if i == n {
			accuracy = 0.5
		}
		h = append(h, fit.Epoch{Number: i, LearningRate: 1e-3, Seconds: 10,
			Metrics: map[string]float64{"loss": 0.1, "accuracy": 0.9, "val_loss": 0.2, "val_accuracy": accuracy}})
	}
	return h
}

// newTestWatcher is 192 seconds into a fit of 20 epochs that had some before.
func newTestWatcher(before fit.History, notices ...string) *watcher {
	now := time.Unix(1000, 0)
	return &watcher{
		now: func() time.Time { return now }, began: now.Add(-192 * time.Second), history: before, notices: notices,
		start: fit.Start{Run: "mnist/lenet", Backend: "xla:cpu", Examples: 51000, Epochs: 20, History: before},
	}
}

func TestWatcherSaysWhatHappened(t *testing.T) {
	for _, c := range []struct {
		name        string
		before, now int
		outcome     fit.Outcome
		want        string
	}{
		{"trained", 0, 20, fit.Outcome{}, "mnist/lenet: trained 20 epochs in 3 min 12 s on xla:cpu."},
		{"resumed", 2, 4, fit.Outcome{}, "mnist/lenet: trained epochs 3 to 4 in 3 min 12 s on xla:cpu, going on from 2 epochs stored."},
		{"early", 0, 9, fit.Outcome{Why: "val_loss is no better since epoch 3."},
			"mnist/lenet: trained 9 epochs in 3 min 12 s on xla:cpu. Stopped early: val_loss is no better since epoch 3."},
		{"in the last epoch", 0, 20, fit.Outcome{Why: "val_loss is no better since epoch 3."},
			"mnist/lenet: trained 20 epochs in 3 min 12 s on xla:cpu. In the last epoch: val_loss is no better since epoch 3."},
		{"replayed", 20, 20, fit.Outcome{Replayed: true}, "mnist/lenet: 20 epochs from disk, trained earlier in 3 min 20 s; nothing was trained now. Its Reset() makes it start over."},
		{"replayed one", 1, 1, fit.Outcome{Replayed: true, Why: "loss is NaN"},
			"mnist/lenet: 1 epoch from disk, trained earlier in 10 s; nothing was trained now. Its Reset() makes it start over. It had stopped early: loss is NaN."},
		{"replayed in part", 20, 3, fit.Outcome{Replayed: true, History: watched(20)},
			"mnist/lenet: the first 3 of 20 epochs from disk, trained earlier in 30 s; nothing was trained now, and the run keeps them all. Its Reset() makes it start over."},
		{"stopped in an epoch", 0, 6, fit.Outcome{Interrupted: true, Partial: session.Partial{Batches: 312, Of: 1593}},
			"mnist/lenet: stopped by you in epoch 7 after batch 312 of 1593. Everything up to there is saved: run the cell again to go on."},
		{"stopped between epochs", 0, 6, fit.Outcome{Interrupted: true}, "mnist/lenet: stopped by you after 6 epochs. Everything up to there is saved: run the cell again to go on."},
		{"failed", 0, 1, fit.Outcome{Err: errors.New("the engine is gone")}, "mnist/lenet: stopped by an error after 1 epoch."},
	} {
		w := newTestWatcher(watched(c.before))
		w.history = watched(c.now)
		w.outcome = c.outcome
		if got := w.happened(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWatcherReport(t *testing.T) {
	w := newTestWatcher(nil, "bundled sample: <1,000> images")
	w.history = watched(3)
	w.history[1].Notes = []string{"learning rate 0.001 → 0.0005"}
	w.history[2].LearningRate = 5e-4
	text := w.report().Text()
	for _, want := range []string{
		"mnist/lenet: trained 3 epochs", "Note: bundled sample: <1,000> images", "Epochs of mnist/lenet\n",
		"epoch    loss  accuracy  val_loss  val_accuracy  learning_rate  time  notes\n",
		"  ★ 2  0.1000    0.9000    0.2000        0.9500         0.0010  10 s  learning rate 0.001 → 0.0005\n",
		"★ best val_accuracy\n", "[figure] Learning curves of mnist/lenet over 3 epochs: the best val_accuracy is 0.9500 in epoch 2", "○ marks the epoch",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("report lacks %q:\n%s", want, text)
		}
	}
	w.outcome.Best = 1
	page := w.report().HTML()
	for want, n := range map[string]int{"★ 1</th>": 1, "★ the best epoch: its weights are kept": 1, "<table": 1, "<details": 0, "<img class=\"drawing\"": 2, "&lt;1,000&gt;": 1} {
		if got := strings.Count(page, want); got != n {
			t.Errorf("%q occurs %d times, want %d", want, got, n)
		}
	}
}

// A replay of more epochs than were asked for shows those asked for.
// A var calls Fit in every later cell: a replay is then one line, which says what to write.
func TestWatcherInVar(t *testing.T) {
	w := newTestWatcher(watched(3))
	w.history, w.outcome, w.inVar, w.line = watched(3), fit.Outcome{Replayed: true}, true, "var history = must.M1(lenet.Fit(3))"
	advice := "Every later cell computes a var again, and a Fit in it too. Write history := must.M1(lenet.Fit(3)) below %%, " +
		"or ask for History() in the cell that needs it; %rm history forgets the var."
	if got, want := w.final().Text(), "mnist/lenet: from disk. "+advice+"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	w.trained = true
	if got := w.final().Text(); !strings.Contains(got, "Note: "+advice) || !strings.Contains(got, "Epochs of mnist/lenet") {
		t.Errorf("when it trains, it shows %q", got)
	}
	w.line += " // twice"
	if got := w.repeated(); got != advice {
		t.Errorf("with a comment: %q", got)
	}
	for _, line := range []string{"))", "var h = must.M1(lenet.Fit(3,", "var h kit.History = fit()"} { // longer declarations
		w.line = line
		if got := w.repeated(); !strings.HasSuffix(got, "Call Fit below %%, and ask for History() in the cell that needs it.") {
			t.Errorf("%s: %q", line, got)
		}
	}
}

func TestWatcherReplaysFewer(t *testing.T) {
	w := newTestWatcher(nil)
	w.live = show.NewLive()
	w.Began(fit.Start{Run: "mnist/lenet", Epochs: 3, History: watched(9)})
	w.Ended(fit.Outcome{Replayed: true, History: watched(9), Best: 8})
	text := w.report().Text()
	for words, want := range map[string]bool{
		"the first 3 of 9 epochs": true, "Learning curves of mnist/lenet over 3 epochs": true, "★ 3": true, "★ best val_accuracy": true,
		"its weights are kept": false, "★ 8": false, "\n  4": false,
	} {
		if strings.Contains(text, words) != want {
			t.Errorf("%q is to be there: %t\n%s", words, want, text)
		}
	}
}

// A sweep's report counts the runs that came to their end.
func TestWatcherOfASweep(t *testing.T) {
	w := newTestWatcher(nil, "bundled sample")
	w.sweep = training.Sweep{{Name: "mnist/a"}, {Name: "mnist/b"}}
	w.Ended(fit.Outcome{History: watched(20)})
	w.history = watched(5)
	if first, _, _ := strings.Cut(w.view("epoch 6 of 20", 0.25).Text(), "\n"); first != "██████░░░░ run 2 of 2, mnist/lenet: epoch 6 of 20" {
		t.Errorf("a terminal shows %q", first)
	}
	w.Ended(fit.Outcome{History: watched(5), Interrupted: true})
	want := "1 of 2 runs done in 3 min 12 s.\nNote: bundled sample\nRun the cell again to go on.\n"
	if got := w.sweepReport().Text(); got != want {
		t.Errorf("the report is %q, want %q", got, want)
	}
	w.Ended(fit.Outcome{History: watched(5), Err: errors.New("broken")})
	if got := w.sweepReport().Text(); strings.Contains(got, "Run the cell again") {
		t.Errorf("after a failure the report is %q", got)
	}
}

func TestWatcherFoldsManyEpochs(t *testing.T) {
	w := newTestWatcher(nil)
	w.history = watched(26)
	page := w.report().HTML()
	if !strings.Contains(page, "<details") || !strings.Contains(page, "<summary>All 26 epochs; best val_accuracy: epoch 25</summary>") {
		t.Errorf("26 epochs are not folded: %.600s", page)
	}
	for epochs, want := range map[int]bool{25: false, 26: true} {
		if block, err := blockOf(watched(epochs)); err != nil || strings.Contains(block.HTML(), "<summary>All 26 epochs</summary>") != want {
			t.Errorf("a history of %d epochs is folded: %v, %v", epochs, !want, err)
		}
	}
}

func TestWatcherView(t *testing.T) {
	w := newTestWatcher(nil)
	w.history = watched(9)
	page := w.view("epoch 10 of 20, batch 5 of 10", 0.475).HTML()
	for want, n := range map[string]int{
		"mnist/lenet: epoch 10 of 20, batch 5 of 10": 1, `value="475"`: 1, "51,000 training examples on xla:cpu": 1,
		`scope="row"`: 6, "★ 8</th>": 1, "<img class=\"drawing\"": 2,
	} {
		if got := strings.Count(page, want); got != n {
			t.Errorf("%q occurs %d times, want %d", want, got, n)
		}
	}
	first, _, _ := strings.Cut(w.view("epoch 10 of 20", 0.475).Text(), "\n")
	if first != "█████░░░░░ mnist/lenet: epoch 10 of 20" {
		t.Errorf("a terminal shows %q", first)
	}
}

// The picture is drawn once an epoch, and at most once a second.
func TestWatcherDrawsSparingly(t *testing.T) {
	w := newTestWatcher(nil)
	if len(w.curves(time.Second, 0)) > 0 {
		t.Error("drawn without an epoch")
	}
	drawn := func(n int) int {
		w.history = watched(n)
		w.curves(time.Second, 0)
		return w.drawn
	}
	if first, second := drawn(2), drawn(3); first != 2 || second != 2 {
		t.Errorf("drawn at epochs %d and %d within a second, want 2 and 2", first, second)
	}
	w.drawnAt = w.drawnAt.Add(-time.Second)
	if third := drawn(4); third != 4 {
		t.Errorf("a second later the picture ends in epoch %d, want 4", third)
	}
	if w.curves(0, 0); w.drawn != 4 {
		t.Errorf("picture of epoch %d", w.drawn)
	}
}

func TestTimeLeft(t *testing.T) {
	for _, c := range []struct {
		name                string
		before, now         int
		epoch               int
		done, seconds, want float64
	}{
		{"by the last epochs", 0, 4, 5, 0.5, 1, 155},
		{"by this epoch when it is the first", 0, 0, 1, 0.1, 2, 398},
		{"by this fit, not by what was stored", 4, 4, 5, 0.5, 40, 1240},
		{"not known at once", 0, 0, 1, 0.01, 0.5, math.NaN()},
		{"the end", 0, 19, 20, 1, 10, 0},
	} {
		w := newTestWatcher(watched(c.before))
		w.history = watched(c.now)
		if got := w.secondsLeft(c.epoch, c.done, c.seconds); math.Abs(got-c.want) > 1e-9 || math.IsNaN(got) != math.IsNaN(c.want) {
			t.Errorf("%s: %g, want %g", c.name, got, c.want)
		}
	}
	for seconds, want := range map[float64]string{
		3: "a few seconds left", 44: "about 40 s left", 155: "about 3 min left", 3 * 3600: "about 3 h 00 min left", 5400: "about 1 h 30 min left", math.NaN(): "",
	} {
		if got := timeLeft(seconds); got != want {
			t.Errorf("%g s: %q, want %q", seconds, got, want)
		}
	}
}

func TestWatcherStatus(t *testing.T) {
	w := newTestWatcher(nil)
	p := session.Partial{Batches: 1593, Of: 1594, Examples: 4, Sums: map[string]float64{"accuracy": 3, "loss": 2}}
	if got, want := w.status(3, p, "about 3 min left"), "epoch 3 of 20, about 3 min left, batch 1593 of 1594, loss 0.5000, accuracy 0.7500"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.Batches++
	if got, want := w.status(3, p, ""), "epoch 3 of 20, validating, loss 0.5000, accuracy 0.7500"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	e := fit.Epoch{Number: 2, Seconds: 9.1, Metrics: map[string]float64{"loss": 0.5, "val_loss": 0.25}, Notes: []string{"learning rate 0.001 → 0.0005"}}
	if got, want := epochLine(e, 20), "epoch 2 of 20: loss 0.5000, val_loss 0.2500, 9.1 s, learning rate 0.001 → 0.0005"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
