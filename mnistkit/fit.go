package mnistkit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
)

// Fit makes the run have n epochs: it trains from the seed when there is
// nothing on disk, goes on from what is there, or replays the stored table
// when there is enough.
//
//	must.M1(mlp.Fit(20, kit.ModelCheckpoint{Monitor: "val_accuracy"}, kit.EarlyStopping{Patience: 6}))
//
// The stop button (or Ctrl-C) ends it within a moment: everything up
// to there is kept, the error says so (ErrStopped), and the next Fit goes on as
// if it had not been stopped. A run whose recipe has changed since is moved to
// runs/.old and trained anew. While another program trains the same run, Fit
// waits for it.
func (r Run) Fit(n int, callbacks ...Callback) (History, error) {
	h, err := r.fit(n, callbacks, newWatcher())
	if err != nil {
		return h, fmt.Errorf("%s.Fit: %w", r.label(), err)
	}
	return h, nil
}

// ErrStopped is wrapped by Fit's error when it was stopped by the user.
var ErrStopped = fit.ErrStopped

// NoDelta stands for a MinDelta of zero in ReduceLROnPlateau, where 0 is the
// default of 0.0001.
const NoDelta = fit.NoDelta

// label is how errors name the run: the last part of its name.
func (r Run) label() string {
	if r.Name == "" {
		return "Run"
	}
	return r.Name[strings.LastIndex(r.Name, "/")+1:]
}

