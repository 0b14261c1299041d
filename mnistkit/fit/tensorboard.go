package fit

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"gonblabs/mnistkit/events"
	"gonblabs/mnistkit/internal/check"
)

// TensorBoard writes event files into the run's folder, for the program
// TensorBoard: loss and metrics of each epoch, the learning rate, the model.
//
//	kit.TensorBoard{}              // then: go run ./kernel-setup tensorboard
//	kit.TensorBoard{Histograms: 5} // also a histogram of the weights every fifth epoch
//
// The tags are those of Keras: epoch_loss and epoch_accuracy under train,
// validation and the name of each EvaluateOn. It also writes epochs that were
// trained before, once; histograms only of epochs that were trained with it.
type TensorBoard struct {
	Histograms int // write a histogram of the weights every so many epochs; 0 writes none
}

func (c TensorBoard) check([]string) error { return check.Fields(c) }

// AfterEpoch asks for nothing; Fit writes the events.
func (c TensorBoard) AfterEpoch(History) Action { return Action{} }

// recorder is a Callback that writes something beside the run.
type recorder interface {
	// record is called after every epoch that was trained, and once for a
	// history that is only replayed.
	record(t *trainer, trained bool) error
}

// recordAll calls all recorders; a failure becomes a note beside the epoch.
func (t *trainer) recordAll(trained bool) {
	for _, c := range t.Callbacks {
		if c, ok := c.(recorder); ok {
			if err := c.record(t, trained); err != nil {
				last := &t.History[len(t.History)-1]
				last.Notes = append(last.Notes, fmt.Sprintf("%T could not write: %v", c, err))
			}
		}
	}
}

func (c TensorBoard) record(t *trainer, trained bool) error {
	if t.Folder == "" {
		return nil
	}
	var failed error
	for _, set := range t.History.Sets() {
		failed = errors.Join(failed, c.write(t, set, trained))
	}
	return failed
}

// folderOf names the folder of a data set as Keras does; what
// EvaluateOn measures keeps out of Keras' two.
func folderOf(set string) string {
	renamed := map[string]string{"": "train", "val": "validation", "train": "train_data", "validation": "validation_data"}
	return cmp.Or(renamed[set], set)
}

// write brings the event file of one data set up to the history. What the file
// says of an epoch that was trained just now is of another training, which
// crashed before it was saved.
func (c TensorBoard) write(t *trainer, set string, trained bool) (err error) {
	n, known := len(t.History), len(t.History)
	if trained {
		known--
	}
	f, err := events.Open(filepath.Join(t.Folder, "events", folderOf(set)), known)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if f.Last() == 0 && set == "" && t.About != "" {
		f.Text(0, "model", t.About)
	}
	fresh, names := f.Last() < n, t.History.Metrics()
	for _, e := range t.History[f.Last():] {
		for _, name := range slices.Sorted(maps.Keys(e.Metrics)) {
			if of, metric := SplitMetric(name, names); of == set {
				f.Scalar(e.Number, "epoch_"+metric, e.Metrics[name])
			}
		}
		if set == "" {
			f.Scalar(e.Number, "epoch_learning_rate", e.LearningRate)
		}
	}
	if !fresh || !trained || set != "" || c.Histograms == 0 || n%c.Histograms != 0 {
		return nil
	}
	weights, err := t.session.Weights()
	for _, w := range weights {
		f.Histogram(n, w.Name, w.Values)
	}
	return err
}
