package chart

import (
	"fmt"
	"strings"

	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
)

// ROC draws the ROC curves of one or more models: the share of class 1 that is found
// over the share of class 0 that is taken for class 1.
//
//	kit.Show(kit.ROC(must.M1(sentiment.Predict(reviews.Test()))))
func ROC(curves ...score.ROCCurve) (Figure, error) {
	if len(curves) == 0 {
		return Figure{}, fmt.Errorf("chart.ROC: no curves given; give at least one")
	}
	const side = 380.0
	key := legend{width: side}
	var facts []string
	for i, c := range curves {
		key.entries = append(key.entries, legendEntry{name: fmt.Sprintf("%s, AUC %s", c.Model, show.Number(c.AUC)), line: strokeOf(i, 2.2)})
		facts = append(facts, fmt.Sprintf("%s has an area of %s", c.Model, show.Number(c.AUC)))
	}
	key.entries = append(key.entries, legendEntry{name: "guessing, AUC 0.5", line: diagonal})
	s := newSheet(side+2*margin, side+key.height()+2*margin)
	unit := axis{low: 0, high: 1}
	on := newPlot(s, unit.rounded(), unit.rounded(), "false positives of class 0", "true positives of class 1", margin, margin, side, side)
	on.line(s, diagonal, []float64{0, 1}, []float64{0, 1})
	for i, c := range curves {
		on.line(s, strokeOf(i, 2.2), c.FalsePositive, c.TruePositive)
	}
	key.draw(s, margin, s.height-margin-key.height())
	return s.figure(fmt.Sprintf("ROC curves: %s below the curve; the diagonal of guessing has 0.5.", strings.Join(facts, ", ")),
		"The nearer to the upper left corner, the better; the dashed diagonal is guessing.")
}

// strokeOf tells the lines of several models or classes apart by colour and dashes.
func strokeOf(i int, thick float64) stroke {
	look := stroke{colour: cycle[i%len(cycle)], thick: thick}
	if i > 0 {
		look.dashes = dashes[(i-1)%len(dashes)]
	}
	return look
}
