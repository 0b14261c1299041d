package score

import (
	"fmt"
	"slices"
	"strconv"
)

// classes is the number of classes that p tells apart.
func (p Predictions) classes() int {
	if p.Units == 1 {
		return 2
	}
	return p.Units
}

// ClassNames are the names of the classes, or their numbers where the data have none.
func (p Predictions) ClassNames() []string {
	names := make([]string, p.classes())
	for c := range names {
		names[c] = strconv.Itoa(c)
		if c < len(p.Data.Classes) {
			names[c] = p.Data.Classes[c]
		}
	}
	return names
}

// Check reports predictions that do not fit their data.
//
//	err := answers.Check()
//
// The data need no labels.
func (p Predictions) Check() error { return p.checkValues("Predictions") }

// checkLabels also reports predictions whose data have no labels to compare with.
func (p Predictions) checkLabels(verb string) error {
	if err := p.checkValues(verb); err != nil {
		return err
	}
	if !p.Data.Labelled() {
		return fmt.Errorf("score.%s: the data set %q has no labels to compare the answers of %q with; give it labels, or look at the answers with kit.Show",
			verb, p.Data.Name, p.Model)
	}
	return nil
}

func (p Predictions) checkValues(verb string) error {
	switch {
	case p.Data == nil:
		return fmt.Errorf("score.%s: the predictions of %q carry no data set; make them with run.Predict(set)", verb, p.Model)
	case p.Units < 1:
		return fmt.Errorf("score.%s: the predictions of %q have %d values for each example; a model ends in at least one unit", verb, p.Model, p.Units)
	case len(p.Values) != p.Units*p.Data.Len():
		return fmt.Errorf("score.%s: the predictions of %q hold %d values, but %d examples of %d values each were asked; predict the whole set anew",
			verb, p.Model, len(p.Values), p.Data.Len(), p.Units)
	case p.Data.Len() == 0:
		return fmt.Errorf("score.%s: the data set %q of %q is empty; give one with at least one example", verb, p.Data.Name, p.Model)
	}
	return nil
}

// checkClasses also reports predictions that are not of classes.
func (p Predictions) checkClasses(verb string) error {
	if err := p.checkLabels(verb); err != nil {
		return err
	}
	if p.Data.Labels.I32 == nil {
		return fmt.Errorf("score.%s: the labels of %q are %s, not class numbers; use score.MAE or score.MSE for a regression", verb, p.Data.Name, p.Data.Labels.DType())
	}
	for i, label := range p.Data.Labels.I32 {
		if label < 0 || int(label) >= p.classes() {
			return fmt.Errorf("score.%s: label %d of example %d in %q is outside the %d classes of %q; evaluate a model with as many units as the data have classes",
				verb, label, i, p.Data.Name, p.classes(), p.Model)
		}
	}
	return nil
}

// checkSame also reports predictions that were made for different data or
// number their classes differently.
func checkSame(verb string, ps []Predictions) error {
	for _, p := range ps {
		if err := p.checkClasses(verb); err != nil {
			return err
		}
	}
	first := ps[0]
	for _, p := range ps[1:] {
		if p.Len() != first.Len() || p.Data.Name != first.Data.Name || !slices.Equal(p.Data.Labels.I32, first.Data.Labels.I32) {
			return fmt.Errorf("score.%s: %q answered %d examples of %q but %q answered %d of %q; predict the same set with both",
				verb, first.Model, first.Len(), first.Data.Name, p.Model, p.Len(), p.Data.Name)
		}
		if p.classes() != first.classes() {
			return fmt.Errorf("score.%s: %q tells %d classes apart but %q %d; compare models for the same classes",
				verb, first.Model, first.classes(), p.Model, p.classes())
		}
	}
	return nil
}
