// Package fit trains epoch by epoch, through a session: it draws the order of
// the examples, validates, asks the callbacks, saves what must survive, and
// stops when it is told to. It prints nothing; a Watcher shows what happens.
package fit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"gonblabs/mnistkit/session"
)

// Job is one call of Fit.
type Job struct {
	Run       string // the run's name, for messages
	Epochs    int    // how many the run is to have in all
	Recipe    session.Recipe
	Examples  int // in the training data
	Validates bool
	// Split gives the examples to train and to validate in an epoch; nil is
	// all of the training data, and all of the validation data.
	Split     func(epoch int) (train, validation []int32, err error)
	Open      func() (session.Session, error) // starts an engine with the data in it, as TrainSet and ValidationSet
	Keeper    Keeper
	Callbacks []Callback
	Watcher   Watcher
	Notices   []string
	Folder    string // of the run, for callbacks that write files; "" for none
	About     string // the model in Markdown, for such files
}

// Names of the data sets in a session.
const (
	TrainSet      = "train"
	ValidationSet = "validation"
)

// saveEvery bounds what a crash can cost: the state is saved at least this
// often, and at the end.
const saveEvery = 2 * time.Second

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
	l := &loop{Job: job}
	defer l.close()
	err := l.run(ctx)
	l.out.History, l.out.Err = l.h, err
	l.Watcher.Ended(l.out)
	if err == nil && l.out.Interrupted {
		err = fmt.Errorf("%w in epoch %d; everything up to there is saved, run it again to go on", ErrStopped, len(l.h)+1)
	}
	return l.out, err
}

// Check says in one sentence what is wrong with the job, if anything is.
func (j Job) Check() error {
	if j.Epochs < 1 {
		return fmt.Errorf("%d epochs were asked for; ask for at least 1", j.Epochs)
	}
	if j.Recipe.DropRemainder && j.Examples < j.Recipe.BatchSize {
		return fmt.Errorf("the training data hold %d examples, less than one batch of %d, and DropRemainder leaves out such a batch; use a smaller BatchSize", j.Examples, j.Recipe.BatchSize)
	}
	for _, c := range j.Callbacks {
		if v := reflect.ValueOf(c); c == nil || v.Kind() == reflect.Pointer && v.IsNil() {
			return fmt.Errorf("a callback is nil; leave it out")
		}
	}
	metrics := append([]string{"loss"}, j.Recipe.Metrics...)
	if j.Validates {
		for _, m := range append([]string{"loss"}, j.Recipe.Metrics...) {
			metrics = append(metrics, "val_"+m)
		}
	}
	named := map[string]bool{}
	for _, e := range j.evaluations() {
		if named[e.Name] {
			return fmt.Errorf("there are two EvaluateOn of the name %q; give each a name of its own", e.Name)
		}
		named[e.Name] = true
		for _, m := range append([]string{"loss"}, j.Recipe.Metrics...) {
			metrics = append(metrics, e.Name+"_"+m)
		}
	}
	for _, c := range j.Callbacks {
		if c, ok := c.(checker); ok {
			if err := c.check(metrics); err != nil {
				return err
			}
		}
	}
	return nil
}

// loop is a Job at work.
type loop struct {
	Job
	s       session.Session
	h       History
	partial session.Partial // of the epoch in hand
	rate    float64         // for the next epoch
	stop    string          // why the callbacks want to end
	saved   time.Time
	out     Outcome
}