func (r Run) fit(n int, callbacks []Callback, watcher fit.Watcher) (History, error) {
	n, shortened, err := few(n)
	if err != nil {
		return nil, err
	}
	if r.root != "" {
		return nil, fmt.Errorf("it was opened from a file and is not trained further; train a run of its own, with Initial for its weights")
	}
	if r.at != "" {
		return nil, fmt.Errorf("At(%q) answers with those weights and is not trained; leave out At, or set Initial of another run", r.at)
	}
	parts, err := r.load()
	if err != nil {
		return nil, err
	}
	dir, err := runs.Open(r.Name)
	if err != nil {
		return nil, err
	}
	c := parts.recipe
	job := fit.Job{
		Run: r.Name, Epochs: n, Recipe: c, Examples: parts.form.Train,
		Validates: parts.form.Validation > 0 || parts.split != nil, Split: parts.split,
		Folder: dir.Path(), About: about(r.Name, c), Keeper: dir, Callbacks: callbacks, Watcher: watcher, Notices: append(parts.notices(), shortened...),
	}
	if err := job.Check(); err != nil {
		return nil, err
	}
	unlock, err := await(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	record, recorded, err := dir.ReadRecord()
	if err != nil {
		return nil, err
	}
	changes := ""
	if recorded {
		if changes, err = record.Changes(runs.Record{Recipe: c}); err != nil {
			return nil, err
		}
	}
	if changes == "" {
		job.Open = func() (session.Session, error) { return r.begin(dir, &parts) }
	} else {
		// Nothing is moved away before the new recipe is known to work.
		s, err := parts.open(parts.recipe.Initial)
		if err != nil {
			return nil, err
		}
		moved, err := setAside(dir, changes)
		if err != nil {
			_ = s.Close() // the first error is the one to tell
			return nil, err
		}
		job.Notices = append(job.Notices, moved)
		job.Open = func() (session.Session, error) { return s, r.record(dir, c) }
	}
	return do(job)
}

// do trains until the job is done or the user stops it.
func do(job fit.Job) (History, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	out, err := fit.Do(ctx, job)
	return out.History, err
}

// await takes the run's lock. While another program trains the run, it says so
// and waits for its end.
func await(dir runs.Dir) (unlock func(), err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var live *show.Live
	began := time.Now()
	unlock, err = dir.Await(ctx, func() {
		text := fmt.Sprintf("%s: another program is training it; waiting for its end", dir.Name)
		live = show.NewLive()
		live.Log(text)
		live.Update(func() show.Block { return show.Line(text) })
	})
	if live != nil {
		live.Done(show.Line(fmt.Sprintf("%s: waited %s for another program that trains it", dir.Name, show.Duration(time.Since(began).Seconds()))))
	}
	if ctx.Err() != nil && errors.Is(err, runs.ErrBusy) {
		err = fmt.Errorf("%w while it waited for another program that trains the run; run it again to wait on", ErrStopped)
	}
	return unlock, err
}

// few is n, or the smaller number of epochs that $MNISTKIT_EPOCHS sets for all
// trainings, to see quickly whether a notebook runs; the reader is told so.
func few(n int) (epochs int, notices []string, err error) {
	set := os.Getenv("MNISTKIT_EPOCHS")
	if set == "" {
		return n, nil, nil
	}
	most, err := strconv.Atoi(set)
	if err != nil || most < 1 {
		return n, nil, fmt.Errorf("MNISTKIT_EPOCHS is %q; set it to a number of epochs from 1 on, or unset it", set)
	}
	if n <= most {
		return n, nil, nil
	}
	return most, []string{fmt.Sprintf("Quick mode: %d of %d epochs, as MNISTKIT_EPOCHS asks. What follows says nothing about the model.", most, n)}, nil
}

// begin starts an engine, and records the run once its model and data are
// known to be good.
func (r Run) begin(dir runs.Dir, p *parts) (session.Session, error) {
	initial := p.recipe.Initial
	if _, place, err := dir.Weights(); err == nil && place != "" {
		initial = "" // it goes on from its own
	}
	s, err := p.open(initial)
	if err != nil || dir.Exists() {
		return s, err
	}
	if err := r.record(dir, p.recipe); err != nil {
		_ = s.Close() // the first error is the one to tell
		return nil, err
	}
	return s, nil
}

// setAside moves the run away and says so.
func setAside(dir runs.Dir, changes string) (notice string, err error) {
	place, err := dir.Archive()
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(runs.Root(), place); err == nil {
		place = filepath.Join("runs", rel)
	}
	return fmt.Sprintf("The recipe of %s has changed: %s. Its earlier results were moved to %s, and it is trained anew.",
		dir.Name, changes, place), nil
}

// parts are a run's recipe and what its data are like. The data themselves are
// read by open: a fit that only replays needs none.
type parts struct {
	recipe session.Recipe
	form   data.Form
	data   Data
	split  func(epoch int) (train, validation []int32, err error)
}

func (r Run) load() (parts, error) {
	p := parts{data: r.Data}
	var err error
	if p.form, err = formOf(r.Data); err != nil {
		return p, err
	}
	if p.recipe, err = r.recipe(p.form); err != nil {
		return p, err
	}
	if p.recipe.Data, err = r.Data.ID(); err != nil {
		return p, err
	}
	if d, ok := r.Data.(resplitter); ok {
		if _, _, ok, err := d.EpochSplit(1); err != nil {
			return p, err
		} else if ok {
			p.split = func(epoch int) (train, validation []int32, err error) {
				train, validation, _, err = d.EpochSplit(epoch)
				return train, validation, err
			}
		}
	}
	return p, nil
}

// notices are what the reader must know of the data.
func (p *parts) notices() []string {
	if p.form.Notice == "" {
		return nil
	}
	return []string{p.form.Notice}
}

// open starts an engine, while the data are read, and hands them over to it. A
// split drawn anew every epoch validates on parts of the training data.
func (p *parts) open(initial string) (session.Session, error) {
	var s session.Session
	var failed error
	var starting sync.WaitGroup
	starting.Go(func() { s, failed = session.Open(p.recipe) })
	train, validation, err := setParts(p.data)
	starting.Wait()
	if failed != nil {
		return nil, cmp.Or(err, failed)
	}
	if p.split != nil {
		validation = train
	}
	if err == nil {
		err = session.PutParts(s, fit.TrainSet, p.accepted(train))
	}
	if err == nil && validation.N > 0 {
		err = session.PutParts(s, fit.ValidationSet, p.accepted(validation))
	}
	if err == nil {
		err = startFrom(s, initial)
	}
	if err != nil {
		_ = s.Close() // the first error is the one to tell
		return nil, err
	}
	debug.FreeOSMemory() // the engine has the data
	return s, nil
}

// accepted are data in the form that the model takes: those to validate on may
// number their classes in another way than those to train on.
func (p *parts) accepted(parts data.Parts) data.Parts {
	each := parts.Each
	parts.Each = func(yield func(*data.Set, error) bool) {
		for set, err := range each {
			if err == nil {
				set, err = p.recipe.Accept(set)
			}
			if !yield(set, err) {
				return
			}
		}
	}
	return parts
}
