package data

import (
	"slices"
	"testing"
)

// Classes are matched by name: a set without one of the model's classes keeps the right labels.
func TestWithClasses(t *testing.T) {
	model := []string{"bar", "cross", "ring"}
	inputs := Array{Shape: []int{1}, U8: []uint8{7, 8, 9}}
	labels := func(numbers ...int32) Array { return Array{Shape: []int{}, I32: numbers} }
	for name, test := range map[string]struct {
		set  Set
		want []int32 // nil: an error
		err  string
	}{
		"one is missing":    {Set{Classes: []string{"cross", "ring"}, Labels: labels(0, 1, 1)}, []int32{1, 2, 2}, ""},
		"another order":     {Set{Classes: []string{"ring", "cross", "bar"}, Labels: labels(0, 1, 2)}, []int32{2, 1, 0}, ""},
		"the same":          {Set{Classes: model, Labels: labels(0, 1, 2)}, []int32{0, 1, 2}, ""},
		"numbers":           {Set{Labels: labels(2, 1, 0)}, []int32{2, 1, 0}, ""},
		"unknown, not used": {Set{Classes: []string{"cross", "star"}, Labels: labels(0, 0, 0)}, []int32{1, 1, 1}, ""},
		"unknown": {Set{Classes: []string{"cross", "star"}, Labels: labels(0, 0, 1)}, nil,
			`mine: example 2 is of the class "star", but the classes are bar, cross, ring; leave out the examples of that class, or train with them`},
		"a number too high": {Set{Labels: labels(0, 3, 1)}, nil, "mine: example 1 has the label 3, but there are 3 classes"},
		"values":            {Set{Labels: Array{Shape: []int{}, F32: []float32{1, 2, 3}}}, nil, "mine: the labels are float32 values, not the classes bar, cross, ring"},
	} {
		t.Run(name, func(t *testing.T) {
			test.set.Name, test.set.Inputs = "mine", inputs
			got, err := test.set.WithClasses(model)
			if test.want == nil {
				wantError(t, err, test.err)
				return
			}
			if err != nil || !slices.Equal(got.Labels.I32, test.want) || !slices.Equal(got.Classes, model) || got.Check() != nil {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	bare := &Set{Inputs: inputs}
	if got, err := bare.WithClasses(model); err != nil || got.Labelled() || !slices.Equal(got.Classes, model) {
		t.Errorf("without labels: %+v, %v", got, err)
	}
	known := (&Set{Name: "mine", Classes: []string{"cross", "ring"}, Inputs: inputs, Labels: labels(0, 1, 1)}).Identified("mine")
	if got := must(known.WithClasses(model))(t); got.ID() == known.ID() {
		t.Errorf("other labels keep the ID %q", got.ID())
	}
	if got := must(known.WithClasses([]string{"cross", "ring", "star"}))(t); got.ID() != known.ID() {
		t.Errorf("the same labels change the ID to %q", got.ID())
	}
}
