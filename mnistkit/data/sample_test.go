package data

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSample(t *testing.T) {
	t.Setenv(dataVariable, bundled)
	for _, test := range []struct {
		recipe      Recipe
		train, test string // digests of the content
		first       int32  // label of the first training image
	}{
		{MNIST(), "fddbe4d6da3a40e5", "0ba1c56d796e8e1f", 5},
		{FashionMNIST(), "025c649fbf2af97c", "9efad3d2991cd0c8", 9},
	} {
		d := must(test.recipe.Describe())(t)
		hundreds := []int{100, 100, 100, 100, 100, 100, 100, 100, 100, 100}
		if diff := cmp.Diff([][]int{hundreds, nil, hundreds}, [][]int{d.Train, d.Validation, d.Test}); diff != "" {
			t.Error(diff)
		}
		if d.Found != "bundled sample" || !test.recipe.Bundled() || d.Notice == "" || len(d.Classes) != 10 || !slices.Equal(d.Shape, []int{28, 28, 1}) {
			t.Errorf("description %+v", d)
		}
		d.Classes[0] = "mine" // is nobody else's
		train, tested := must(test.recipe.Train())(t), must(test.recipe.Test())(t)
		if got := digestOf(train.Inputs, train.Labels); got != test.train {
			t.Errorf("%s has the digest %s", train.Name, got)
		}
		if got := digestOf(tested.Inputs, tested.Labels); got != test.test {
			t.Errorf("%s has the digest %s", tested.Name, got)
		}
		if train.Classes[0] == "mine" || train.Labels.I32[0] != test.first || train.Index[0] != 0 || !slices.IsSorted(train.Index) {
			t.Errorf("%s starts with a %d at %d", train.Name, train.Labels.I32[0], train.Index[0])
		}
	}
}

// The sample is what FirstPerClass(100) takes of the full files.
func TestSampleAgainstFull(t *testing.T) {
	for _, recipe := range []Recipe{MNIST(), FashionMNIST()} {
		t.Run(recipe.Dataset, func(t *testing.T) {
			t.Setenv(dataVariable, "")
			if id := must(recipe.ID())(t); id != recipe.Dataset+":full" {
				t.Skipf("the full data are not on this machine (%s)", id)
			}
			train, test := must(recipe.FirstPerClass(100).Train())(t), must(recipe.Test())(t).FirstPerClass(100)
			t.Setenv(dataVariable, bundled)
			compare(t, train, must(recipe.Train())(t))
			compare(t, test, must(recipe.Test())(t))
		})
	}
}

func compare(t *testing.T, full, sample *Set) {
	t.Helper()
	if digestOf(full.Inputs, full.Labels) != digestOf(sample.Inputs, sample.Labels) || !slices.Equal(full.Index, sample.Index) {
		t.Errorf("%s: the bundled sample is not the first 100 of each class", full.Name)
	}
}

// The class counts that are published for MNIST.
func TestFullCounts(t *testing.T) {
	t.Setenv(dataVariable, "")
	d := must(MNIST().Holdout(0.15).Describe())(t)
	if d.Notice != "" {
		t.Skip(d.Notice)
	}
	train := slices.Clone(d.Train)
	for i, n := range d.Validation {
		train[i] += n
	}
	want := [][]int{
		{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949},
		{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009},
	}
	if diff := cmp.Diff(want, [][]int{train, d.Test}); diff != "" {
		t.Error(diff)
	}
}

// A recipe is written into run.json and read back.
func TestRecipeJSON(t *testing.T) {
	for text, recipe := range map[string]Recipe{
		`{"dataset":"mnist"}`: MNIST(),
		`{"dataset":"mnist","dir":"d","split":{"kind":"holdout","fraction":0.15,"seed":1},"per_class":9}`: MNIST().From("d").Holdout(0.15).Seed(1).FirstPerClass(9),
	} {
		got, err := json.Marshal(recipe)
		if err != nil || string(got) != text {
			t.Errorf("%s, %v; want %s", got, err, text)
		}
		var back Recipe
		if err := json.Unmarshal(got, &back); err != nil || back != recipe {
			t.Errorf("%+v, %v; want %+v", back, err, recipe)
		}
	}
}
