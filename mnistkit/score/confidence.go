package score

// ConfidenceReport is how sure a classifier is of its answers: the probability
// that it gives to the class that it answers.
type ConfidenceReport struct {
	Model        string
	Examples     int
	Wrong        int     // answers that are wrong
	SureAndWrong int     // wrong answers with a probability of 90 % or more
	IfRight      float64 // mean probability of the right answers; 0 if there are none
	IfWrong      float64 // mean probability of the wrong answers; 0 if there are none
}

// Confidence compares how sure a classifier is with whether it is right.
//
//	c, err := score.Confidence(predictions)
func Confidence(p Predictions) (ConfidenceReport, error) {
	c := ConfidenceReport{Model: p.Model}
	if err := check("Confidence", classLabels, p); err != nil {
		return c, err
	}
	c.Examples = p.Len()
	for i := range c.Examples {
		probability := p.Probabilities(i)[p.Class(i)]
		if p.Right(i) {
			c.IfRight += probability
			continue
		}
		c.Wrong++
		c.IfWrong += probability
		if probability >= 0.9 {
			c.SureAndWrong++
		}
	}
	c.IfRight /= float64(max(1, c.Examples-c.Wrong))
	c.IfWrong /= float64(max(1, c.Wrong))
	return c, nil
}
