package score

// Comparison counts the examples that two models got right and wrong.
type Comparison struct {
	A, B      string // the models
	BothRight int
	OnlyA     int // right by A, wrong by B
	OnlyB     int // right by B, wrong by A
	BothWrong int
}

// Compare counts the examples that both models, one of them or neither got right.
//
//	c, err := score.Compare(mlp, lenet)
//
// Both must have answered the same data set.
func Compare(a, b Predictions) (Comparison, error) {
	c := Comparison{A: a.Model, B: b.Model}
	if err := check("Compare", classLabels, a, b); err != nil {
		return c, err
	}
	counts := map[[2]bool]*int{{true, true}: &c.BothRight, {true, false}: &c.OnlyA, {false, true}: &c.OnlyB, {false, false}: &c.BothWrong}
	for i := range a.Len() {
		*counts[[2]bool{a.Right(i), b.Right(i)}]++
	}
	return c, nil
}

// Total is the number of examples compared.
func (c Comparison) Total() int { return c.BothRight + c.OnlyA + c.OnlyB + c.BothWrong }