func (l *loop) run(ctx context.Context) error {
	state, h, err := l.Keeper.Load()
	if err != nil {
		return err
	}
	l.h, l.partial = h, state.Partial
	l.out = Outcome{History: h, Wanted: l.Epochs, Best: l.Keeper.BestEpoch()}
	l.rate = l.Recipe.Optimizer.LearningRate
	if len(h) > 0 {
		l.rate = h.Last().LearningRate
		notices, err := l.askStored()
		if err != nil {
			return err
		}
		l.Notices = append(append(l.Notices, notices...), append(l.unsaved(), l.unmeasured()...)...)
	}
	if l.stop != "" || len(h) >= l.Epochs {
		l.out.Replayed, l.out.Why = true, l.stop
		l.recordAll(nil)
		l.Watcher.Began(l.start(""))
		return nil
	}
	if l.s, err = l.Open(); err != nil {
		return err
	}
	if err := l.putEvaluations(); err != nil {
		return err
	}
	if state.Dir != "" {
		if err := l.s.Load(state.Dir); err != nil {
			return err
		}
	}
	l.Watcher.Began(l.start(l.s.Backend()))
	l.saved = time.Now()
	for len(l.h) < l.Epochs && l.stop == "" {
		done, err := l.epoch(ctx)
		if err != nil {
			return err
		}
		if !done {
			l.out.Interrupted, l.out.Partial = true, l.partial
			break
		}
	}
	l.out.Why = l.stop
	return l.save()
}

func (l *loop) start(backend string) Start {
	return Start{Run: l.Run, Backend: backend, Examples: l.Examples, Epochs: l.Epochs, History: l.h, Notices: l.Notices}
}

// epoch trains one epoch, or the rest of one; done is false when it was
// stopped before its end.
func (l *loop) epoch(ctx context.Context) (done bool, err error) {
	number := len(l.h) + 1
	rate := l.rateBefore(l.h, l.rate)
	train, validation, err := l.examples(number)
	if err != nil {
		return false, err
	}
	began := time.Now()
	seconds := func() float64 { return l.partial.Seconds + time.Since(began).Seconds() }
	p, err := l.s.Train(ctx, session.Epoch{
		Number: number, Set: TrainSet, Order: train, LearningRate: rate, From: l.partial,
	}, func(p session.Partial) { l.Watcher.Progressed(number, p, seconds()) })
	if err != nil {
		return false, err
	}
	if !p.Done() {
		p.Seconds = seconds()
		l.partial = p
		return false, nil
	}
	metrics := p.Means()
	if err := l.measure(ctx, validation, metrics); err != nil {
		if ctx.Err() == nil {
			return false, err
		}
		// Stopped while validating: the epoch is trained, and validated when
		// the run goes on.
		p.Seconds = seconds()
		l.partial = p
		return false, nil
	}
	spent := math.Round(seconds()*1e4) / 1e4
	l.partial = session.Partial{}
	l.h = append(l.h, Epoch{Number: number, LearningRate: rate, Seconds: spent, Metrics: metrics})
	wanted, err := l.ask(l.h)
	if err != nil {
		_ = l.save() // the epoch is not to be lost to a callback; its error is the one to tell
		return false, err
	}
	l.stop, l.rate = wanted.stop, cmp.Or(wanted.rate, rate)
	l.h[len(l.h)-1].Notes = wanted.notes
	for _, a := range wanted.named {
		if err := l.Keeper.SaveAs(a.SaveAs, a.series, a.newest, number, l.s.Save); err != nil {
			return false, err
		}
	}
	if wanted.best {
		if err := l.Keeper.SaveBest(number, l.s.Save); err != nil {
			return false, err
		}
		l.out.Best = number
	}
	l.recordAll(l.s.Weights)
	if wanted.best || time.Since(l.saved) > saveEvery {
		if err := l.save(); err != nil {
			return false, err
		}
	}
	l.Watcher.EpochEnded(l.h)
	return true, nil
}

// measure adds the metrics of the validation data, and of those that the
// callbacks name.
func (l *loop) measure(ctx context.Context, validation []int32, metrics map[string]float64) error {
	on := func(part, set string, indices []int32) error {
		values, err := l.s.Evaluate(ctx, set, indices)
		for name, v := range values {
			metrics[part+"_"+name] = v
		}
		return err
	}
	if l.Validates {
		if err := on("val", ValidationSet, validation); err != nil {
			return err
		}
	}
	for _, e := range l.evaluations() {
		if err := on(e.Name, e.place(), nil); err != nil {
			return err
		}
	}
	return nil
}

