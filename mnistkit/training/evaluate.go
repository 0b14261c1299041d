package training

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/session"
)

// askedSet is the name, in a session, of the data set that is asked about.
const askedSet = "asked"

// Evaluate measures loss and metrics of the run on a data set. It uses the weights
// of the best epoch if ModelCheckpoint kept them, else those of the last epoch.
//
//	kit.Show(must.M1(mlp.Evaluate(digits.Test())))
//
// It takes what digits.Test() returns, including its error. The result is kept, and
// Leaderboard shows it.
func (r Run) Evaluate(set *data.Set, errs ...error) (measured Score, err error) {
	defer r.explain("Evaluate", &err)
	given := set
	k, set, err := r.asked(set, errs)
	if err == nil && !set.Labelled() {
		err = fmt.Errorf("data set %q has no labels to compare answers with; give it labels, or call Predict, which needs none", set.Name)
	}
	if err != nil {
		return Score{}, err
	}
	scores, err := k.dir.Scores()
	if err != nil {
		return Score{}, err
	}
	id := set.ID() // for a set made by hand a hash of all of it
	if s, ok := scores[id]; ok && s.Weights == k.weights {
		return Score{Run: r.Name, Score: s}, nil
	}
	s, err := k.open(set)
	if err != nil {
		return Score{}, err
	}
	defer s.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	metrics, err := s.Evaluate(ctx, askedSet, nil)
	if err != nil {
		return Score{}, err
	}
	sc := runs.Score{Data: id, Set: set.Name, Test: r.isTest(given), Weights: k.weights, Metrics: metrics}
	if k.stale() {
		return Score{Run: r.Name, Score: sc}, nil
	}
	return Score{Run: r.Name, Score: sc}, k.dir.AddScore(sc)
}

// isTest says whether the set is the test set of the run's data.
func (r Run) isTest(set *data.Set) bool {
	if r.Data == nil {
		return false
	}
	test, err := r.Data.Test()
	return err == nil && test != nil && test.ID() == set.ID()
}

// Predict gives the answers of the run for a data set: for each example a
// probability of each class, or a value.
//
//	answers := must.M1(lenet.Predict(digits.Test()))
//
// The set needs no labels. The answers are kept on disk, so that the next cell has
// them at once.
func (r Run) Predict(set *data.Set, errs ...error) (p score.Predictions, err error) {
	defer r.explain("Predict", &err)
	k, set, err := r.asked(set, errs)
	if err != nil {
		return p, err
	}
	p = score.Predictions{Model: r.modelName(), Weights: k.weights.String(), Data: set}
	id := set.ID() // as in evaluate
	units, values, ok, err := k.dir.Predictions(id, k.weights)
	if err != nil {
		return p, err
	}
	if ok {
		p.Units, p.Values = units, values
		return p, nil
	}
	s, err := k.open(set)
	if err != nil {
		return p, err
	}
	defer s.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	answers, err := s.Predict(ctx, askedSet)
	if err != nil {
		return p, err
	}
	p.Units, p.Values = answers.Shape[0], answers.F32
	if k.stale() {
		return p, nil
	}
	return p, k.dir.SavePredictions(id, k.weights, p.Units, p.Values)
}

// modelName names the run and, where At chose them, its weights.
func (r Run) modelName() string {
	if r.at != "" {
		return r.Name + "@" + r.at
	}
	return r.Name
}

// Weights gives copies of the weights that answer for the run, in the order of the
// model: kernel, bias and so on of each layer.
//
//	for _, w := range must.M1(lenet.Weights()) { fmt.Println(w.Name, w.Shape) }
func (r Run) Weights() (list []session.Weight, err error) {
	defer r.explain("Weights", &err)
	k, err := r.snapshot()
	if err != nil {
		return nil, err
	}
	s, err := k.open(nil)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.Weights()
}

// snapshot is weights of a run, with the recipe that they belong to.
type snapshot struct {
	dir     runs.Dir
	record  runs.Record
	weights runs.Weights
	folder  string // holds the weights; "" for those that a run starts from
	chosen  bool   // by At
}

