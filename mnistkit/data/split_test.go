package data

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// labelsOf makes n labels in uneven classes: half 0, a third 1, the rest 2.
func labelsOf(n int) []int32 {
	labels := make([]int32, n)
	for i := range labels {
		labels[i] = []int32{0, 1, 0, 1, 0, 2}[i%6]
	}
	return labels
}

func TestSplitIsDisjointAndComplete(t *testing.T) {
	for _, recipe := range []Recipe{
		MNIST().Holdout(0.15),
		MNIST().Holdout(0.15).Seed(7),
		MNIST().Holdout(0.2).Stratified(),
		MNIST().LastFraction(0.15),
		MNIST().FirstPerClass(20).Holdout(0.2),
	} {
		for _, n := range []int{7, 100, 1003} {
			labels := labelsOf(n)
			train, validation, err := recipe.divide(labels)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.IsSorted(train) || !slices.IsSorted(validation) {
				t.Errorf("%+v of %d: not in file order", recipe.Split, n)
			}
			both := slices.Sorted(slices.Values(slices.Concat(train, validation)))
			want := firstIndices(n)
			if recipe.PerClass > 0 {
				want = firstPerClass(labels, recipe.PerClass)
			}
			if !slices.Equal(both, want) {
				t.Errorf("%+v of %d: the parts are not every example once", recipe.Split, n)
			}
		}
	}
}

// The indices of a seed never change: runs on disk and published figures rest on them.
func TestSplitGolden(t *testing.T) {
	tests := []struct {
		recipe Recipe
		want   []int32
	}{
		{MNIST().Holdout(0.3), []int32{1, 4, 6, 7, 11, 12}},
		{MNIST().Holdout(0.3).Seed(1), []int32{0, 1, 8, 11, 12, 17}},
		{MNIST().Holdout(0.3).Stratified().Seed(1), []int32{2, 5, 6, 10, 13, 15}},
		{MNIST().LastFraction(0.3), []int32{14, 15, 16, 17, 18, 19}},
	}
	for _, test := range tests {
		_, got, err := test.recipe.divide(labelsOf(20))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%+v: %s", test.recipe.Split, diff)
		}
	}
}

func TestStratifiedWithinOne(t *testing.T) {
	for n := 25; n < 200; n += 7 {
		for _, fraction := range []float64{0.05, 0.15, 0.5, 0.9} {
			labels := labelsOf(n)
			split := Split{Kind: Stratified, Fraction: fraction}
			cut, err := split.cut(n)
			if err != nil {
				t.Fatal(err)
			}
			_, validation, err := Recipe{Split: split}.divide(labels)
			if err != nil {
				t.Fatal(err)
			}
			if len(validation) != n-cut {
				t.Errorf("n %d, fraction %g: %d held out, want %d", n, fraction, len(validation), n-cut)
			}
			all := Set{Labels: Array{I32: labels}, Classes: []string{"0", "1", "2"}}
			held := all.Select(validation).Counts()
			for class, members := range all.Counts() {
				share := float64(members) * float64(n-cut) / float64(n)
				if diff := float64(held[class]) - share; diff <= -1 || diff >= 1 {
					t.Errorf("n %d, fraction %g: %d of class %d held out, its share is %.2f", n, fraction, held[class], class, share)
				}
			}
		}
	}
}

// Keras' train_validation_split cuts at floor(n·(1-f)).
func TestCutAsKeras(t *testing.T) {
	for _, test := range []struct {
		n        int
		fraction float64
		want     int
	}{{60000, 0.15, 51000}, {1000, 0.2, 800}, {10, 0.25, 7}, {60000, 0.1, 54000}, {3, 0.34, 1}} {
		if got, err := (Split{Kind: Last, Fraction: test.fraction}).cut(test.n); err != nil || got != test.want {
			t.Errorf("cut(%d) at %g = %d, %v; want %d", test.n, test.fraction, got, err, test.want)
		}
	}
}

