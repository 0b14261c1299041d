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
