package training

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/score"
)

// Sweep is several runs that are trained and compared together. Make it with Vary,
// or as kit.Sweep{mlp, lenet}.
type Sweep []Run

// Vary makes a run for each value of one setting; everything else is as in base.
//
//	var rates = kit.Vary(mlp, "rate", []float64{0.001, 0.01, 0.1}, func(r *kit.Run, rate float64) { r.Optimizer = kit.Adam(rate) })
//
// The runs are named after base, setting and value: "mnist/mlp-rate=0.001". What a
// folder cannot be named with is "-": "mnist/mlp-optimizer=Adam-0.001". Where base is
// a Sweep, each of its runs is varied: two calls make a grid.
func Vary[T any, B Run | Sweep](base B, setting string, values []T, change func(r *Run, value T)) Sweep {
	var s Sweep
	bases, ok := any(base).(Sweep)
	if !ok {
		bases = Sweep{any(base).(Run)}
	}
	if change == nil { // its verbs say that there are no runs
		return s
	}
	fitting := func(v any) string {
		unfit := func(c rune) bool { return !fit.ValidName("_" + string(c) + "_") }
		return strings.ReplaceAll(strings.Join(strings.FieldsFunc(fmt.Sprint(v), unfit), "-"), "-.", "-")
	}
	for _, r := range bases {
		for _, v := range values {
			s = append(s, r.With(r.Name+"-"+fitting(setting)+"="+fitting(v), func(r *Run) { change(r, v) }))
		}
	}
	return s
}

// Fit brings every run to n epochs, one after the other, with one display for all.
//
//	kit.Show(rates.Fit(5))
//
// After a stop, the next Fit continues. A run that diverges ends early, and the
// sweep continues with the others; the table names it. If another program trains a
// run, Fit waits for it.
//
// Of several programs that share one folder of runs, such as the tasks of a cluster,
// each trains and shows its share, every so many runs one, and says whether others
// are missing; see runs.TheShare.
func (s Sweep) Fit(n int, callbacks ...fit.Callback) (err error) {
	defer tell(&err)
	_, err = s.train(n, callbacks)
	return err
}

// train is Fit, and names the first run of another share that has no n epochs yet. It looks no further: each of 1,000
// tasks would otherwise read the runs of all others.
func (s Sweep) train(n int, callbacks []fit.Callback) (missing string, err error) {
	if err := s.some("Fit"); err != nil {
		return "", err
	}
	if len(s) > 1 && slices.ContainsFunc(callbacks, func(c fit.Callback) bool { _, ok := c.(fit.CSVLogger); return ok }) {
		return "", errors.New("Sweep.Fit: every run would write over the one file of CSVLogger; call Fit of each run with a CSVLogger of its own")
	}
	names := map[string]bool{}
	for _, r := range s {
		if names[r.Name] {
			return "", fmt.Errorf("Sweep.Fit: two runs are named %q; each needs a name of its own", r.Name)
		}
		names[r.Name] = true
	}
	share, err := runs.TheShare()
	if err != nil {
		return "", fmt.Errorf("Sweep.Fit: %w", err)
	}
	var mine, others Sweep
	for i, r := range s {
		if share.Has(i) {
			mine = append(mine, r)
		} else {
			r.elsewhere = true
			others = append(others, r)
		}
	}
	if _, err := mine.fit(n, callbacks, Watch(mine)); err != nil {
		return "", err
	}
	missing, err = others.fit(n, callbacks, silent{})
	if !errors.Is(err, errElsewhere) {
		return "", err
	}
	Note(fmt.Sprintf("Share %d of %d has its %d of %d runs", share.Number, share.Of, len(mine), len(s)),
		fmt.Errorf("other shares have not ended yet, and %q is missing", missing))
	return missing, nil
}

// fit trains the runs one after the other, and names the one that fails.
func (s Sweep) fit(n int, callbacks []fit.Callback, watcher Watcher) (failed string, err error) {
	defer watcher.Done()
	for _, r := range s {
		if _, err := r.fit(n, callbacks, watcher); err != nil {
			return r.Name, fmt.Errorf("%s.Fit: %w", r.label(), err)
		}
	}
	return "", nil
}

// Evaluate measures every run on a data set.
//
//	must.M1(rates.Evaluate(digits.Test()))
func (s Sweep) Evaluate(set *data.Set, err ...error) ([]Score, error) {
	return each(s, "Evaluate", func(r Run) (Score, error) { return r.Evaluate(set, err...) })
}

