// Package score compares the answers of models with the truth: accuracy,
// confusion matrices, errors of regressions, and the examples that a model got
// wrong.
package score

import (
	"cmp"
	"slices"

	"gonblabs/mnistkit/data"
)

// Predictions are one model's answers for a data set.
type Predictions struct {
	Model   string    // the run's name
	Weights string    // which weights answered: "best, epoch 14"
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
