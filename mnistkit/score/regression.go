package score

import (
	"fmt"
	"math"
)

// MAE is the mean absolute error of a regression, in the label's unit.
//
//	mpg, err := score.MAE(predictions)
func MAE(p Predictions) (float64, error) { return p.meanError("MAE", math.Abs) }

// MSE is the mean squared error of a regression, in the label's unit squared.
//
//	v, err := score.MSE(predictions)
func MSE(p Predictions) (float64, error) {
	return p.meanError("MSE", func(d float64) float64 { return d * d })
}

func (p Predictions) meanError(verb string, of func(difference float64) float64) (float64, error) {
	if err := p.check(verb); err != nil {
		return 0, err
	}
	truth := p.Data.Labels.F32
	if truth == nil {
		return 0, fmt.Errorf("score.%s: the labels of %q are class numbers; use score.Confusion for a classifier", verb, p.Data.Name)
	}
	if len(truth) != len(p.Values) {
		return 0, fmt.Errorf("score.%s: %q gives %d values for %d labels of %q; give the model as many units as the labels have values",
			verb, p.Model, len(p.Values), len(truth), p.Data.Name)
	}
	sum := 0.0
	for i, v := range p.Values {
		sum += of(float64(v) - float64(truth[i]))
	}
	return sum / float64(len(truth)), nil
}
