package training

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
)

// askedSet is the name, in a session, of the data set that is asked about.
const askedSet = "asked"

// Evaluate measures loss and metrics of the run on a data set. It uses the weights
// of the best epoch if ModelCheckpoint kept them, else those of the last epoch.
//
//	kit.Show(mlp.Evaluate(digits.Test()))
//
// It takes what digits.Test() returns, including its error. The result is kept;
// Leaderboard shows that of the test data.
func (r Run) Evaluate(set *data.Set, errs ...error) (measured Score, err error) {
	defer explain(r.label()+".Evaluate", &err)
	w, asked, err := r.asked(set, errs)
	if err = cmp.Or(err, r.refuseShift()); err == nil && !asked.Labelled() {
		err = fmt.Errorf("data set %q has no labels to compare answers with; give it labels, or call Predict, which needs none", set.Name)
	}
	if err != nil {
		return Score{}, err
	}
	measured.Run = r.Name
	id := asked.ID() // for a set made by hand a hash of all of it
	if w.model == nil {
		scores, err := w.dir.Scores()
		Note("The stored scores are not used", err)
		s, ok := scores[id]
		if ok && s.Weights == w.weights && (s.Test || w.record.Data != nil || !r.isTest(w, set)) { // sets made by hand may be others now
			measured.Score = s
			return measured, nil
		}
	}
	metrics, err := ask(w, asked, func(s session.Session) (map[string]float64, error) {
		ctx, stop := interruptible(r.ctx)
		defer stop()
		return s.Evaluate(ctx, askedSet, nil)
	})
	if err != nil {
		return Score{}, err
	}
	measured.Score = runs.Score{Data: id, Set: set.Name, Test: r.isTest(w, set), Weights: w.weights, Metrics: metrics}
	if r.at == "" && !w.stale() {
		Note("The score is not stored", w.dir.AddScore(measured.Score))
	}
	return measured, nil
}

