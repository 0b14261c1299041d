package training

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonblabs/mnistkit/fit"
)

// Search looks for the best run of a sweep without training all of them to the end.
//
//	var grid = kit.Vary(rates, "batch", []int{32, 64, 128}, func(r *kit.Run, batch int) { r.BatchSize = batch })
//	var search = kit.Search{Sweep: grid, Random: 20, Halving: true}
//	found := must.M1(search.Fit(16))
//
// It chooses by the validation data. It is plain data, as a Sweep is.
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
	left := slices.Clone(s.Sweep)
	if s.Random > 0 && s.Random < len(left) {
		rand.New(rand.NewPCG(s.Seed, 0)).Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
		left = left[:s.Random]
	}
	candidates, halvings := len(left), 0
	for s.Halving && len(left)>>halvings > 1 {
		halvings++
	}
	spent := 0
	for ; ; halvings-- {
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
		histories, err := left.sort(epochs)
		if err != nil {
			return nil, err
		}
		goOn := 0
		if halvings > 0 {
			goOn = (len(left) + 1) / 2
		}
		for _, h := range histories[goOn:] {
			spent += len(h)
		}
		found, left = append(slices.Clone(left[goOn:]), found...), left[:goOn]
		if len(left) == 0 {
			break
		}
	}
	Note("The search is done", fmt.Errorf("it took %d epochs, of %d for all runs of the sweep; the best of %d runs drawn from %d is %s",
		spent, n*len(s.Sweep), candidates, len(s.Sweep), found[0].Name))
	return found, nil
}

// sort brings the runs and their histories up to some epoch into an order, the best on the validation data first.
func (s Sweep) sort(epochs int) (histories []fit.History, err error) {
	byName := map[string]fit.History{}
	for _, r := range s {
		h, err := r.History()
		if err != nil {
			return nil, err
		}
		byName[r.Name] = h.First(epochs)
		if _, ok := byName[r.Name].Last().Metrics["val_loss"]; !ok {
			return nil, fmt.Errorf("Search chooses by the validation data, and %s has none; give its Data some, such as Holdout(0.15)", r.Name)
		}
	}
	slices.SortStableFunc(s, func(a, b Run) int {
		return slices.Compare(fit.Rank(byName[b.Name].Last().Metrics), fit.Rank(byName[a.Name].Last().Metrics))
	})
	for _, r := range s {
		histories = append(histories, byName[r.Name])
	}
	return histories, nil
}