// stale says whether the run has moved on since the snapshot, in another
// notebook perhaps: an answer is then given but not stored.
func (k snapshot) stale() bool {
	if k.chosen {
		return true
	}
	now, _, err := k.dir.Weights()
	record, ok, errRecord := k.dir.ReadRecord()
	return err != nil || errRecord != nil || !ok || now != k.weights || !record.Created.Equal(k.record.Created)
}

// asked finds the weights that answer for the run, and brings the set asked about
// into the form that they were trained on.
func (r Run) asked(set *data.Set, errs []error) (snapshot, *data.Set, error) {
	for _, err := range errs {
		if err != nil {
			return snapshot{}, nil, err
		}
	}
	if set == nil {
		return snapshot{}, nil, fmt.Errorf("there is no data set (nil); does the data have such a part?")
	}
	if err := set.Check(); err != nil {
		return snapshot{}, nil, err
	}
	k, err := r.snapshot()
	if err != nil {
		return snapshot{}, nil, err
	}
	set, err = k.record.Recipe.Accept(set)
	return k, set, err
}

// snapshot finds the weights that answer for the run, or those that At chose.
func (r Run) snapshot() (k snapshot, err error) {
	k.chosen = r.at != ""
	if k.dir, err = r.Dir(); err != nil {
		return k, err
	}
	if r.at == Initial && !r.loaded { // of a run that need not be trained
		t, err := r.training()
		k.record.Recipe, k.weights.Kind = t.recipe, Initial
		return k, err
	}
	record, ok, err := k.dir.ReadRecord()
	switch {
	case err != nil:
		return k, err
	case !ok:
		return k, fmt.Errorf("the run %q has not been trained; call Fit first", r.Name)
	case record.Loop != nil:
		return k, errLoop(r.Name)
	}
	if k.record, err = r.unchanged(record); err != nil {
		return k, err
	}
	switch r.at {
	case "":
		if k.weights, k.folder, err = k.dir.Weights(); err == nil && k.folder == "" {
			err = fmt.Errorf("the run %q has no weights yet; call Fit first", r.Name)
		}
	case Initial:
		k.weights.Kind = Initial
	default:
		k.weights, k.folder, err = k.dir.Named(r.at)
	}
	return k, err
}

// unchanged is the record with the recipe in the cell, which is planned, in place
// of the equal one that was trained. A recipe that differs is an error: an old
// model must not answer for a new one.
func (r Run) unchanged(record runs.Record) (runs.Record, error) {
	if r.Data == nil || r.loaded {
		return record, nil
	}
	was := record.Recipe
	id, err := r.Data.ID()
	if err != nil {
		return record, err
	}
	if isRecipe(r.Data) && id == was.Data && record.Format > 0 { // of the same form, which 0.1 did not record: no need to read them
		f := data.Form{Shape: was.Input, Inputs: was.InputType, Encoding: was.Encoding, Classes: was.Classes, Labels: "float32"}
		if was.Loss.Classifies() {
			f.Labels = "int32"
		}
		record.Recipe, err = r.recipe(f)
		record.Recipe.Data = id
	} else {
		var t training
		t, err = r.training()
		record.Recipe = t.recipe
	}
	if err != nil {
		return record, err
	}
	now := record
	record.Recipe = was
	changes, err := record.Changes(now)
	if err == nil && changes != "" {
		err = fmt.Errorf("the recipe has changed since it was trained (%s); call Fit to train it anew", changes)
	}
	return now, err
}

// open starts an engine with the weights and, unless nil, a data set.
func (k snapshot) open(set *data.Set) (session.Session, error) {
	s, err := session.Open(k.record.Recipe)
	if err != nil {
		return nil, err
	}
	if set != nil {
		err = session.PutSet(s, askedSet, set.Chunks())
	}
	switch {
	case err != nil:
	case k.folder == "":
		err = startFrom(s, k.record.Recipe.Initial)
	default:
		err = s.Load(k.folder)
	}
	if err != nil {
		_ = s.Close() // the first error is the one to tell
		return nil, err
	}
	return s, nil
}
