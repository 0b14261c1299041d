package fit

import (
	"cmp"
	"fmt"
	"slices"

	"gonblabs/mnistkit/internal/check"
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

// ask asks all callbacks about a history. Why and rate then say whether to stop, and
// at what rate to go on; actions is all that they answered. A panic of a callback that
// the user wrote becomes a sentence.
func (t *trainer) ask(h History) (actions []Action, err error) {
	var asked Callback
	defer func() {
		if check.Caught(recover(), &err); err != nil {
			err = fmt.Errorf("a callback (%T) failed after epoch %d: %w; the epoch is saved, so correct the callback and run it again", asked, len(h), err)
		}
	}()
	t.Why, t.rate = "", h.Last().LearningRate
	for _, asked = range append([]Callback{TerminateOnNaN{}}, t.Callbacks...) {
		own := h
		if len(t.Callbacks) > 0 { // one of which may sort it
			own = slices.Clone(h)
		}
		a := asked.AfterEpoch(own)
		t.Why = cmp.Or(t.Why, a.Stop)
		switch {
		case a.factor != 0 && a.LearningRate == max(h.Last().LearningRate*a.factor, a.floor): // as ReduceLROnPlateau answered
			t.rate = min(t.rate, max(t.rate*a.factor, a.floor))
		case a.LearningRate != 0:
			t.rate = a.LearningRate
		}
		actions = append(actions, a)
	}
	return actions, nil
}

func (t *trainer) notice(format string, args ...any) {
	t.Notices = append(t.Notices, fmt.Sprintf(format, args...))
}

// askStored asks the callbacks about each stored epoch, since they decide by the
// history alone, and says where they would have decided otherwise than was
// recorded. What they want after the last one holds for the next.
func (t *trainer) askStored() error {
	const anew = "; Reset the run and train it anew to have that."
	var saves []Action
	best, stopped, otherRate := 0, false, false
	t.rate = t.Recipe.Optimizer.LearningRate
	for i, e := range t.History {
		if rate := t.rateBefore(t.History[:i], t.rate); rate != e.LearningRate && !otherRate {
			t.notice("Epoch %d was trained at the learning rate %g; with these callbacks it would have been %g"+anew, e.Number, e.LearningRate, rate)
			otherRate = true // what follows differs because of it
		}
		if t.Why != "" && !stopped {
			t.notice("These callbacks would have stopped the training after epoch %d: %s"+anew, t.History[i-1].Number, t.Why)
			stopped = true
		}
		actions, err := t.ask(t.History[:i+1])
		if err != nil {
			return err
		}
		for _, a := range actions {
			if a.SaveAs != "" {
				saves = append(saves, a)
			}
			if a.SaveBest {
				best = e.Number
			}
		}
	}
	switch stored := t.Keeper.SavedEpoch("best"); {
	case best == stored || stored > len(t.History): // after a crash an epoch may be kept that will be trained again
	case best == 0:
		t.notice("The weights of epoch %d are kept as the best and go on answering; these callbacks would keep none.", stored)
	default:
		t.notice("These callbacks would have kept the weights of epoch %d as the best, but were not there when it was trained"+anew, best)
	}
	t.tellUnsaved(saves)
	t.tellUnmeasured()
	return nil
}
