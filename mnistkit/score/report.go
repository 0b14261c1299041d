package score

// ClassScore says how well one class is recognised.
type ClassScore struct {
	Class     string
	Precision float64 // share of the examples taken for this class that belong to it
	Recall    float64 // share of the examples of this class that were found
	F1        float64 // harmonic mean of the two
	Support   int     // examples of this class
}

// Report are the scores of each class, and their means.
type Report struct {
	Model    string
	Classes  []ClassScore
	Macro    ClassScore // every class counts the same
	Weighted ClassScore // every example counts the same
	Accuracy float64
}

// Report gives precision, recall and F1 of each class.
//
//	must.M1(score.Confusion(predictions)).Report()
//
// As in scikit-learn's classification_report, a share of nothing is 0, and
// classes with neither examples nor answers are left out.
func (m Matrix) Report() Report {
	r := Report{
		Model: m.Model, Accuracy: m.Accuracy(),
		Macro: ClassScore{Class: "macro average"}, Weighted: ClassScore{Class: "weighted average"},
	}
	for class, name := range m.Classes {
		predicted, support := 0, 0
		for other := range m.Counts {
			predicted += m.Counts[other][class]
			support += m.Counts[class][other]
		}
		if predicted+support == 0 {
			continue
		}
		right := m.Counts[class][class]
		r.Classes = append(r.Classes, ClassScore{
			Class: name, Support: support,
			Precision: ratio(right, predicted), Recall: ratio(right, support), F1: ratio(2*right, predicted+support),
		})
	}
	for _, s := range r.Classes {
		r.Macro.add(s, 1/float64(len(r.Classes)))
		r.Weighted.add(s, ratio(s.Support, m.Total()))
	}
	return r
}

func (c *ClassScore) add(s ClassScore, share float64) {
	c.Precision += share * s.Precision
	c.Recall += share * s.Recall
	c.F1 += share * s.F1
	c.Support += s.Support
}
