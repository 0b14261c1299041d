package data

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// byHand is four examples of two values in two classes.
func byHand() *Set {
	return &Set{
		Name:    "mine",
		Inputs:  Array{Shape: []int{2}, F32: []float32{0, 1, 10, 11, 20, 21, 30, 31}},
		Labels:  Array{I32: []int32{1, 0, 1, 1}},
		Weights: []float32{1, 2, 3, 4},
		Classes: []string{"no", "yes"},
	}
}

func TestSetParts(t *testing.T) {
	tests := []struct {
		name    string
		part    *Set
		inputs  []float32
		labels  []int32
		weights []float32
		index   []int32
	}{
		{"First", byHand().First(1), []float32{0, 1}, []int32{1}, []float32{1}, []int32{0}},
		{"First of too many", byHand().Slice(2, 4).First(9), []float32{20, 21, 30, 31}, []int32{1, 1}, []float32{3, 4}, []int32{2, 3}},
		{"Select", byHand().Select([]int32{3, 1}), []float32{30, 31, 10, 11}, []int32{1, 0}, []float32{4, 2}, []int32{3, 1}},
		{"Select of Slice", byHand().Slice(1, 4).Select([]int32{2}), []float32{30, 31}, []int32{1}, []float32{4}, []int32{3}},
		{"Without", byHand().Slice(1, 4).Without(byHand().Select([]int32{2, 0})), []float32{10, 11, 30, 31}, []int32{0, 1}, []float32{2, 4}, []int32{1, 3}},
		{"Without nothing known", byHand().First(1).Without(nil), []float32{0, 1}, []int32{1}, []float32{1}, []int32{0}},
		{"FirstPerClass", byHand().FirstPerClass(1), []float32{0, 1, 10, 11}, []int32{1, 0}, []float32{1, 2}, []int32{0, 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := []any{test.part.Inputs.F32, test.part.Labels.I32, test.part.Weights, test.part.Index}
			if diff := cmp.Diff([]any{test.inputs, test.labels, test.weights, test.index}, got); diff != "" {
				t.Error(diff)
			}
			if err := test.part.Check(); err != nil {
				t.Error(err)
			}
		})
	}
	if diff := cmp.Diff([]int{1, 3}, byHand().Counts()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float64{10, 11}, byHand().Inputs.At(1)); diff != "" {
		t.Error(diff)
	}
}

// Beyond the examples there may be memory, which holds none.
func TestBoundsOfSet(t *testing.T) {
	grown := &Set{Inputs: Array{Shape: []int{1}, U8: make([]uint8, 4, 8)}, Index: make([]int32, 4, 8)}
	for what, beyond := range map[string]func(){
		"Slice":  func() { grown.Slice(3, 5) },
		"Select": func() { grown.Select([]int32{4}) },
		"At":     func() { grown.Inputs.At(4) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s gives examples that are not there", what)
				}
			}()
			beyond()
		}()
	}
}

// Who goes through a set batch by batch pays for the batches only.
func TestSliceOfLargeSet(t *testing.T) {
	s := &Set{Inputs: Array{Shape: []int{1}, U8: make([]uint8, 1<<20)}}
	if bytes := allocated(func() { s.Slice(32, 64) }); bytes > 1<<16 {
		t.Errorf("a slice of 32 examples takes %d bytes", bytes)
	}
}

func TestSetCheck(t *testing.T) {
	for want, harm := range map[string]func(*Set){
		"3 inputs but 4 labels":     func(s *Set) { s.Inputs.F32 = s.Inputs.F32[:6] },
		"5 values do not divide":    func(s *Set) { s.Inputs.F32 = s.Inputs.F32[:5] },
		"2 of U8, I32 and F32":      func(s *Set) { s.Inputs.U8 = []uint8{1} },
		"1 weights for 4 examples":  func(s *Set) { s.Weights = s.Weights[:1] },
		"1 index entries for 4":     func(s *Set) { s.Index = []int32{3} },
		"labels go from 0 to 2":     func(s *Set) { s.Labels.I32 = []int32{0, 1, 2, 0} },
		"labels go from -1 to 1":    func(s *Set) { s.Labels.I32 = []int32{0, 1, -1, 0} },
		"labels: 2 of U8, I32":      func(s *Set) { s.Labels.F32 = []float32{1} },
		"4 weights for 3 examples":  func(s *Set) { s.Labels, s.Inputs.F32 = Array{}, s.Inputs.F32[:6] },
		"shape [0] has a side":      func(s *Set) { s.Inputs.Shape = []int{0} },
		"mine: inputs: 0 of U8, I3": func(s *Set) { s.Inputs = Array{} },
	} {
		s := byHand()
		harm(s)
		wantError(t, s.Check(), want)
	}
}

// Equal content has an equal ID on every machine: this one is on disk in runs.
func TestIDByHand(t *testing.T) {
	const want = "sha256:65f2b62fb4a69fea:weights(97a0b76ddd0d2e12)"
	if got := byHand().ID(); got != want {
		t.Errorf("ID %q, want %q", got, want)
	}
	for name, change := range map[string]func(*Set){
		"values":  func(s *Set) { s.Inputs.F32[0] = 5 },
		"labels":  func(s *Set) { s.Labels.I32[0] = 0 },
		"shape":   func(s *Set) { s.Inputs.Shape = []int{1, 2} },
		"type":    func(s *Set) { s.Labels = Array{F32: []float32{1, 0, 1, 1}} },
		"weights": func(s *Set) { s.Weights[0] = 9 },
		"none":    func(s *Set) { s.Weights = nil },
	} {
		s := byHand()
		change(s)
		if s.ID() == byHand().ID() {
			t.Errorf("%s: the ID stays", name)
		}
	}
}

