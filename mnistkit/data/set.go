package data

import (
	"cmp"
	"fmt"
	"slices"

	"gonblabs/mnistkit/internal/quote"
)

// Set is a set of examples, with labels or without.
//
//	test, err := data.MNIST().Test()
//	mine := &data.Set{Name: "mine", Inputs: data.Array{Shape: []int{28, 28, 1}, U8: pixels}}
//
// You can predict a set without labels, but neither train nor evaluate on it.
// A set shares memory with the set from which it was cut.
type Set struct {
	Name    string    // "mnist/test"
	Inputs  Array     // images: uint8, shape [28 28 1]
	Labels  Array     // class numbers: int32, shape []; regression: float32; zero: no labels
	Weights []float32 // sample weights; nil means 1 for every example
	Classes []string  // class names; nil for regression
	Index   []int32   // the place of each example in the file it came from; nil means 0..n-1
	Notice  string    // what a reader must know ("bundled sample: ..."); "" if nothing

	// Encoding says how the inputs were made, such as "4 columns, normalized
	// (1f0c…)". A model takes only inputs of its own encoding. Pixels and sets made
	// by hand have "", which fits all models.
	Encoding string

	made identity
}

// Len is the number of examples.
//
//	test.Len() // 10000
func (s *Set) Len() int {
	if !s.Labelled() {
		return s.Inputs.Len()
	}
	return s.Labels.Len()
}

// Labelled says whether the examples have labels.
//
//	mine.Labelled() // false for pictures of which nobody has said what they show
func (s *Set) Labelled() bool { return s.Labels.DType() != "" }

// Label is the label of example i in words: its class, its value in a
// regression, or "" where there is none.
//
//	test.Label(0) // "7"
func (s *Set) Label(i int) string {
	if !s.Labelled() {
		return ""
	}
	if s.Labels.I32 == nil {
		return fmt.Sprintf("%.4g", s.Labels.At(i)[0])
	}
	class := int(s.Labels.I32[i])
	if class >= 0 && class < len(s.Classes) {
		return s.Classes[class]
	}
	return fmt.Sprint(class)
}

// First returns the first n examples, or all if there are fewer.
//
//	test.First(32)
func (s *Set) First(n int) *Set { return s.Slice(0, max(0, min(n, s.Len()))) }

// Slice returns the examples from..to-1 without copying them.
//
//	test.Slice(100, 132)
//
// Bounds outside 0..Len() panic, as with a slice.
func (s *Set) Slice(from, to int) *Set {
	return s.choose(choice{from: from, to: to}, fmt.Sprintf("[%d:%d]", from, to))
}

// Select returns a copy of the examples at the indices, in their order.
//
//	test.Select([]int32{3, 1, 4})
//
// An index outside 0..Len()-1 panics, as with a slice.
func (s *Set) Select(indices []int32) *Set {
	return s.choose(choice{indices: indices}, "["+digestOf(Array{I32: indices})+"]")
}

// FirstPerClass returns the first n examples of each class, in their order in the set.
//
//	small := train.FirstPerClass(100) // 1,000 digits
//
// A class with fewer than n examples gives all of them; a set without class numbers gives none.
func (s *Set) FirstPerClass(n int) *Set {
	out := s.choose(choice{indices: firstPerClass(s.Labels.I32, n)}, fmt.Sprintf("[first %d per class]", n))
	if s.known() == "" { // other labels choose other examples
		out.made = identity{}
	}
	return out
}

// Without returns the examples whose inputs are not in other, in their order.
//
//	fair := train.Without(test)
//	fmt.Println(train.Len()-fair.Len(), "images are in both")
func (s *Set) Without(other *Set) *Set {
	known := map[string]bool{}
	if other == nil {
		other = &Set{}
	}
	for i := range other.Inputs.Len() {
		known[other.Inputs.key(i)] = true
	}
	kept := []int32{}
	for i := range s.Inputs.Len() {
		if !known[s.Inputs.key(i)] {
			kept = append(kept, int32(i))
		}
	}
	return s.Select(kept)
}

// Counts gives the number of examples of each class; nil for a regression and without labels.
//
//	train.Counts() // [5923 6742 5958 ...]
func (s *Set) Counts() []int {
	if s.Labels.I32 == nil || len(s.Classes) == 0 {
		return nil
	}
	out := make([]int, len(s.Classes))
	for _, label := range s.Labels.I32 {
		if label >= 0 && int(label) < len(out) {
			out[label]++
		}
	}
	return out
}

// Check reports what is inconsistent in a set made by hand.
//
//	err := mine.Check()
//
// Inputs, labels, weights and index must have the same length, and class numbers must be
// below the number of classes; a set may have no labels. Sets from a Recipe are checked already.
func (s *Set) Check() error {
	name := cmp.Or(s.Name, "data.Set")
	if err := s.Inputs.check(); err != nil {
		return fmt.Errorf("%s: inputs: %w", name, err)
	}
	if err := s.Labels.check(); err != nil && s.Labelled() {
		return fmt.Errorf("%s: labels: %w", name, err)
	}
	switch n := s.Len(); {
	case s.Labelled() && s.Labels.Size() != 1:
		return fmt.Errorf("%s: there are %d labels for each example; give one, for one-hot rows the place of the 1 as int32", name, s.Labels.Size())
	case s.Inputs.Len() != n:
		return fmt.Errorf("%s: %d inputs but %d labels; give one label for each input", name, s.Inputs.Len(), n)
	case s.Weights != nil && len(s.Weights) != n:
		return fmt.Errorf("%s: %d weights for %d examples; give one each, or nil for 1", name, len(s.Weights), n)
	case s.Index != nil && len(s.Index) != n:
		return fmt.Errorf("%s: %d index entries for %d examples; give one each, or nil", name, len(s.Index), n)
	case s.Classes == nil || len(s.Labels.I32) == 0:
		return nil
	}
	if low, high := slices.Min(s.Labels.I32), slices.Max(s.Labels.I32); low < 0 || int(high) >= len(s.Classes) {
		return fmt.Errorf("%s: labels go from %d to %d but there are %d classes; number the classes from 0", name, low, high, len(s.Classes))
	}
	return nil
}

// choose gives some of the examples; suffix names them in the ID.
func (s *Set) choose(c choice, suffix string) *Set {
	out := *s
	out.Inputs, out.Labels = s.Inputs.choose(c), s.Labels.choose(c)
	out.Weights = choose(s.Weights, 1, c)
	out.Index = choose(s.Index, 1, c)
	if s.Index == nil {
		out.Index = slices.Clone(c.indices)
		for i := c.from; i < c.to; i++ {
			out.Index = append(out.Index, int32(i))
		}
	}
	out.made = identity{}
	if s.made.id != "" && len(s.made.sums) == s.Len() { // whoever asks for the ID finds out whether they were written to
		out.made = identity{s.made.id + suffix, choose(s.made.sums, 1, c)}
	}
	return &out
}

func firstIndices(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

func firstPerClass(labels []int32, n int) []int32 {
	seen := map[int32]int{}
	var out []int32
	for i, label := range labels {
		if seen[label] < n {
			seen[label]++
			out = append(out, int32(i))
		}
	}
	return out
}

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
	return &out, nil
}
