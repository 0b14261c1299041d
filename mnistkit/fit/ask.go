package fit

import (
	"cmp"
	"fmt"
)

// rateBefore is the rate for the epoch that follows h, which would otherwise have
// the rate given.
func (t *trainer) rateBefore(h History, rate float64) float64 {
	for _, c := range t.Callbacks {
		if c, ok := c.(RateSetter); ok {
			rate = c.RateBefore(h, rate)
		}
	}
	return rate
}

// decisions are what all callbacks together ask for.
type decisions struct {
	rate     float64 // for the next epoch; 0 leaves it
	stop     string
	saveBest bool
	saveAs   []Action // those with SaveAs
	notes    []string
}

// ask asks all callbacks about a history.
func (t *trainer) ask(h History) (all decisions, err error) {
	for _, c := range append([]Callback{TerminateOnNaN{}}, t.Callbacks...) {
		a, err := askOne(c, h)
		if err != nil {
			return all, err
		}
		if a.LearningRate > 0 {
			all.rate = a.LearningRate
		}
		all.stop = cmp.Or(all.stop, a.Stop)
		if a.Note != "" {
			all.notes = append(all.notes, a.Note)
		}
		if a.SaveAs != "" {
			all.saveAs = append(all.saveAs, a)
		}
		all.saveBest = all.saveBest || a.SaveBest
	}
	return all, nil
}

// askOne turns a panic of a callback that the user wrote into a sentence.
func askOne(c Callback, h History) (a Action, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a callback (%T) failed after epoch %d: %v; the epoch is saved, so correct the callback and run it again", c, len(h), r)
		}
	}()
	return c.AfterEpoch(h), nil
}

// askStored asks the callbacks about each stored epoch, since they decide by the
// history alone, and says where they would have decided otherwise than was
// recorded. What they want after the last one holds for the next.
func (t *trainer) askStored() (notices []string, err error) {
	const anew = "; Reset the run and train it anew to have that."
	var saves []Action
	wanted, stopped, rate, rates := 0, "", t.Recipe.Optimizer.LearningRate, true
	for i, e := range t.history {
		if rate = t.rateBefore(t.history[:i], rate); rates && rate != e.LearningRate {
			notices = append(notices, fmt.Sprintf("Epoch %d was trained at the learning rate %g; with these callbacks it would have been %g%s", e.Number, e.LearningRate, rate, anew))
			rates = false // what follows differs because of it
		}
		if t.stop != "" && stopped == "" {
			stopped = fmt.Sprintf("These callbacks would have stopped the training after epoch %d: %s%s", t.history[i-1].Number, t.stop, anew)
		}
		a, err := t.ask(t.history[:i+1])
		if err != nil {
			return nil, err
		}
		t.stop, t.rate = a.stop, cmp.Or(a.rate, e.LearningRate)
		rate = t.rate
		saves = append(saves, a.saveAs...)
		if a.saveBest {
			wanted = e.Number
		}
	}
	if stopped != "" {
		notices = append(notices, stopped)
	}
	switch stored := t.Keeper.BestEpoch(); {
	case wanted == stored || stored > len(t.history): // after a crash an epoch may be kept that will be trained again
	case wanted == 0:
		notices = append(notices, fmt.Sprintf("The weights of epoch %d are kept as the best and go on answering; these callbacks would keep none.", stored))
	default:
		notices = append(notices, fmt.Sprintf("These callbacks would have kept the weights of epoch %d as the best, but were not there when it was trained%s", wanted, anew))
	}
	return append(notices, t.missing(saves)...), nil
}
