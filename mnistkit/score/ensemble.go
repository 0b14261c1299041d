package score

import (
	"errors"
	"fmt"
)

// Ensemble is the mean of several models' answers, for each example and unit, so
// probabilities stay probabilities. name is the name of the models together.
//
//	together, err := score.Ensemble("three", a, b, c)
//
// All must have answered the same data set, which needs no labels. Models that
// were trained from different seeds make different mistakes, so their mean is
// mostly wrong less often than one of them (Hansen and Salamon, 1990).
func Ensemble(name string, members ...Predictions) (Predictions, error) {
	if len(members) == 0 {
		return Predictions{}, errors.New("score.Ensemble: there are no predictions to take the mean of; give it some, such as those of sweep.Predict(set)")
	}
	if err := check("Ensemble", noLabels, members...); err != nil {
		return Predictions{}, err
	}
	first := members[0]
	sums := make([]float64, len(first.Values))
	for _, p := range members {
		if p.Data != first.Data && p.Data.ID() != first.Data.ID() {
			return Predictions{}, fmt.Errorf("score.Ensemble: %q answered %d examples of %q but %q answered others, %d of %q; predict the same set with all",
				first.Model, first.Len(), first.Data.Name, p.Model, p.Len(), p.Data.Name)
		}
		if p.Units != first.Units {
			return Predictions{}, fmt.Errorf("score.Ensemble: %q gives %d values for each example but %q %d; take models with as many units",
				first.Model, first.Units, p.Model, p.Units)
		}
		for i, v := range p.Values {
			sums[i] += float64(v)
		}
	}
	mean := Predictions{Model: name, Weights: fmt.Sprintf("mean of %d", len(members)), Data: first.Data, Units: first.Units,
		Values: make([]float32, len(sums))}
	for i, sum := range sums {
		mean.Values[i] = float32(sum / float64(len(members)))
	}
	return mean, nil
}
