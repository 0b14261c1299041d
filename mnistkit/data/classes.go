package data

import (
	"slices"

	"gonblabs/mnistkit/internal/quote"
)

// WithClasses numbers the set's labels by other classes, by name, such as those that a model was
// trained on.
//
//	mine, err := mine.WithClasses(train.Classes)
//
// Numbers without names keep their meaning, and a set without labels only takes the names. An
// example of a class that the others lack is an error that names it, as are values for labels.
func (s *Set) WithClasses(classes []string) (*Set, error) {
	if slices.Equal(s.Classes, classes) {
		return s, nil
	}
	out := *s
	out.Classes = classes
	if !s.Labelled() {
		return &out, nil
	}
	if s.Labels.I32 == nil {
		return nil, quote.Errorf("%s: the labels are %s values, not the classes %s; give class numbers as int32", s.Name, s.Labels.DType(), quote.List(classes))
	}
	names := s.Classes
	if names == nil {
		names = classes
	}
	numbers := make([]int32, len(names))
	for i, name := range names {
		numbers[i] = int32(slices.Index(classes, name))
	}
	out.Labels.I32 = make([]int32, len(s.Labels.I32))
	for i, label := range s.Labels.I32 {
		if label < 0 || int(label) >= len(names) {
			return nil, quote.Errorf("%s: example %d has the label %d, but there are %d classes; number the classes from 0", s.Name, i, label, len(names))
		}
		if out.Labels.I32[i] = numbers[label]; numbers[label] < 0 {
			return nil, quote.Errorf("%s: example %d is of the class %q, but the classes are %s; leave out the examples of that class, or train with them", s.Name, i, names[label], quote.List(classes))
		}
	}
	if !slices.Equal(out.Labels.I32, s.Labels.I32) { // the same content keeps its ID
		out.made = identity{}
	}
	return &out, nil
}