func TestEpochSplit(t *testing.T) {
	t.Setenv(dataVariable, bundled)
	leaky := MNIST().Holdout(0.15).Reshuffled().Seed(3)
	train, validation, ok, err := leaky.EpochSplit(0)
	if err != nil || !ok || len(train) != 850 || len(validation) != 150 {
		t.Fatalf("%d and %d examples, ok %t, %v; want 850 and 150", len(train), len(validation), ok, err)
	}
	trained := map[int32]bool{}
	for _, i := range train {
		trained[i] = true
	}
	leaked := 0
	for _, i := range validation {
		if trained[i] {
			leaked++
		}
	}
	// Two independent shuffles: 85 % of the validation examples, give or take, are trained on.
	if len(trained) != 850 || leaked < 110 || leaked > 145 {
		t.Errorf("%d of 150 validation examples are in training, %d distinct; want about 128 and 850", leaked, len(trained))
	}
	again, _, _, _ := leaky.EpochSplit(0)
	next, _, _, _ := leaky.EpochSplit(1)
	if !slices.Equal(train, again) || slices.Equal(train, next) {
		t.Error("epoch 0 must repeat, epoch 1 must differ")
	}
	if all := must(leaky.Train())(t); all.Len() != 1000 {
		t.Errorf("Train of a reshuffled recipe has %d examples, want all 1000", all.Len())
	}
	if none, err := leaky.Validation(); none != nil || err != nil {
		t.Errorf("Validation of a reshuffled recipe is %v, %v; want nil", none, err)
	}
	if _, _, ok, err := MNIST().Holdout(0.15).EpochSplit(0); ok || err != nil {
		t.Errorf("a fixed split: ok %t, %v; want false", ok, err)
	}
}

// An epoch's split needs the labels only: it does not unpack the images once more.
func TestEpochSplitReadsNoImages(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	set.files[0] = encoded(t, Array{Shape: []int{200, 200}, U8: make([]uint8, 30*200*200)})
	leaky := Recipe{Dataset: "tiny"}.From(write(t, set, func(name string) string { return name + ".gz" })).Holdout(0.2).Reshuffled()
	must(leaky.Form())(t) // hashes the files
	bytes := allocated(func() {
		if _, _, ok, err := leaky.EpochSplit(1); !ok || err != nil {
			t.Error(ok, err)
		}
	})
	if bytes > 1<<20 {
		t.Errorf("it takes %d bytes", bytes)
	}
}

func TestSplitErrors(t *testing.T) {
	t.Setenv(dataVariable, bundled)
	for _, test := range []struct {
		recipe Recipe
		want   string
	}{
		{MNIST().Stratified(), "the stratified split takes a fraction of 0"},
		{MNIST().Reshuffled(), "the reshuffled split takes a fraction of 0"},
		{MNIST().Holdout(15), "a fraction of 15"},
		{MNIST().Holdout(-0.1), "a fraction of -0.1"},
		{MNIST().Holdout(0.9999), "leaves one subset empty"},
		{MNIST().FirstPerClass(-3), "FirstPerClass takes nothing"},
		{MNIST().FirstPerClass(0), "FirstPerClass takes nothing"},
		{MNIST().First(0), "First or FirstPerClass takes nothing"},
		{Recipe{Dataset: "mnist", Split: Split{Kind: "random"}}, `"random" is not known`},
	} {
		_, err := test.recipe.Train()
		if test.recipe.Split.Kind == Reshuffled {
			_, err = test.recipe.Validation()
		}
		wantError(t, err, test.want)
	}
}

func TestSplitMethodsInAnyOrder(t *testing.T) {
	a := MNIST().Seed(2).Stratified().Holdout(0.1)
	b := MNIST().Holdout(0.1).Stratified().Seed(2)
	if a != b || a.Split.Kind != Stratified {
		t.Errorf("%+v and %+v differ", a, b)
	}
	if c := MNIST().LastFraction(0.1).Holdout(0.2); c.Split.Kind != Holdout {
		t.Errorf("Holdout after LastFraction is %q", c.Split.Kind)
	}
}

// Form says without reading what Train and Validation return.
func TestForm(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	whole := Recipe{Dataset: "tiny", Dir: write(t, set, plain)}
	for _, recipe := range []Recipe{
		whole, whole.Holdout(0.4), whole.Holdout(0.4).Stratified(), whole.LastFraction(0.2), whole.Holdout(0.4).Reshuffled(),
		whole.FirstPerClass(3), whole.FirstPerClass(3).Holdout(0.5),
		{Dataset: "mnist"}, // the bundled sample
	} {
		form := must(recipe.Form())(t)
		train, validation := must(recipe.Train())(t), must(recipe.Validation())(t)
		want := Form{Shape: train.Inputs.Shape, Inputs: train.Inputs.DType(), Labels: train.Labels.DType(), Train: train.Len(), Classes: train.Classes, Notice: train.Notice}
		if validation != nil {
			want.Validation = validation.Len()
		}
		if diff := cmp.Diff(want, form); diff != "" {
			t.Errorf("%s: %s", recipe.suffix(), diff)
		}
	}
	_, err := whole.LastFraction(0.99).Form()
	wantError(t, err, "leaves one subset empty")
}
