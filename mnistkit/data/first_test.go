package data

import (
	"slices"
	"testing"
)

// First takes what the file begins with; Form says the same without reading.
func TestFirst(t *testing.T) {
	t.Setenv(dataVariable, bundled)
	for _, c := range []struct {
		recipe            Recipe
		train, validation int
		id                string
	}{
		{MNIST().First(100), 100, 0, "mnist:sample:first 100"},
		{MNIST().First(100).Holdout(0.2), 80, 20, "mnist:sample:first 100:holdout(0.2,seed 0)"},
		{MNIST().FirstPerClass(20).First(150), 150, 0, "mnist:sample:first 20 per class:first 150"},
		{MNIST().First(1_000_000), 1000, 0, "mnist:sample:first 1000000"},
	} {
		f, err := c.recipe.Form()
		if err != nil || f.Train != c.train || f.Validation != c.validation {
			t.Errorf("%s: %+v, %v", c.id, f, err)
		}
		train := must(c.recipe.Train())(t)
		if id, err := c.recipe.ID(); train.Len() != c.train || id != c.id || err != nil {
			t.Errorf("%d examples of %s, %v; want %d of %s", train.Len(), id, err, c.train, c.id)
		}
	}
	all := must(MNIST().Train())(t)
	if got := must(MNIST().First(30).Train())(t); !slices.Equal(got.Inputs.U8, all.Inputs.U8[:30*784]) {
		t.Error("they are not the first of the file")
	}
	_, err := MNIST().First(-1).Train()
	wantError(t, err, "takes nothing; give at least 1")
}
