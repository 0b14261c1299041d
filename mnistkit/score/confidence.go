package score

// ConfidenceReport is how sure a classifier is of its answers: the probability
// that it gives to the class that it answers.
type ConfidenceReport struct {
	Model        string
	Examples     int
	Wrong        int     // answers that are wrong
	SureAndWrong int     // those of a probability of 90 % and more
	IfRight      float64 // mean over the right answers, 0 if there are none
	IfWrong      float64 // and over the wrong ones
}

// Confidence holds how sure a classifier is against whether it is right.
//
//	c, err := score.Confidence(predictions)
func Confidence(p Predictions) (ConfidenceReport, error) {
	c := ConfidenceReport{Model: p.Model}
	if err := p.checkClasses("Confidence"); err != nil {
		return c, err
	}
	c.Examples = p.Len()
	for i := range c.Examples {
		probability := p.confidence(i)
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
