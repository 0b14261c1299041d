// Package score compares the answers of models with the truth: accuracy,
// confusion matrices, errors of regressions, and the examples that a model got
// wrong.
package score

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"gonblabs/mnistkit/data"
)

// Predictions are one model's answers for a data set.
type Predictions struct {
	Model   string    // the run's name
	Weights string    // which weights answered: "best weights, epoch 14"
	Data    *data.Set // what was asked
	Units   int       // values for each example: classes, or 1
	Values  []float32 // [n units] flat: class probabilities, a probability, or values
}

// Row are the values for example i.
func (p Predictions) Row(i int) []float32 { return p.Values[i*p.Units : (i+1)*p.Units] }

// Class is the class that the model predicts for example i: the likeliest one,
// or with one unit 1 if its value is above one half, else 0.
func (p Predictions) Class(i int) int {
	probabilities, best := p.Probabilities(i), 0
	for class, v := range probabilities {
		if v > probabilities[best] {
			best = class
		}
	}
	return best
}

// Ranked sorts the examples by their value of a unit, the lowest first. For
// classes it begins with the example that least likely belongs to class unit.
//
//	order := answers.Ranked(0); answers.Row(order[0])
//
// Examples of equal value keep their order. A unit outside 0..Units-1 panics, as
// an index outside of a slice does.
func (p Predictions) Ranked(unit int) []int {
	order := make([]int, p.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.Row(a)[unit], p.Row(b)[unit]) })
	return order
}

// Probabilities are the model's probabilities of each class for example i;
// one sigmoid unit becomes two classes.
func (p Predictions) Probabilities(i int) []float64 {
	row := p.Row(i)
	if p.Units == 1 {
		return []float64{1 - float64(row[0]), float64(row[0])}
	}
	probabilities := make([]float64, len(row))
	for class, v := range row {
		probabilities[class] = float64(v)
	}
	return probabilities
}

// Label is the true class of example i, or -1 where the data have no classes.
func (p Predictions) Label(i int) int {
	if p.Data.Labels.I32 == nil {
		return -1
	}
	return int(p.Data.Labels.I32[i])
}

// Right says whether the model got example i right.
func (p Predictions) Right(i int) bool { return p.Class(i) == p.Label(i) }

// Len is the number of examples.
func (p Predictions) Len() int { return p.Data.Len() }

// Accuracy is the share of examples that the model got right; 0 without labels.
func (p Predictions) Accuracy() float64 {
	right := 0
	for i := range p.Len() {
		if p.Right(i) {
			right++
		}
	}
	return ratio(right, p.Len())
}

// classes is the number of classes that p tells apart; one unit tells two.
func (p Predictions) classes() int { return max(2, p.Units) }

// ClassNames are the names of the classes, or their numbers where the data have none.
func (p Predictions) ClassNames() []string {
	names := slices.Clone(p.Data.Classes[:min(len(p.Data.Classes), p.classes())])
	for len(names) < p.classes() {
		names = append(names, strconv.Itoa(len(names)))
	}
	return names
}

// labels are what a score compares the answers with.
type labels int

const (
	noLabels    labels = iota
	classLabels        // of the model's classes
	valueLabels        // one for each value of the model
)

// Check reports predictions that do not fit their data.
//
//	err := answers.Check()
//
// The data need no labels.
func (p Predictions) Check() error { return check("Predictions", noLabels, p) }

// check reports predictions that the score cannot use. Classes must be those of the
// same data in all of them.
func check(score string, need labels, ps ...Predictions) error {
	for _, p := range ps {
		err := p.check(need)
		if err == nil && need == classLabels {
			err = p.checkSame(ps[0])
		}
		if err != nil {
			return fmt.Errorf("score.%s: %w", score, err)
		}
	}
	return nil
}

func (p Predictions) check(need labels) error {
	switch {
	case p.Data == nil:
		return fmt.Errorf("the predictions of %q carry no data set; make them with run.Predict(set)", p.Model)
	case p.Units < 1:
		return fmt.Errorf("the predictions of %q have %d values for each example; a model ends in at least one unit", p.Model, p.Units)
	case len(p.Values) != p.Units*p.Len():
		return fmt.Errorf("the predictions of %q hold %d values, but %d examples of %d values each were asked; predict the whole set anew",
			p.Model, len(p.Values), p.Len(), p.Units)
	case p.Len() == 0:
		return fmt.Errorf("the data set %q of %q is empty; give one with at least one example", p.Data.Name, p.Model)
	case need == noLabels:
		return nil
	case !p.Data.Labelled():
		return fmt.Errorf("the data set %q has no labels to compare the answers of %q with; give it labels, or look at the answers with kit.Show", p.Data.Name, p.Model)
	case need == classLabels && p.Data.Labels.I32 == nil:
		return fmt.Errorf("the labels of %q are %s, not class numbers; use score.MAE or score.MSE for a regression", p.Data.Name, p.Data.Labels.DType())
	case need == classLabels && slices.ContainsFunc(p.Values, func(v float32) bool { return v != v }):
		return fmt.Errorf("answers of %q for %q are NaN, which is no class, as after a training that diverged; train it anew with a lower learning rate", p.Model, p.Data.Name)
	case need == valueLabels && p.Data.Labels.F32 == nil:
		return fmt.Errorf("the labels of %q are class numbers; use score.Confusion for a classifier", p.Data.Name)
	case need == valueLabels && len(p.Data.Labels.F32) != len(p.Values):
		return fmt.Errorf("%q gives %d values for %d labels of %q; give the model as many units as the labels have values",
			p.Model, len(p.Values), len(p.Data.Labels.F32), p.Data.Name)
	}
	for i, label := range p.Data.Labels.I32 {
		if label < 0 || int(label) >= p.classes() {
			return fmt.Errorf("label %d of example %d in %q is outside the %d classes of %q; evaluate a model with as many units as the data have classes",
				label, i, p.Data.Name, p.classes(), p.Model)
		}
	}
	return nil
}

// checkSame reports predictions for other data than the first, or for other classes. Inputs in another form may be
// of the same examples.
func (p Predictions) checkSame(first Predictions) error {
	form := func(s *data.Set) string { return fmt.Sprint(s.Encoding, s.Inputs.DType(), s.Inputs.Shape) }
	if p.Len() != first.Len() || p.Data.Name != first.Data.Name || !slices.Equal(p.Data.Labels.I32, first.Data.Labels.I32) ||
		form(p.Data) == form(first.Data) && !bytes.Equal(p.Data.Inputs.Bytes(), first.Data.Inputs.Bytes()) {
		return fmt.Errorf("%q answered %d examples of %q but %q answered others, %d of %q; predict the same set with both",
			first.Model, first.Len(), first.Data.Name, p.Model, p.Len(), p.Data.Name)
	}
	if p.classes() != first.classes() {
		return fmt.Errorf("%q tells %d classes apart but %q %d; compare models for the same classes", first.Model, first.classes(), p.Model, p.classes())
	}
	return nil
}
