package training

import (
	"slices"
	"strings"
	"testing"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/table"
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
	for _, d := range []Data{data.MNIST().Holdout(0.15), text.IMDB().Holdout(0.15), slipped{data.MNIST().Holdout(0.15)}, reversed{text.IMDB().Holdout(0.15)}, table.Iris()} {
		want, err := d.Train()
		if err != nil {
			t.Fatal(err)
		}
		train, err := InChunks(d, "train")
		if err != nil {
			t.Fatal(err)
		}
		if train.N != want.Len() {
			t.Errorf("%T: %d examples, want %d", d, train.N, want.Len())
		}
		at := 0
		for chunk, err := range train.Each {
			if err != nil {
				t.Fatal(err)
			}
			for _, y := range chunk.Labels.I32 {
				if y != want.Labels.I32[at] {
					t.Fatalf("%T: label %d is %d, want %d", d, at, y, want.Labels.I32[at])
				}
				at++
			}
		}
	}
}

// TestInChunksOfSets: data that are no recipe are cut from their sets, checked before.
func TestInChunksOfSets(t *testing.T) {
	pairs := func(name string, values ...float32) *data.Set {
		labels := make([]int32, len(values)/2)
		for i := range labels {
			labels[i] = int32(i)
		}
		return &data.Set{Name: name, Inputs: data.Array{Shape: []int{2}, F32: values}, Labels: data.Array{I32: labels}}
	}
	whole, half := pairs("whole", 1, 2, 3, 4), pairs("half", 1, 2, 3)
	for _, c := range []struct {
		name         string
		data         Data
		subset, says string // says is the error, "" for none
		want         *data.Set
	}{
		{"train", ownSets{train: whole}, "train", "", whole},
		{"validation", ownSets{train: whole, validation: whole}, "validation", "", whole},
		{"no validation", ownSets{train: whole}, "validation", "", &data.Set{}},
		{"no train", ownSets{}, "train", "the data have no training set", nil},
		{"another subset", ownSets{train: whole}, "test", `"train" or "validation"`, nil},
		{"another subset of a recipe", data.MNIST(), "test", `"train" or "validation"`, nil},
		{"no data", nil, "train", "no data", nil},
		{"half an example", ownSets{train: half}, "train", "half", nil},
		{"half an example to validate on", ownSets{train: whole, validation: half}, "validation", "half", nil},
		{"own chunks", ownChunks{}, "train", "", whole},
	} {
		t.Run(c.name, func(t *testing.T) {
			chunks, err := InChunks(c.data, c.subset)
			if c.says != "" {
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("error %v, want %q", err, c.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var inputs []float32
			for chunk, err := range chunks.Each {
				if err != nil {
					t.Fatal(err)
				}
				inputs = append(inputs, chunk.Inputs.F32...)
			}
			if chunks.N != c.want.Len() || !slices.Equal(inputs, c.want.Inputs.F32) {
				t.Errorf("%d examples, %v; want %v", chunks.N, inputs, c.want.Inputs.F32)
			}
		})
	}
}

// ownSets is Data that is no recipe.
type ownSets struct{ train, validation *data.Set }

func (s ownSets) ID() (string, error)            { return "own", nil }
func (s ownSets) Train() (*data.Set, error)      { return s.train, nil }
func (s ownSets) Validation() (*data.Set, error) { return s.validation, nil }
func (s ownSets) Test() (*data.Set, error)       { return nil, nil }

// ownChunks is Data that is read in chunks only.
type ownChunks struct{ ownSets }

func (ownChunks) Chunks(string) (data.Chunks, error) {
	return (&data.Set{Inputs: data.Array{Shape: []int{2}, F32: []float32{1, 2, 3, 4}}, Labels: data.Array{I32: []int32{0, 1}}}).Chunks(), nil
}

// firstTen are a recipe's first ten examples, in chunks.
type firstTen struct{ data.Recipe }

func (f firstTen) Form() (data.Form, error) {
	form, err := f.Recipe.Form()
	form.Train, form.Validation = 10, 0
	return form, err
}

func (f firstTen) Chunks(name string) (data.Chunks, error) {
	if name != "train" {
		return data.Chunks{}, nil
	}
	train, err := f.Recipe.Train()
	return train.First(10).Chunks(), err
}

// TestOwnChunksOfARecipe: a type that gives its data in chunks says itself what they are like, whatever recipe it embeds.
func TestOwnChunksOfARecipe(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	own := firstTen{data.MNIST()}
	form, _, _, err := formOf(own)
	train, failed := InChunks(own, "train")
	if err != nil || failed != nil || form.Train != 10 || train.N != 10 {
		t.Errorf("%d examples in chunks, %d by Form (%v, %v); want 10", train.N, form.Train, failed, err)
	}
	if _, err := identify(own, nil, nil); err != nil {
		t.Error("without validation:", err)
	}
}
