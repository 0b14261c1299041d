package mnistkit

import (
	"fmt"
	"slices"
	"strings"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/show"
)

// epochTable lists epochs with their metrics; the best is marked and bold.
func epochTable(caption string, h fit.History, best int) show.Table {
	t := show.Table{Caption: caption, Rows: make([][]string, len(h))}
	t.AddColumn("epoch", func(i int) string {
		if h[i].Number != best {
			return fmt.Sprint(h[i].Number)
		}
		t.Strong = i + 1
		return fmt.Sprint("★ ", best)
	})
	for _, name := range h.Metrics() {
		t.AddColumn(name, func(i int) string { return metric(h[i].Metrics, name, show.Number) })
	}
	if slices.ContainsFunc(h, func(e fit.Epoch) bool { return e.LearningRate != h[0].LearningRate }) {
		t.AddColumn("learning_rate", func(i int) string { return show.Number(h[i].LearningRate) })
	}
	t.AddColumn("time", func(i int) string { return show.Duration(h[i].Seconds) })
	if slices.ContainsFunc(h, func(e fit.Epoch) bool { return len(e.Notes) > 0 }) {
		t.AddColumn("notes", func(i int) string { return strings.Join(h[i].Notes, "; ") })
	}
	return t
}

// folded hides a long table of epochs until the reader opens it. about ends what stands
// in its place.
func folded(t show.Table, about string) show.Block {
	if len(t.Rows) <= 25 {
		return t
	}
	return show.Details{Summary: fmt.Sprintf("All %d epochs%s", len(t.Rows), about), Body: t}
}

// checkpointTable shows checkpoints with their epochs' metrics.
func checkpointTable(list []runs.Checkpoint) (show.Block, error) {
	if len(list) == 0 {
		return show.Line("No checkpoints."), nil
	}
	h, err := Run{Name: list[0].Run}.History()
	if err != nil {
		return nil, err
	}
	t := show.Table{Caption: "Checkpoints of " + list[0].Run, Rows: make([][]string, len(list))}
	t.AddColumn("checkpoint", func(i int) string { return list[i].Name })
	t.AddColumn("epoch", func(i int) string { return fmt.Sprint(list[i].Epoch) })
	for _, name := range h.Metrics() {
		t.AddColumn(name, func(i int) string {
			if list[i].Epoch < 1 || list[i].Epoch > len(h) {
				return dash
			}
			return metric(h[list[i].Epoch-1].Metrics, name, show.Number)
		})
	}
	t.AddColumn("size", func(i int) string { return fmt.Sprintf("%.1f MB", float64(list[i].Bytes)/1e6) })
	return t, nil
}

const dash = "–" // stands where there is no value

// metric writes a metric, if it was measured.
func metric(metrics map[string]float64, name string, write func(float64) string) string {
	v, ok := metrics[name]
	if !ok {
		return dash
	}
	return write(v)
}

// epochLine is an epoch for a log file.
func epochLine(e fit.Epoch, of int) string {
	words := append(metricsInWords(e.Metrics), show.Duration(e.Seconds))
	return fmt.Sprintf("epoch %d of %d: %s", e.Number, of, strings.Join(append(words, e.Notes...), ", "))
}

