package score

import (
	"fmt"
	"slices"
)

// ROCCurve is the share of class 1 that a classifier finds, over the share of
// class 0 that it takes for 1, while its threshold falls.
type ROCCurve struct {
	Model    string
	Positive string // the name of class 1
	// The curve goes from (0, 0) to (1, 1), with a point for each different
	// answer. The first threshold is above all answers.
	FalsePositive, TruePositive, Threshold []float64
	AUC                                    float64 // the area below
}

// ROC is the curve of a classifier of two classes.
//
//	curve, err := score.ROC(predictions)
//
// It is exact: Keras' metric "auc" has 200 thresholds and differs a little.
func ROC(p Predictions) (ROCCurve, error) {
	c := ROCCurve{Model: p.Model}
	if err := check("ROC", classLabels, p); err != nil {
		return c, err
	}
	if p.classes() != 2 {
		return c, fmt.Errorf("score.ROC: %q tells %d classes apart; a ROC curve is of two", p.Model, p.classes())
	}
	positives := 0
	for i := range p.Len() {
		positives += p.Label(i)
	}
	negatives := p.Len() - positives
	if positives == 0 || negatives == 0 {
		return c, fmt.Errorf("score.ROC: all %d labels of %q are %d; a ROC curve needs examples of both classes", p.Len(), p.Data.Name, p.Label(0))
	}
	c.Positive = p.ClassNames()[1]
	c.add(0, 0, 2)
	truePositives, falsePositives := 0, 0
	order := p.Ranked(p.Units - 1) // by the probability of class 1
	for k, i := range slices.Backward(order) {
		truePositives += p.Label(i)
		falsePositives += 1 - p.Label(i)
		threshold := p.Row(i)[p.Units-1]
		if k > 0 && p.Row(order[k-1])[p.Units-1] == threshold {
			continue // no threshold can part them
		}
		c.add(ratio(falsePositives, negatives), ratio(truePositives, positives), float64(threshold))
	}
	for k := range len(c.TruePositive) - 1 {
		c.AUC += (c.FalsePositive[k+1] - c.FalsePositive[k]) * (c.TruePositive[k+1] + c.TruePositive[k]) / 2
	}
	return c, nil
}

func (c *ROCCurve) add(falsePositive, truePositive, threshold float64) {
	c.FalsePositive = append(c.FalsePositive, falsePositive)
	c.TruePositive = append(c.TruePositive, truePositive)
	c.Threshold = append(c.Threshold, threshold)
}
