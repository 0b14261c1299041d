package fit

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

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

// Check says in one sentence what is wrong with the job, if anything is.
func (j Job) Check() error {
	if j.Epochs < 1 {
		return fmt.Errorf("%d epochs were asked for; ask for at least 1", j.Epochs)
	}
	if j.Recipe.DropRemainder && j.Examples < j.Recipe.BatchSize {
		return fmt.Errorf("the training data hold %d examples, less than one batch of %d, and DropRemainder leaves out such a batch; use a smaller BatchSize", j.Examples, j.Recipe.BatchSize)
	}
	for _, c := range j.Callbacks {
		if v := reflect.ValueOf(c); c == nil || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Func) && v.IsNil() {
			return fmt.Errorf("a callback is nil (%T); leave it out", c)
		}
	}
	var metrics []string
	measured := func(prefix string) {
		for _, m := range append([]string{"loss"}, j.Recipe.Metrics...) {
			metrics = append(metrics, prefix+m)
		}
	}
	measured("")
	if j.Validates {
		measured("val_")
	}
	for _, e := range j.evaluations() {
		if slices.Contains(metrics, e.Name+"_loss") && e.Name != "val" {
			return fmt.Errorf("there are two EvaluateOn of the name %q; give each a name of its own", e.Name)
		}
		measured(e.Name + "_")
	}
	for _, c := range j.Callbacks {
		if c, ok := c.(checker); ok {
			if err := c.check(metrics); err != nil {
				return fmt.Errorf("%s: %w", strings.TrimPrefix(strings.TrimPrefix(fmt.Sprintf("%T", c), "*"), "fit."), err)
			}
		}
	}
	return nil
}

// Keeper keeps what a run must not lose. Package runs keeps it on disk.
type Keeper interface {
	// Load is the state from which to continue: the folder of the weights, "" for a
	// new run, the complete epochs, and how far the epoch after them is.
	Load() (folder string, h History, p session.Partial, err error)
	// SaveLast keeps the present weights, which save writes to a new folder.
	SaveLast(h History, p session.Partial, save func(dir string) error) error
	// SaveBest keeps the weights of an epoch as the best.
	SaveBest(epoch int, save func(dir string) error) error
	// SaveAs keeps the weights of an epoch under a name, and of the same series
	// only the newest; 0 keeps all.
	SaveAs(name, series string, newest, epoch int, save func(dir string) error) error
	// SavedEpoch is the epoch whose weights are kept as "best", or under a name by
	// SaveAs; 0 if there are none.
	SavedEpoch(name string) int
}

// Watcher shows a fit while it runs. Its methods are called from one goroutine
// and should return quickly.
type Watcher interface {
	// Began is called before the first batch, and before a replay.
	Began(Start)
	// Progressed is called about ten times a second while an epoch is trained.
	Progressed(epoch int, p session.Partial, seconds float64)
	// EpochEnded is called with the history, whose last epoch is the new one.
	EpochEnded(h History)
	// Ended is called last, also after an error.
	Ended(Outcome)
}

// Start is what a Watcher is told first.
type Start struct {
	Run      string // the run's name
	Backend  string // "xla:cpu"; "" for a replay
	Examples int    // in the training data
	Epochs   int    // how many the run is to have in all
	History  History
	Notices  []string // what the reader must know: bundled sample, run moved away, …
}

// Outcome is how a fit ended.
type Outcome struct {
	History     History
	Replayed    bool            // nothing was trained: the history was there already
	Interrupted bool            // stopped by the user
	Partial     session.Partial // of the epoch that is not complete
	Why         string          // why it ended before its last epoch, in a sentence
	Best        int             // the epoch whose weights are kept as the best; 0: none
	Err         error
}
