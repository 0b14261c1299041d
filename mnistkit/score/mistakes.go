package score

import "errors"

// MistakeList holds the examples that the first of several models got wrong, to
// compare with the answers of the others.
type MistakeList struct {
	Models   []Predictions // the first is the one that erred
	Examples []int         // positions in the data set
	All      int           // number of all mistakes of the first model, also when only some are listed
}

// Mistakes lists what the first model got wrong, in the order of the data set.
//
//	list, err := score.Mistakes(mlp, lenet)
//
// All predictions must be of the same data set.
func Mistakes(ps ...Predictions) (MistakeList, error) {
	if len(ps) == 0 {
		return MistakeList{}, errors.New("score.Mistakes: no predictions given; give those of at least one model")
	}
	if err := check("Mistakes", classLabels, ps...); err != nil {
		return MistakeList{}, err
	}
	m := MistakeList{Models: ps}
	for i := range ps[0].Len() {
		if !ps[0].Right(i) {
			m.Examples = append(m.Examples, i)
		}
	}
	m.All = len(m.Examples)
	return m, nil
}

// Len is the number of examples listed.
func (m MistakeList) Len() int { return len(m.Examples) }

// First keeps the first n examples, or all if there are fewer.
func (m MistakeList) First(n int) MistakeList {
	m.Examples = m.Examples[:min(max(n, 0), len(m.Examples))]
	return m
}
