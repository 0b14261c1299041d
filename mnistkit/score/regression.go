package score

import (
	"math"
	"slices"
)

// MAE is the mean absolute error of a regression, in the label's unit.
//
//	mpg, err := score.MAE(predictions)
func MAE(p Predictions) (float64, error) {
	r, err := p.regression("MAE")
	return r.MAE, err
}

// MSE is the mean squared error of a regression, in the label's unit squared.
//
//	v, err := score.MSE(predictions)
func MSE(p Predictions) (float64, error) {
	r, err := p.regression("MSE")
	return r.MSE, err
}

// RegressionReport says how far a regression is off.
type RegressionReport struct {
	Model    string
	Examples int
	MAE      float64 // mean absolute error, in the label's unit
	MSE      float64 // mean squared error
	RMSE     float64 // its root, in the label's unit
	R2       float64 // 1: exact; 0: no better than the labels' mean; NaN: labels all equal
	Bias     float64 // mean of prediction minus truth
}

// Regression measures the errors of a regression.
//
//	report, err := score.Regression(predictions)
//
// R2 is scikit-learn's r2_score: 1 minus the share of the labels' variance
// that is left.
func Regression(p Predictions) (RegressionReport, error) { return p.regression("Regression") }

func (p Predictions) regression(score string) (RegressionReport, error) {
	r := RegressionReport{Model: p.Model}
	errors, err := p.errors(score)
	if err != nil {
		return r, err
	}
	truth := p.Data.Labels.F32
	r.Examples = len(truth)
	n, mean := float64(len(truth)), 0.0
	for i, e := range errors {
		r.MAE += math.Abs(e) / n
		r.MSE += e * e / n
		r.Bias += e / n
		mean += float64(truth[i]) / n
	}
	variance := 0.0
	for _, t := range truth {
		variance += (float64(t) - mean) * (float64(t) - mean) / n
	}
	r.RMSE = math.Sqrt(r.MSE)
	r.R2 = math.NaN()
	if slices.Min(truth) < slices.Max(truth) { // the variance of equal labels is not 0 but for rounding
		r.R2 = 1 - r.MSE/variance
	}
	return r, nil
}

// Errors are prediction minus truth of each example of a regression.
//
//	errors, err := score.Errors(predictions)
func Errors(p Predictions) ([]float64, error) { return p.errors("Errors") }

func (p Predictions) errors(score string) ([]float64, error) {
	if err := check(score, valueLabels, p); err != nil {
		return nil, err
	}
	out := make([]float64, len(p.Values))
	for i, v := range p.Values {
		out[i] = float64(v) - float64(p.Data.Labels.F32[i])
	}
	return out, nil
}