func TestIDOfRecipe(t *testing.T) {
	t.Setenv(dataVariable, bundled)
	recipe := MNIST().FirstPerClass(50).Holdout(0.2).Seed(1)
	train, validation, test := must(recipe.Train())(t), must(recipe.Validation())(t), must(recipe.Test())(t)
	indices := []int32{4, 2}
	for want, got := range map[string]string{
		"mnist:sample:first 50 per class:holdout(0.2,seed 1)":            must(recipe.ID())(t),
		"mnist/train:sample:first 50 per class:holdout(0.2,seed 1)":      train.ID(),
		"mnist/validation:sample:first 50 per class:holdout(0.2,seed 1)": validation.ID(),
		"mnist/test:sample":                                                              test.ID(),
		"mnist/test:sample[0:32]":                                                        test.First(32).ID(),
		"mnist/test:sample[10:90][0:32]":                                                 test.Slice(10, 90).First(32).ID(),
		"mnist/test:sample[first 3 per class]":                                           test.FirstPerClass(3).ID(),
		"mnist/test:sample[" + digestOf(Array{I32: indices}) + "]":                       test.Select(indices).ID(),
		"mnist/train:sample:last(0.1)":                                                   must(MNIST().LastFraction(0.1).Train())(t).ID(),
		"mnist/train:sample:reshuffled(0.1,seed 0)":                                      must(MNIST().Holdout(0.1).Reshuffled().Train())(t).ID(),
		"mnist/test:sample:weights(" + digestOf(Array{F32: make([]float32, 1000)}) + ")": weighted(test).ID(),
	} {
		if got != want {
			t.Errorf("ID %q, want %q", got, want)
		}
	}
	// Replaced labels are other data, whatever the set was cut from.
	written := must(MNIST().Test())(t)
	firstTen, firstEach := written.First(10), written.FirstPerClass(1)
	written.Inputs.U8[15*784] ^= 1
	written.Labels.I32[0] = 9
	for what, s := range map[string]*Set{"pixels and a label": written, "the memory that it shares": firstTen, "another label, before the choice": written.FirstPerClass(1)} {
		if !strings.HasPrefix(s.ID(), "sha256:") {
			t.Errorf("written to %s, the set keeps the ID %q", what, s.ID())
		}
	}
	if got := written.Slice(20, 30).ID(); got != "mnist/test:sample[20:30]" {
		t.Errorf("examples that nobody wrote to have the ID %q", got)
	}
	if got := firstEach.ID(); got != "mnist/test:sample[first 1 per class]" {
		t.Errorf("a copy from before has the ID %q", got)
	}
	longer := *test
	longer.Index, longer.Inputs, longer.Labels = nil, Array{Shape: []int{1}, U8: make([]uint8, 2000)}, Array{Shape: []int{}, I32: make([]int32, 2000)}
	if got := longer.Slice(1500, 2000).ID(); !strings.HasPrefix(got, "sha256:") {
		t.Errorf("a part of other examples has the ID %q", got)
	}
	noisy := *test
	noisy.Labels = test.Labels.Take(firstIndices(test.Len()))
	noisy.Labels.I32[0] = 9
	if !strings.HasPrefix(noisy.ID(), "sha256:") || !strings.HasPrefix(noisy.First(3).ID(), "sha256:") {
		t.Errorf("a set with replaced labels keeps the ID %q", noisy.ID())
	}
}

func weighted(s *Set) *Set {
	out := *s
	out.Weights = make([]float32, s.Len())
	return &out
}

// A set without labels is one like others in all but its labels.
func TestUnlabelled(t *testing.T) {
	s := byHand()
	s.Labels = Array{}
	if s.Labelled() || s.Len() != 4 || s.Counts() != nil {
		t.Errorf("labelled %v, %d examples, counts %v", s.Labelled(), s.Len(), s.Counts())
	}
	for name, test := range map[string]struct {
		part   *Set
		inputs []float32
		index  []int32
	}{
		"Slice":         {s.Slice(1, 3), []float32{10, 11, 20, 21}, []int32{1, 2}},
		"nothing":       {s.Slice(2, 2), []float32{}, []int32{}},
		"Select":        {s.Select([]int32{3, 0}), []float32{30, 31, 0, 1}, []int32{3, 0}},
		"First":         {s.First(1), []float32{0, 1}, []int32{0}},
		"First of many": {s.First(9), []float32{0, 1, 10, 11, 20, 21, 30, 31}, []int32{0, 1, 2, 3}},
		"FirstPerClass": {s.FirstPerClass(2), []float32{}, []int32{}},
	} {
		if diff := cmp.Diff([]any{test.inputs, test.index}, []any{test.part.Inputs.F32, test.part.Index}, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if err := test.part.Check(); err != nil || test.part.Labelled() {
			t.Errorf("%s: labelled %v, %v", name, test.part.Labelled(), err)
		}
	}
	if s.ID() == byHand().ID() || s.ID() != s.Slice(0, 4).ID() || s.ID() == s.Slice(0, 3).ID() {
		t.Errorf("IDs %q, %q, %q", s.ID(), s.Slice(0, 4).ID(), s.Slice(0, 3).ID())
	}
}
