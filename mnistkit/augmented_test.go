package mnistkit_test

import (
	"strings"
	"testing"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
)

// Augmented shows originals and variations, the same at each call; a run that
// augments trains, and predicts without randomness.
func TestAugmented(t *testing.T) {
	r := small(t).With("test/augmented", func(r *kit.Run) {
		r.Model = append(layer.Stack{layer.Rescale(1.0 / 255), layer.RandomTranslation(0.1, 0.1), layer.RandomRotation(0.03)}, r.Model[1:]...)
	})
	draw := func(r kit.Run) string {
		t.Helper()
		block, err := kit.Augmented(r, 2, 5)()
		if err != nil {
			t.Fatal(err)
		}
		return block.HTML()
	}
	one := draw(r)
	if !strings.Contains(one, "10 images from mnist/train") || !strings.Contains(one, "the others augmented") {
		t.Errorf("%.300s", one)
	}
	if draw(r) != one {
		t.Error("a second call draws other variations")
	}
	if draw(r.With("test/other", func(r *kit.Run) { r.Seed++ })) == one {
		t.Error("another seed draws the same variations")
	}
	if draw(r.With("test/none", func(r *kit.Run) { r.Model[1], r.Model[2] = layer.RandomTranslation(0, 0), layer.RandomRotation(0) })) == one {
		t.Error("the variations are not moved")
	}
	fitted(t, r, 2)
	a, err := r.Evaluate(r.Data.Test())
	if err != nil {
		t.Fatal(err)
	}
	answers, err := r.Predict(r.Data.Test())
	if err != nil {
		t.Fatal(err)
	}
	if right := answers.Accuracy(); right-a.Accuracy() > 1e-6 || a.Accuracy()-right > 1e-6 {
		t.Errorf("%g of the answers are right, Evaluate says %g", right, a.Accuracy())
	}
	for what, view := range map[string]kit.View{
		"has no augmenting layers in front": kit.Augmented(small(t), 2, 4),
		"give at least one row of two":      kit.Augmented(r, 2, 1),
	} {
		if _, err := view(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %q", err, what)
		}
	}
}
