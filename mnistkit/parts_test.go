package mnistkit

import (
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
