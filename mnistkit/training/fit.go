package training

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/internal/check"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
)

// Fit makes the run have n epochs. It starts from the seed when nothing is on
// disk, continues from what is there, or replays the stored table when there is
// enough.
//
//	kit.Show(mlp.Fit(20, kit.ModelCheckpoint{Monitor: "val_accuracy"}, kit.EarlyStopping{Patience: 6}))
//
// The stop button (or Ctrl-C) ends it within a moment. Everything up to there is
// kept, the error is ErrStopped, and the next Fit continues as if it had not been
// stopped. If the recipe has changed, Fit moves the old run to runs/.old and trains
// anew. While another program trains the same run, Fit waits for it.
func (r Run) Fit(n int, callbacks ...fit.Callback) (h fit.History, err error) {
	defer explain(r.label()+".Fit", &err) // after the watcher is done
	watcher := Watch(nil)
	defer watcher.Done()
	return r.fit(n, callbacks, watcher)
}

// ErrStopped is wrapped by the error of a Fit that the user stopped.
var ErrStopped = fit.ErrStopped

// label is how errors name the run: the last part of its name.
func (r Run) label() string { return cmp.Or(r.Name[strings.LastIndex(r.Name, "/")+1:], "Run") }

// Tell is given the error with which a verb of a Run, a Sweep or a Loop fails, and
// gives the error that the verb returns. Package mnistkit sets it in a notebook, to
// write there at once what failed. Elsewhere a verb only returns its error.
var Tell = func(err error) error { return err }

// Note is told, unless err is nil, what went wrong beside an answer that is right. Package mnistkit sets it, to show that.
var Note = func(what string, err error) {}

func tell(err *error) {
	check.Caught(recover(), err)
	if *err != nil {
		*err = Tell(*err)
	}
}

// explain says in an error, or of a panic, what failed, and tells it. It is to be deferred.
func explain(what string, err *error) {
	check.Caught(recover(), err)
	if *err != nil {
		*err = Tell(check.Sentence(fmt.Errorf("%s: %w", what, *err)))
	}
}

func (r Run) fit(n int, callbacks []fit.Callback, watcher Watcher) (h fit.History, err error) {
	n, shortened, err := quickEpochs(n)
	if err != nil {
		return nil, err
	}
	if r.root != "" || r.model != nil {
		return nil, fmt.Errorf("it was opened from a file and is not trained further; train a run of its own, with Initial for its weights")
	}
	if r.at != "" {
		return nil, fmt.Errorf("At(%q) answers with those weights and is not trained; leave out At, or set Initial of another run", r.at)
	}
	t, err := r.training()
	if err != nil {
		return nil, err
	}
	if d, ok := r.Data.(interface{ Bundled() bool }); ok && shared() && d.Bundled() && os.Getenv("MNISTKIT_DATA") != "bundled" { // others may have found the data
		return nil, fmt.Errorf("this share does not find the data on its machine (%s); put them there, or set MNISTKIT_DATA=bundled for all shares", strings.TrimSuffix(t.form.Notice, "."))
	}
	record, err := r.record(t.recipe)
	if err != nil {
		return nil, err
	}
	notices := slices.DeleteFunc([]string{t.form.Notice, shortened}, func(notice string) bool { return notice == "" })
	if n, all := runtime.GOMAXPROCS(0), runtime.NumCPU(); n < all {
		notices = append(notices, fmt.Sprintf("This program is given at most %d of %d processors, and trains the slower for it.", n, all))
	}
	if s := t.recipe.Optimizer.Schedule; s.Epochs > 0 && s.Epochs < float64(n) {
		notices = append(notices, fmt.Sprintf("The schedule %s ends after %g of %d epochs; then the rate stays at %g times that of the optimiser.", s, s.Epochs, n, s.Alpha))
	}
	return train(fit.Job{
		Run: r.Name, Epochs: n, Recipe: t.recipe, Examples: t.form.Train, Validates: t.form.Validation > 0 || t.split != nil, Split: t.split,
		About: about(r.Name, t.recipe), Callbacks: callbacks, Notices: notices,
	}, watcher, trainee{record: record, data: r.Data, open: t.open, ctx: r.ctx, elsewhere: r.elsewhere})
}