// Predict gives the answers of every run for a data set, in the order of the sweep.
//
//	answers := must.M1(seeds.Predict(digits.Test()))
//
// See Run.Predict, and Ensemble for their mean.
func (s Sweep) Predict(set *data.Set, err ...error) ([]score.Predictions, error) {
	return each(s, "Predict", func(r Run) (score.Predictions, error) { return r.Predict(set, err...) })
}

// each asks every run, in the sweep's order, up to the first error.
func each[T any](s Sweep, verb string, ask func(Run) (T, error)) (list []T, err error) {
	defer tell(&err)
	if err := s.some(verb); err != nil {
		return nil, err
	}
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
		return fmt.Errorf("Sweep.%s: there are no runs in it; make it with kit.Vary(run, …), which takes values and a function", verb)
	}
	return nil
}

// Search looks for the best run of a sweep without training all of them to the end.
//
//	var grid = kit.Vary(rates, "batch", []int{32, 64, 128}, func(r *kit.Run, batch int) { r.BatchSize = batch })
//	var search = kit.Search{Sweep: grid, Random: 20, Halving: true}
//	found := must.M1(search.Fit(16))
//
// It chooses by the validation data, of the weights that its callbacks keep: with ModelCheckpoint the best. It is plain data, as a Sweep is.
type Search struct {
	Sweep   Sweep  // the candidates
	Random  int    // so many of them, drawn by Seed; default: all
	Seed    uint64 // of the draw
	Halving bool   // successive halving: half of the runs, the better ones, get twice the epochs, and so on
}

// Fit trains the candidates, or with Halving the better and better ones, up to n epochs,
// and gives them back, the best first. A note tells what that cost.
//
// With Halving all of 8 candidates get n/8 epochs, rounded up, 4 of them n/4, 2 of them
// n/2, and one n. What is trained is kept: after a stop the next Fit goes on, and one with
// another n or Random trains only what is missing. (Source: Jamieson and Talwalkar 2016,
// "Non-stochastic best arm identification and hyperparameter optimization".)
func (s Search) Fit(n int, callbacks ...fit.Callback) (found Sweep, err error) {
	defer tell(&err)
	if s.Random < 0 {
		return nil, fmt.Errorf("Search.Random is %d; give the number of runs to draw, or 0 for all", s.Random)
	}
	if err := s.Sweep.some("Fit"); err != nil {
		return nil, err
	}
	left, drawn := slices.Clone(s.Sweep), ""
	if s.Random > 0 && s.Random < len(left) {
		rand.New(rand.NewPCG(s.Seed, 0)).Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
		left = left[:s.Random]
		drawn = fmt.Sprintf(", of %d drawn from %d by seed %d", s.Random, len(s.Sweep), s.Seed)
	}
	halvings := 0
	for s.Halving && len(left)>>halvings > 1 {
		halvings++
	}
	spent := 0
	for ; len(left) > 0; halvings-- {
		epochs := n
		if part := 1 << halvings; n > 0 {
			epochs = (n + part - 1) / part
		}
		missing, err := left.train(epochs, callbacks)
		if err != nil {
			return nil, err
		}
		if missing != "" {
			return nil, untrained(missing)
		}
		histories, err := left.sort(epochs, callbacks)
		if err != nil {
			return nil, err
		}
		goOn := 0
		if halvings > 0 {
			goOn = (len(left) + 1) / 2
		}
		for _, r := range left[goOn:] {
			spent += len(histories[r.Name])
		}
		found, left = append(slices.Clone(left[goOn:]), found...), left[:goOn]
	}
	Note("The search is done", fmt.Errorf("it took %d epochs, of %d for all runs of the sweep; the best is %s%s", spent, n*len(s.Sweep), found[0].Name, drawn))
	return found, nil
}

// sort brings the runs into an order by their histories up to some epoch, the best on the validation data first. Of each
// those weights count that the callbacks kept.
func (s Sweep) sort(epochs int, callbacks []fit.Callback) (histories map[string]fit.History, err error) {
	histories = map[string]fit.History{}
	ranks := map[string][]float64{}
	for _, r := range s {
		h, err := r.History()
		if err != nil {
			return nil, err
		}
		histories[r.Name] = h.First(epochs)
		if _, ok := histories[r.Name].Last().Metrics["val_loss"]; !ok {
			return nil, fmt.Errorf("Search chooses by the validation data, and %s has none; give its Data some, such as Holdout(0.15)", r.Name)
		}
		ranks[r.Name] = fit.Rank(fit.Answering(histories[r.Name], callbacks...).Metrics)
	}
	slices.SortStableFunc(s, func(a, b Run) int {
		return slices.Compare(ranks[b.Name], ranks[a.Name])
	})
	return histories, nil
}