// metricsInWords are "loss 0.0458" and so on, in Keras' order.
func metricsInWords(metrics map[string]float64) (words []string) {
	for _, name := range (fit.History{{Metrics: metrics}}).Metrics() {
		words = append(words, name+" "+show.Number(metrics[name]))
	}
	return words
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

func epochCount(n int) string {
	if n == 1 {
		return "1 epoch"
	}
	return fmt.Sprintf("%d epochs", n)
}

// epochRange is "epoch 3" or "epochs 3 to 20".
func epochRange(from, to int) string {
	if from >= to {
		return fmt.Sprintf("epoch %d", to)
	}
	return fmt.Sprintf("epochs %d to %d", from, to)
}

// mostCurves is the number of runs whose lines can still be told apart.
const mostCurves = 50

// Curves shows the learning curves of runs: accuracy and loss, on training and validation data.
// Of more than four it leaves out the training's, and of more than 50 it shows the best 50.
//
//	kit.Show(kit.Curves(mlp, lenet))
func Curves(list ...Run) View {
	return func() (show.Block, error) { return curves(0, list...) }
}

// curves are those of the first n epochs; 0 means all.
func curves(n int, list ...Run) (show.Block, error) {
	var named []chart.Named
	for _, r := range list {
		h, err := r.History()
		if err == nil && len(h) == 0 {
			err = fmt.Errorf("the run %q has no epochs yet; call its Fit first", r.Name)
		}
		var answers runs.Weights
		if err == nil {
			dir, _ := r.Dir() // where the history is
			answers, _, err = dir.Weights()
		}
		if err != nil {
			return nil, fmt.Errorf("kit.Curves: %w", err)
		}
		if n > 0 {
			h = h.First(n)
		}
		named = append(named, chart.Named{Name: r.Name, History: h, Kept: answers.Epoch})
	}
	title, all := "", len(named) // of a few, the legend names them
	switch {
	case all == 0:
		return nil, fmt.Errorf("kit.Curves: no run given; name at least one")
	case all == 1:
		title = named[0].Name
	case all > mostCurves:
		title = fmt.Sprintf("the best %d of %s runs", mostCurves, show.Count(all))
		slices.SortStableFunc(named, func(a, b chart.Named) int {
			return slices.Compare(fit.Rank(answering(b.History, b.Kept).Metrics), fit.Rank(answering(a.History, a.Kept).Metrics))
		})
		named = named[:mostCurves]
	}
	if all > 1 {
		shorten(named)
	}
	return chart.Curves(title, nil, named...)
}

// rateCurve draws what FindRate found; the rates, which rise by a factor, stand side by side.
func rateCurve(c RateCurve) (show.Block, error) {
	rates := make([]string, len(c.Rates))
	for i, rate := range c.Rates {
		rates[i] = fmt.Sprintf("%.2g", rate)
	}
	p := chart.Plot{Title: fmt.Sprintf("Learning rates of %s: %g is a tenth of the best", c.Run, c.Rate), X: "learning rate", Y: "loss"}
	if len(rates) > 0 {
		place, _ := slices.BinarySearch(c.Rates[:len(rates)-1], c.Rate)
		p.Lines = []chart.Series{{Name: "loss, averaged", X: rates, Y: c.Losses}}
		p.Points = []chart.Series{{Name: fmt.Sprintf("rate %g", c.Rate), X: []int{place + 1}, Y: c.Losses[place : place+1]}}
	}
	return p.Figure()
}

// answering is the epoch whose weights are kept, or the last where it is not there.
func answering(h fit.History, kept int) fit.Epoch {
	if kept < 1 || kept > len(h) {
		return h.Last()
	}
	return h[kept-1]
}

// upTo is a name up to its last / or - that is no minus of a number such as -1 or 1e-05.
func upTo(name string) string {
	end := strings.LastIndexAny(name, "/-")
	before := name[:max(0, end)]
	mantissa := strings.TrimSuffix(before, "e")
	if strings.HasSuffix(before, "=") || mantissa != before && strings.TrimRight(mantissa, "0123456789.") != mantissa {
		return upTo(before)
	}
	return name[:end+1]
}

// shorten takes off what all names begin with, up to a / or -: a legend needs
// only what differs.
func shorten(list []chart.Named) {
	common := list[0].Name
	for _, n := range list[1:] {
		for !strings.HasPrefix(n.Name, common) {
			common = common[:len(common)-1]
		}
	}
	prefix := upTo(common)
	if slices.ContainsFunc(list, func(n chart.Named) bool { return n.Name == prefix }) {
		return
	}
	for i := range list {
		list[i].Name = strings.TrimPrefix(list[i].Name, prefix)
	}
}