// rateBefore is the rate for the epoch that follows h, which would otherwise have
// the rate given.
func (l *loop) rateBefore(h History, rate float64) float64 {
	for _, c := range l.Callbacks {
		if c, ok := c.(RateSetter); ok {
			rate = c.RateBefore(h, rate)
		}
	}
	return rate
}

// answers are what all callbacks together ask for.
type answers struct {
	rate  float64 // for the next epoch; 0 leaves it
	stop  string
	best  bool
	notes []string
	named []Action // with SaveAs
}

// ask asks all callbacks about a history.
func (l *loop) ask(h History) (all answers, err error) {
	for _, c := range append([]Callback{TerminateOnNaN{}}, l.Callbacks...) {
		a, err := askOne(c, h)
		if err != nil {
			return all, err
		}
		if a.LearningRate > 0 {
			all.rate = a.LearningRate
		}
		if all.stop == "" {
			all.stop = a.Stop
		}
		if a.Note != "" {
			all.notes = append(all.notes, a.Note)
		}
		if a.SaveAs != "" {
			all.named = append(all.named, a)
		}
		all.best = all.best || a.SaveBest
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
func (l *loop) askStored() (notices []string, err error) {
	const anew = "; Reset the run and train it anew to have that."
	wanted, stopped, rate, rates := 0, "", l.Recipe.Optimizer.LearningRate, true
	for i, e := range l.h {
		if rate = l.rateBefore(l.h[:i], rate); rates && rate != e.LearningRate {
			notices = append(notices, fmt.Sprintf("Epoch %d was trained at the learning rate %g; with these callbacks it would have been %g%s", e.Number, e.LearningRate, rate, anew))
			rates = false // what follows differs because of it
		}
		if l.stop != "" && stopped == "" {
			stopped = fmt.Sprintf("These callbacks would have stopped the training after epoch %d: %s%s", l.h[i-1].Number, l.stop, anew)
		}
		a, err := l.ask(l.h[:i+1])
		if err != nil {
			return nil, err
		}
		l.stop, l.rate = a.stop, cmp.Or(a.rate, e.LearningRate)
		rate = l.rate
		if a.best {
			wanted = e.Number
		}
	}
	if stopped != "" {
		notices = append(notices, stopped)
	}
	switch kept := l.Keeper.BestEpoch(); {
	case wanted == kept || kept > len(l.h): // after a crash an epoch may be kept that will be trained again
	case wanted == 0:
		notices = append(notices, fmt.Sprintf("The weights of epoch %d are kept as the best and go on answering; these callbacks would keep none.", kept))
	default:
		notices = append(notices, fmt.Sprintf("These callbacks would have kept the weights of epoch %d as the best, but were not there when it was trained%s", wanted, anew))
	}
	return notices, nil
}

func (l *loop) save() error {
	l.saved = time.Now()
	return l.Keeper.SaveLast(l.h, l.partial, l.s.Save)
}

func (l *loop) close() {
	if l.s != nil {
		_ = l.s.Close() // its work is saved
	}
}

// Shuffle brings examples into the order in which an epoch, counted from 1,
// trains them. It follows from the run's seed.
//
//	order := []int32{0, 1, 2}; fit.Shuffle(order, 1, 1)
func Shuffle(examples []int32, seed uint64, epoch int) {
	rng := rand.New(rand.NewPCG(seed, uint64(epoch)))
	rng.Shuffle(len(examples), func(i, j int) { examples[i], examples[j] = examples[j], examples[i] })
}

// examples are those of an epoch, in its order.
func (l *loop) examples(number int) (train, validation []int32, err error) {
	if l.Split != nil {
		if train, validation, err = l.Split(number); err != nil {
			return nil, nil, err
		}
		train = slices.Clone(train) // to shuffle
	} else {
		train = make([]int32, l.Examples)
		for i := range train {
			train[i] = int32(i)
		}
	}
	Shuffle(train, l.Recipe.Seed, number)
	if l.Recipe.DropRemainder {
		train = train[:len(train)/l.Recipe.BatchSize*l.Recipe.BatchSize]
	}
	return train, validation, nil
}
