package score

// Matrix counts a model's answers: Counts[t][p] examples of class t were taken
// for class p.
type Matrix struct {
	Model   string
	Classes []string
	Counts  [][]int
}

// Confusion counts which class was taken for which.
//
//	m, err := score.Confusion(predictions)
//
// It needs class labels: predictions of a regression are an error.
func Confusion(p Predictions) (Matrix, error) {
	if err := check("Confusion", classLabels, p); err != nil {
		return Matrix{}, err
	}
	n := p.classes()
	m := Matrix{Model: p.Model, Classes: p.ClassNames(), Counts: make([][]int, n)}
	for t := range m.Counts {
		m.Counts[t] = make([]int, n)
	}
	for i := range p.Len() {
		m.Counts[p.Label(i)][p.Class(i)]++
	}
	return m, nil
}

// Total is the number of examples.
func (m Matrix) Total() (n int) {
	for _, row := range m.Counts {
		for _, c := range row {
			n += c
		}
	}
	return n
}

// Right is the number of examples on the diagonal.
func (m Matrix) Right() (n int) {
	for t := range m.Counts {
		n += m.Counts[t][t]
	}
	return n
}

// Accuracy is the share of examples on the diagonal; 0 for an empty matrix.
func (m Matrix) Accuracy() float64 { return ratio(m.Right(), m.Total()) }

// Worst is the pair of different classes that is confused most often; n is 0
// when nothing is confused.
func (m Matrix) Worst() (truth, predicted, n int) {
	for t, row := range m.Counts {
		for p, c := range row {
			if t != p && c > n {
				truth, predicted, n = t, p, c
			}
		}
	}
	return truth, predicted, n
}

// ratio is a/b, and 0 where there is nothing to divide, as scikit-learn has it.
func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

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