// isTest says whether the set is the test set of the data that the weights were trained on. A loaded run may find others,
// such as the bundled sample.
func (r Run) isTest(w snapshot, set *data.Set) bool {
	if r.Data == nil {
		return false
	}
	if id, err := r.Data.ID(); r.loaded && (err != nil || id != w.record.Recipe.Data) {
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
	defer explain(r.label()+".Predict", &err)
	w, set, err := r.asked(set, errs)
	if err == nil {
		err = r.checkShift(set)
	}
	if err != nil {
		return p, err
	}
	name := strings.TrimSuffix(r.Name+"@"+r.at, "@") // with the weights that At chose, if it did
	p = score.Predictions{Model: name, Weights: w.weights.String(), Data: set}
	id := set.ID() // as in Evaluate
	if r.shift > 0 {
		id += fmt.Sprintf(", shifted by %d", r.shift)
		p.Weights += fmt.Sprintf(", images shifted by up to %d", r.shift)
	}
	if w.model == nil {
		units, values, ok, err := w.dir.Predictions(id, w.weights)
		Note("The stored answers are not used", err)
		if ok {
			p.Units, p.Values = units, values
			return p, nil
		}
	}
	answers, err := ask(w, set, func(s session.Session) (data.Array, error) { return r.views(s, set) })
	if err != nil {
		return p, err
	}
	p.Units, p.Values = answers.Shape[0], answers.F32
	if r.at == "" && !w.stale() {
		Note("The answers are not stored", w.dir.SavePredictions(id, w.weights, p.Units, p.Values))
	}
	return p, nil
}

// Weights gives copies of the weights that answer for the run, in the order of the
// model: kernel, bias and so on of each layer.
//
//	for _, w := range must.M1(lenet.Weights()) { fmt.Println(w.Name, w.Shape) }
func (r Run) Weights() (list []session.Weight, err error) {
	defer explain(r.label()+".Weights", &err)
	w, err := r.snapshot()
	if err != nil {
		return nil, err
	}
	return ask(w, nil, session.Session.Weights)
}

// snapshot is weights of a run, with the recipe that they belong to.
type snapshot struct {
	dir     runs.Dir
	record  runs.Record
	weights runs.Weights
	folder  string // holds the weights; "" for those that a run starts from
	model   *runs.Model
}

// stale says whether the run has moved on since the snapshot, in another
// notebook perhaps: an answer is then given but not stored.
func (w snapshot) stale() bool {
	if w.model != nil {
		return true // there is no place for it
	}
	now, _, err := w.dir.Weights()
	record, ok, errRecord := w.dir.ReadRecord()
	return err != nil || errRecord != nil || !ok || now != w.weights || !record.Created.Equal(w.record.Created)
}

// asked finds the weights that answer for the run, and brings the set asked about
// into the form that they were trained on.
func (r Run) asked(set *data.Set, errs []error) (w snapshot, accepted *data.Set, err error) {
	if err := errors.Join(errs...); err != nil {
		return w, nil, err
	}
	if set == nil {
		return w, nil, fmt.Errorf("there is no data set (nil); does the data have such a part?")
	}
	if err := set.Check(); err != nil {
		return w, nil, err
	}
	if w, err = r.snapshot(); err == nil {
		accepted, err = w.record.Recipe.Accept(set)
	}
	return w, accepted, err
}

// snapshot finds the weights that answer for the run, or those that At chose.
func (r Run) snapshot() (w snapshot, err error) {
	r.Devices = 1 // is enough for answers
	if r.model != nil {
		if r.at != "" {
			err = fmt.Errorf("the model of OpenFS has one set of weights; leave out At(%q)", r.at)
		}
		return snapshot{record: r.model.Record, weights: r.model.Weights, model: r.model}, err
	}
	if w.dir, err = r.Dir(); err != nil {
		return w, err
	}
	if r.at == Initial && !r.loaded { // of a run that need not be trained
		t, err := r.training()
		w.record.Recipe, w.weights.Kind = t.recipe, Initial
		return w, err
	}
	recorded, ok, err := w.dir.ReadRecord()
	switch {
	case err != nil:
		return w, err
	case !ok:
		return w, untrained(r.Name)
	case recorded.Loop != nil:
		return w, errLoop(r.Name)
	}
	w.record = recorded
	if r.Data != nil && !r.loaded { // an old model must not answer for a new one
		t, err := r.training()
		if err != nil {
			return w, err
		}
		w.record.Recipe = t.recipe
		if err = unchanged(recorded, w.record); err != nil {
			return w, err
		}
	}
	switch r.at {
	case "":
		if w.weights, w.folder, err = w.dir.Weights(); err == nil && w.folder == "" {
			err = fmt.Errorf("the run %q has no weights yet; call its Fit first", r.Name)
		}
	case Initial:
		w.weights.Kind = Initial
		if r.root != "" && strings.HasPrefix(recorded.Recipe.Initial, fromFile) {
			err = errOtherFile
		}
	default:
		w.weights, w.folder, err = w.dir.Named(r.at)
	}
	return w, err
}

// unchanged is an error if what was trained is another than what is declared now.
func unchanged(was, now runs.Record) error {
	changes, err := was.Changes(now)
	if err == nil && changes != "" {
		err = fmt.Errorf("the recipe has changed since it was trained (%s); call Fit to train it anew", changes)
	}
	return err
}

// ask starts an engine with the weights and, unless nil, a data set, and puts a
// question to it.
func ask[T any](w snapshot, set *data.Set, question func(session.Session) (T, error)) (answer T, err error) {
	s, err := session.Open(w.record.Recipe)
	if err != nil {
		return answer, err
	}
	defer s.Close()
	if set != nil {
		err = session.PutSet(s, askedSet, set.Chunks())
	}
	if err == nil {
		err = w.load(s)
	}
	if err != nil {
		return answer, err
	}
	return question(s)
}

// load puts the weights into a session.
func (w snapshot) load(s session.Session) error {
	switch {
	case w.model != nil:
		return s.SetWeights(w.model.Values)
	case w.folder == "":
		return startFrom(s, w.record.Recipe.Initial)
	}
	if err := w.dir.Check(w.weights.Kind); err != nil {
		return err
	}
	return s.Load(w.folder)
}

// Score is what Evaluate measured for one run on one data set.
type Score struct {
	Run string
	runs.Score
}

// Loss is the mean loss.
func (s Score) Loss() float64 { return s.Metrics["loss"] }

// Accuracy is the share of right answers, from 0 to 1; NaN for a regression.
func (s Score) Accuracy() float64 {
	if a, ok := s.Metrics["accuracy"]; ok {
		return a
	}
	return math.NaN()
}

func (s Score) line() show.Line {
	var words []string
	for _, name := range (fit.History{{Metrics: s.Metrics}}).Metrics() {
		words = append(words, name+" "+show.Metric(name, s.Metrics[name]))
	}
	return show.Line(fmt.Sprintf("%s on %s (%s): %s", s.Run, s.Set, s.Weights, strings.Join(words, ", ")))
}

// AsData tells programs of which data and weights the score is.
func (s Score) AsData() show.Data { return ScoreData(s) }

// ScoreData is the Data of several scores.
func ScoreData(scores ...Score) show.Data {
	d := show.Data{Kind: "scores", Header: []string{"run", "set", "weights", "data", "weights_sha256"}}
	for _, s := range scores {
		d.Rows = append(d.Rows, []string{s.Run, s.Set, s.Weights.String(), s.Data, s.SHA256})
	}
	return d
}

// Text is the score in a sentence.
func (s Score) Text() string { return s.line().Text() }

// HTML is the score in a sentence.
func (s Score) HTML() string { return s.line().HTML() }
