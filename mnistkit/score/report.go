package score

// ClassScore says how well one class is recognised.
type ClassScore struct {
	Class     string
	Precision float64 // of the examples taken for this class, the share that is
	Recall    float64 // of the examples of this class, the share that was found
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
// A share of nothing is 0, as in scikit-learn's classification_report.
func (m Matrix) Report() Report {
	r := Report{
		Model: m.Model, Accuracy: m.Accuracy(),
		Macro: ClassScore{Class: "macro average"}, Weighted: ClassScore{Class: "weighted average"},
	}
	total := m.Total()
	for t, name := range m.Classes {
		taken, support := 0, 0
		for o := range m.Counts {
			taken += m.Counts[o][t]
			support += m.Counts[t][o]
		}
		hits := m.Counts[t][t]
		s := ClassScore{
			Class: name, Support: support,
			Precision: ratio(hits, taken), Recall: ratio(hits, support), F1: ratio(2*hits, taken+support),
		}
		r.Classes = append(r.Classes, s)
		r.Macro.add(s, 1/float64(len(m.Classes)))
		r.Weighted.add(s, ratio(support, total))
	}
	return r
}

func (c *ClassScore) add(s ClassScore, share float64) {
	c.Precision += share * s.Precision
	c.Recall += share * s.Recall
	c.F1 += share * s.F1
	c.Support += s.Support
}