// errElsewhere is about a run that is not there yet, and that another program is to train.
var errElsewhere = errors.New(runs.Elsewhere)

// shared says whether other programs train runs into the same folder.
func shared() bool {
	share, err := runs.TheShare()
	return err == nil && share.Of > 1
}

// untrained is about a run that a reader has to train first, unless another program is to.
func untrained(name string) error {
	remedy := "call its Fit first"
	if shared() {
		remedy = runs.Elsewhere
	}
	return fmt.Errorf("the run %q has not been trained; %s", name, remedy)
}

// trainee is a run or a loop that is to be trained.
type trainee struct {
	record runs.Record // what the result follows from
	data   Data        // of a run
	open   func(resumed bool) (session.Session, error)
	dir    runs.Dir
	ctx    context.Context // nil: until the user stops it

	elsewhere bool // another program trains it; here it can only be shown
}

// Stops are the signals that stop a training, and everything else that computes. Package kit adds those of a cluster,
// outside of notebooks.
var Stops = []os.Signal{os.Interrupt}

// interruptible is ctx, or where there is none, one that the stop button or Ctrl-C ends.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx != nil {
		return ctx, func() {}
	}
	return signal.NotifyContext(context.Background(), Stops...)
}

// train does the job, with what is on disk of the trainee unless its recipe has
// changed, or until the user stops it.
func train(job fit.Job, watcher Watcher, t trainee) (fit.History, error) {
	dir, err := runs.Open(job.Run)
	if err != nil {
		return nil, err
	}
	t.dir, job.Keeper, job.Folder, job.Watcher = dir, dir, dir.Path(), watcher
	if err := job.Check(); err != nil {
		return nil, err
	}
	ctx, stop := interruptible(t.ctx)
	defer stop()
	barred := errElsewhere // or nothing can be written: then what is stored can only be shown
	if !t.elsewhere {
		var unlock func()
		if unlock, barred = await(ctx, t.dir, watcher); barred == nil {
			defer unlock()
		} else if !errors.As(barred, new(syscall.Errno)) {
			return nil, barred
		}
	}
	if barred != nil {
		t.open = func(bool) (session.Session, error) { return nil, barred }
	}
	changes := ""
	recorded, ok, err := t.dir.ReadRecord()
	if err == nil && ok {
		changes, err = recorded.Changes(t.record)
	}
	if err != nil {
		return nil, err
	}
	var s session.Session
	if changes != "" { // nothing is moved away before the new recipe is known to work
		if s, err = t.open(false); err != nil {
			return nil, err
		}
		moved, err := setAside(t.dir, changes)
		if err != nil {
			_ = s.Close() // the first error is the one to tell
			return nil, err
		}
		job.Notices = append(job.Notices, moved)
	}
	job.Open = func() (session.Session, error) { return t.begin(s) }
	if t.elsewhere { // whose weights may be half written
		job.Open = func() (session.Session, error) { return t.open(false) }
	}
	out, err := fit.Do(ctx, job)
	return out.History, err
}

// begin starts an engine unless s is one, and records what is trained, and how its inputs are made,
// once model and data are known to be good. A session that comes with an error is to be closed too.
func (t trainee) begin(s session.Session) (_ session.Session, err error) {
	if s == nil {
		_, folder, failed := t.dir.Weights()
		if err = t.dir.Check("last"); err == nil {
			s, err = t.open(failed == nil && folder != "")
		}
		if err != nil {
			return nil, err
		}
	}
	if t.dir.Exists() {
		return s, nil
	}
	e, err := encoderOf(t.data)
	if err == nil && e != (encoder{}) {
		err = t.dir.WriteEncoder(e)
	}
	if err == nil {
		t.record.Name, t.record.Created, t.record.Versions = t.dir.Name, time.Now().UTC().Truncate(time.Second), Versions()
		err = t.dir.WriteRecord(t.record)
	}
	return s, err
}

