package mnistkit

import (
	"strings"
	"testing"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/text"
)

// slipped is a recipe whose training labels are changed by a Train of its own.
type slipped struct{ data.Recipe }

func (s slipped) Train() (*data.Set, error) {
	set, err := s.Recipe.Train()
	if err == nil {
		set.Labels.I32 = append(set.Labels.I32[1:], set.Labels.I32[0])
	}
	return set, err
}

// reversed is the same for texts.
type reversed struct{ text.Recipe }

func (r reversed) Train() (*data.Set, error) {
	set, err := r.Recipe.Train()
	if err == nil {
		for i, y := range set.Labels.I32 {
			set.Labels.I32[i] = 1 - y
		}
	}
	return set, err
}

// TestOwnTrain: a type that embeds a recipe and has a Train of its own is
// trained on what that gives, not on the recipe's.
func TestOwnTrain(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	for _, d := range []Data{MNIST().Holdout(0.15), IMDB().Holdout(0.15), slipped{MNIST().Holdout(0.15)}, reversed{IMDB().Holdout(0.15)}, Iris()} {
		want, err := d.Train()
		if err != nil {
			t.Fatal(err)
		}
		train, _, err := setParts(d)
		if err != nil {
			t.Fatal(err)
		}
		if train.N != want.Len() {
			t.Errorf("%T: %d examples, want %d", d, train.N, want.Len())
		}
		at := 0
		for part, err := range train.Each {
			if err != nil {
				t.Fatal(err)
			}
			for _, y := range part.Labels.I32 {
				if y != want.Labels.I32[at] {
					t.Fatalf("%T: label %d is %d, want %d", d, at, y, want.Labels.I32[at])
				}
				at++
			}
		}
	}
}

// TestInPartsOfSets: data that are no recipe are cut from their sets, checked before.
func TestInPartsOfSets(t *testing.T) {
	d := Data(ownSets{train: &data.Set{Name: "mine", Inputs: data.Array{Shape: []int{2}, F32: []float32{1, 2, 3, 4}}, Labels: data.Array{I32: []int32{0, 1}}}})
	for name, want := range map[string]int{"train": 2, "validation": 0} {
		parts, err := InParts(d, name)
		if err != nil || parts.N != want {
			t.Errorf("%s: %d examples, %v; want %d", name, parts.N, err, want)
		}
		for range parts.Each {
			want -= 2
		}
		if want != 0 {
			t.Errorf("%s: parts do not hold what they promise", name)
		}
	}
	if _, err := InParts(d, "test"); err == nil || !strings.Contains(err.Error(), `"train" or "validation"`) {
		t.Errorf("an unknown part: %v", err)
	}
	d = ownSets{train: &data.Set{Name: "mine", Inputs: data.Array{Shape: []int{2}, F32: []float32{1, 2, 3}}}}
	if _, err := InParts(d, "train"); err == nil || !strings.Contains(err.Error(), "mine") {
		t.Errorf("a set of one and a half examples: %v", err)
	}
}

// ownSets is Data that is no recipe.
type ownSets struct{ train *data.Set }

func (s ownSets) ID() (string, error)            { return "own", nil }
func (s ownSets) Train() (*data.Set, error)      { return s.train, nil }
func (s ownSets) Validation() (*data.Set, error) { return nil, nil }
func (s ownSets) Test() (*data.Set, error)       { return nil, nil }
