package score

import (
	"fmt"
	"slices"
	"strconv"
)

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

// checkSame reports predictions for other data than the first, or for other classes.
func (p Predictions) checkSame(first Predictions) error {
	if p.Len() != first.Len() || p.Data.Name != first.Data.Name || !slices.Equal(p.Data.Labels.I32, first.Data.Labels.I32) {
		return fmt.Errorf("%q answered %d examples of %q but %q answered %d of %q; predict the same set with both",
			first.Model, first.Len(), first.Data.Name, p.Model, p.Len(), p.Data.Name)
	}
	if p.classes() != first.classes() {
		return fmt.Errorf("%q tells %d classes apart but %q %d; compare models for the same classes", first.Model, first.classes(), p.Model, p.classes())
	}
	return nil
}