// await takes the run's lock. While another program trains the run, it tells the
// watcher and waits for its end.
func await(ctx context.Context, dir runs.Dir, watcher Watcher) (unlock func(), err error) {
	over := func() {}
	unlock, err = dir.Await(ctx, func() { over = watcher.Waiting(dir.Name) })
	over()
	if ctx.Err() != nil && errors.Is(err, runs.ErrBusy) {
		err = fmt.Errorf("%w while it waited for another program that trains the run; run it again to wait on", ErrStopped)
	}
	return unlock, err
}

// quickEpochs is n, or the smaller number of epochs that $MNISTKIT_EPOCHS sets for all
// trainings, to see quickly whether a notebook runs; a notice says so.
func quickEpochs(n int) (epochs int, notice string, err error) {
	set := os.Getenv("MNISTKIT_EPOCHS")
	if set == "" {
		return n, "", nil
	}
	limit, err := strconv.Atoi(set)
	if err != nil || limit < 1 {
		return n, "", fmt.Errorf("MNISTKIT_EPOCHS is %q; set it to a number of epochs from 1 on, or unset it", set)
	}
	if n <= limit {
		return n, "", nil
	}
	return limit, fmt.Sprintf("Quick mode: %d of %d epochs, as MNISTKIT_EPOCHS asks. What follows says nothing about the model.", limit, n), nil
}

// setAside moves the run away and says so.
func setAside(dir runs.Dir, changes string) (notice string, err error) {
	folder, err := dir.Archive()
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(runs.Root(), folder); err == nil {
		folder = filepath.Join("runs", rel)
	}
	return fmt.Sprintf("The recipe of %s has changed: %s. Its earlier results were moved to %s, and it is trained anew.",
		dir.Name, changes, folder), nil
}

// Watcher shows one call of Fit, of a Run, a Loop or all runs of a Sweep.
type Watcher interface {
	fit.Watcher
	// Waiting is called when another program trains the run. It returns a
	// function that is called when that has ended.
	Waiting(run string) (over func())
	// Done is called last, whatever happened.
	Done()
}

// Watch makes the Watcher for a call of Fit: that of a Sweep, or with nil that of a
// single run. Package mnistkit sets it to the display of cells.
// Without it a training shows nothing.
var Watch = func(Sweep) Watcher { return silent{} }

type silent struct{}

func (silent) Began(fit.Start)                          {}
func (silent) Progressed(int, session.Partial, float64) {}
func (silent) EpochEnded(fit.History)                   {}
func (silent) Ended(fit.Outcome)                        {}
func (silent) Waiting(string) func()                    { return func() {} }
func (silent) Done()                                    {}

// Versions gives the versions of Go and of the libraries that decide a result: those
// linked into this program, or else those from which the engine program is built.
func Versions() map[string]string {
	v := map[string]string{"go": runtime.Version()}
	decisive := map[string]bool{"github.com/gomlx/gomlx": true, "github.com/gomlx/go-xla": true, "github.com/janpfeifer/gonb": true}
	note := func(module, version string) {
		if decisive[module] && v[module] == "" {
			v[module] = version
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			note(m.Path, m.Version)
		}
	}
	if root, err := session.Root(); err == nil {
		gomod, _ := os.ReadFile(filepath.Join(root, "go.mod")) // without it a few versions are not known
		for line := range strings.Lines(string(gomod)) {
			if words := strings.Fields(strings.TrimPrefix(line, "require")); len(words) > 1 {
				note(words[0], words[1])
			}
		}
	}
	return v
}
