package mnistkit_test

import (
	"strings"
	"testing"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/show"
)

// TestPlayground: the page gets the weights that answer, those of At too, and an image of each class.
// A recipe that has changed gets none.
func TestPlayground(t *testing.T) {
	r := small(t)
	fitted(t, r, 2, kit.SaveWeights{})
	p, err := r.Playground()
	if err != nil || p.Refusal != "" {
		t.Fatal(p.Refusal, err)
	}
	steps, err := r.Model.Plan(p.Input)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(p.Values), 4*layer.Count(steps).Total; got != want || len(p.Steps) != len(steps) {
		t.Errorf("%d bytes of weights and %d steps, want %d and %d", got, len(p.Steps), want, len(steps))
	}
	if len(p.Examples) != 10 || len(p.Examples[0]) != 784 || !p.Bytes {
		t.Errorf("%d images", len(p.Examples))
	}
	early, err := r.At("cp-0001").Playground()
	if err != nil || string(early.Values) == string(p.Values) || !strings.Contains(early.Weights, "epoch 1") {
		t.Errorf("%s, %v", early.Weights, err)
	}
	block, err := kit.BlockOf(kit.Playground(r))
	live, ok := block.(show.Playable)
	if err != nil || !ok || !strings.Contains(live.Text(), "test/small") || strings.Contains(live.HTML(), "<script") {
		t.Errorf("%T, %v", block, err)
	}
	changed := r.With(r.Name, func(r *kit.Run) { r.Seed++ })
	if _, err := kit.BlockOf(kit.Playground(changed)); err == nil || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("an old model answers for a new recipe: %v", err)
	}
}

// TestPlaygroundOfImagesWithValues: a page shows a few images, also where they have no classes.
func TestPlaygroundOfImagesWithValues(t *testing.T) {
	small(t)
	test, err := kit.MNIST().Test()
	if err != nil {
		t.Fatal(err)
	}
	test = test.First(50)
	test.Labels, test.Classes = data.Array{F32: make([]float32, 50)}, nil
	r := kit.Run{Name: "test/values", Data: kit.Sets{TrainSet: test, TestSet: test}, Model: layer.Stack{layer.Flatten(), layer.Dense(1)}}
	fitted(t, r, 1)
	if p, err := r.Playground(); err != nil || len(p.Examples) != 12 {
		t.Errorf("%d images, %v", len(p.Examples), err)
	}
}

// TestPlaygroundsOfTextsAndTables: the model's own vocabulary and columns come along, no reviews do.
func TestPlaygroundsOfTextsAndTables(t *testing.T) {
	small(t)
	reviews := kit.Run{Name: "test/reviews", Data: kit.IMDB().Vocabulary(2000).MultiHot(), Model: layer.Stack{layer.Dense(1)}, BatchSize: 512}
	fitted(t, reviews, 1)
	p, err := reviews.Playground()
	if err != nil || len(p.Encoder.Text.Words) != 1998 || p.Examples != nil {
		t.Errorf("%d examples, %v", len(p.Examples), err)
	}
	flowers := kit.Run{Name: "test/flowers", Data: kit.Iris().Normalized(), Model: layer.Stack{layer.Dense(3)}}
	fitted(t, flowers, 1)
	p, err = flowers.Playground()
	if err != nil || len(p.Encoder.Table.Features) != 4 || len(p.Examples) != 30 || p.Labels[0] == "" {
		t.Errorf("%d examples, %v", len(p.Examples), err)
	}
}

// TestPlaygroundRefusals: what a page cannot hold is one sentence in its place.
func TestPlaygroundRefusals(t *testing.T) {
	small(t)
	large := kit.Run{Name: "test/large", Data: kit.MNIST(), Model: layer.Stack{layer.Flatten(), layer.Dense(400), layer.Dense(10)}, BatchSize: 500}
	rows := &kit.Set{Name: "rows", Inputs: data.Array{Shape: []int{2}, F32: []float32{1, 2, 3, 4}}, Labels: data.Array{F32: []float32{1, 2}}}
	plain := kit.Run{Name: "test/plain", Data: kit.Sets{TrainSet: rows}, Model: layer.Stack{layer.Dense(1)}}
	for _, c := range []struct {
		run  kit.Run
		says string
	}{
		{large, "test/large: it has 318,010 weights, and a page holds at most 300,000."},
		{plain, "its inputs, of shape [2], are neither grey images nor texts nor rows of a table."},
	} {
		fitted(t, c.run, 1)
		block, err := kit.BlockOf(kit.Playground(c.run))
		if err != nil || !strings.Contains(block.Text(), c.says) {
			t.Errorf("%v, %v; want %q", block, err, c.says)
		}
	}
}
