// Package fit trains epoch by epoch, through a session: it draws the order of
// the examples, validates, asks the callbacks, saves what must survive, and
// stops when it is told to. It prints nothing; a Watcher shows what happens.
package fit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"gonblabs/mnistkit/session"
)

// pause is the least time from one save of the state to the next, which bounds what a
// crash can cost. Saving gets a twentieth of the time at most: a disk that many share is
// slow, and then gets less to do.
func pause(saving time.Duration) time.Duration { return max(2*time.Second, 20*saving) }

// ErrStopped is wrapped by Do's error when the user stopped it. All that was
// trained is kept.
var ErrStopped = errors.New("stopped by you")

// Do brings the run to job.Epochs epochs: it replays what is there, continues
// from there, or starts. When ctx ends, it finishes the current batches and
// keeps the state.
func Do(ctx context.Context, job Job) (Outcome, error) {
	if err := job.Check(); err != nil {
		return Outcome{}, err
	}
	t := &trainer{Job: job}
	err := t.run(ctx)
	t.Err = err
	t.Watcher.Ended(t.Outcome)
	if err == nil && t.Interrupted {
		err = fmt.Errorf("%w in epoch %d; everything up to there is saved, run it again to go on", ErrStopped, len(t.History)+1)
	}
	return t.Outcome, err
}

// trainer is a Job at work, and its outcome so far.
type trainer struct {
	Job
	Outcome
	session  session.Session
	rate     float64   // for the next epoch
	nextSave time.Time // after an epoch; the best and the last one are saved at once
}

func (t *trainer) run(ctx context.Context) error {
	folder, h, p, err := t.Keeper.Load()
	if err != nil {
		return err
	}
	t.History, t.Partial, t.Best = h, p, t.Keeper.SavedEpoch("best")
	t.rate = t.Recipe.Optimizer.LearningRate
	if len(h) > 0 {
		if err := t.askStored(); err != nil {
			return err
		}
	}
	if t.Why != "" || len(h) >= t.Epochs {
		t.Replayed = true
		t.recordAll(false)
		t.Watcher.Began(t.start(""))
		return nil
	}
	if t.session, err = t.Open(); t.session != nil {
		defer t.session.Close() // its work is saved
	}
	if err != nil {
		return err
	}
	if err := t.putEvaluations(); err != nil {
		return err
	}
	if folder != "" {
		if err := t.session.Load(folder); err != nil {
			return err
		}
	}
	t.Watcher.Began(t.start(t.session.Backend()))
	t.nextSave = time.Now().Add(pause(0))
	for len(t.History) < t.Epochs && t.Why == "" && !t.Interrupted {
		if err := t.epoch(ctx); err != nil {
			return err
		}
	}
	return t.save()
}

func (t *trainer) start(backend string) Start {
	return Start{Run: t.Run, Backend: backend, Examples: t.Examples, Epochs: t.Epochs, History: t.History, Notices: t.Notices}
}

// epoch trains one epoch, or the rest of one, up to a stop.
func (t *trainer) epoch(ctx context.Context) error {
	number, asked := len(t.History)+1, false
	defer func() {
		if number > 1 && !asked {
			_ = t.save() // no epoch is to be lost to a callback, whose error or panic is the one to tell
		}
	}()
	rate := t.rateBefore(t.History, t.rate)
	if !(rate >= 0 && rate <= math.MaxFloat32) {
		return fmt.Errorf("a callback gives the learning rate %g for epoch %d; it must be a finite number, and not negative", rate, number)
	}
	asked = true
	train, validation, err := t.Order(number)
	if err != nil {
		return err
	}
	began := time.Now()
	seconds := func() float64 { return t.Partial.Seconds + time.Since(began).Seconds() }
	p, err := t.session.Train(ctx, session.Epoch{
		Number: number, Set: TrainSet, Order: train, LearningRate: rate, From: t.Partial,
	}, func(p session.Partial) { t.Watcher.Progressed(number, p, seconds()) })
	if err != nil {
		return err
	}
	metrics := p.Means()
	if p.Done() {
		err = t.measure(ctx, validation, metrics)
	}
	if err != nil && ctx.Err() == nil {
		return err
	}
	if err != nil || !p.Done() { // what is trained is not trained again when the run continues, only measured
		p.Seconds = seconds()
		t.Partial, t.Interrupted = p, true
		return nil
	}
	spent := math.Round(seconds()*1e4) / 1e4
	t.Partial = session.Partial{}
	t.History = append(t.History, Epoch{Number: number, LearningRate: rate, Seconds: spent, Metrics: metrics})
	last := &t.History[len(t.History)-1]
	actions, err := t.ask(t.History)
	if err != nil {
		_ = t.save() // the epoch is not to be lost to a callback; its error is the one to tell
		return err
	}
	best := false
	for _, a := range actions {
		if a.Note != "" {
			last.Notes = append(last.Notes, a.Note)
		}
		if a.SaveAs != "" {
			if err := t.Keeper.SaveAs(a.SaveAs, a.series, a.newest, number, t.session.Save); err != nil {
				return err
			}
		}
		best = best || a.SaveBest
	}
	if best {
		if err := t.Keeper.SaveBest(number, t.session.Save); err != nil {
			return err
		}
		t.Best = number
	}
	t.recordAll(true)
	if best || time.Now().After(t.nextSave) {
		if err := t.save(); err != nil {
			return err
		}
	}
	t.Watcher.EpochEnded(t.History)
	return nil
}

// measure adds the metrics of the validation data, and of those that the
// callbacks name.
func (t *trainer) measure(ctx context.Context, validation []int32, metrics map[string]float64) error {
	evaluate := func(prefix, set string, indices []int32) error {
		values, err := t.session.Evaluate(ctx, set, indices)
		for name, v := range values {
			metrics[prefix+"_"+name] = v
		}
		return err
	}
	var err error
	if t.Validates {
		err = evaluate("val", ValidationSet, validation)
	}
	for _, e := range t.evaluations() {
		if err == nil {
			err = evaluate(e.Name, e.setName(), nil)
		}
	}
	return err
}

func (t *trainer) save() error {
	began := time.Now()
	err := t.Keeper.SaveLast(t.History, t.Partial, t.session.Save)
	t.nextSave = time.Now().Add(pause(time.Since(began)))
	return err
}

// Shuffle brings examples into the order in which an epoch, counted from 1,
// trains them. It follows from the run's seed.
//
//	order := []int32{0, 1, 2}; fit.Shuffle(order, 1, 1)
func Shuffle(examples []int32, seed uint64, epoch int) {
	rng := rand.New(rand.NewPCG(seed, uint64(epoch)))
	rng.Shuffle(len(examples), func(i, j int) { examples[i], examples[j] = examples[j], examples[i] })
}

// Order are the examples to train and to validate in an epoch, counted from 1: those of
// the training in their order.
//
//	train, _, err := job.Order(1)
func (j Job) Order(epoch int) (train, validation []int32, err error) {
	if j.Split != nil {
		train, validation, err = j.Split(epoch)
		train = slices.Clone(train) // to shuffle
	} else {
		train = make([]int32, j.Examples)
		for i := range train {
			train[i] = int32(i)
		}
	}
	Shuffle(train, j.Recipe.Seed, epoch)
	if j.Recipe.DropRemainder {
		train = train[:len(train)/j.Recipe.BatchSize*j.Recipe.BatchSize]
	}
	return train, validation, err
}
