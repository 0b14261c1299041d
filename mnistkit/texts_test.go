package mnistkit_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
	texts "gonblabs/mnistkit/text"
)

// Texts train, answer for sentences of one's own, and are found again by the
// run's name alone, as word ids and as marks.
func TestTexts(t *testing.T) {
	small(t) // chooses the sample and a folder for the runs
	reviews := kit.IMDB().Vocabulary(2000).Holdout(0.4)
	for name, r := range map[string]kit.Run{
		"test/ids": {Data: reviews.Padded(24), Model: layer.Stack{
			layer.Embedding(2000, 8).MaskZero(), layer.GlobalAveragePool1D(), layer.Dense(1)}},
		"test/marks": {Data: reviews.MultiHot(), Model: layer.Stack{layer.Dense(4).ReLU(), layer.Dense(1)}},
	} {
		r.Name, r.Seed, r.BatchSize, r.Optimizer = name, 1, 128, kit.Adam(1e-2)
		fitted(t, r, 3)
		loaded, err := kit.Load(name)
		if err != nil || loaded.Data != r.Data {
			t.Fatalf("%s: loaded with the data %v (%v), want %v", name, loaded.Data, err, r.Data)
		}
		score, err := loaded.Evaluate(loaded.Data.Test())
		if err != nil || score.Accuracy() < 0.68 {
			t.Errorf("%s: %v of the test sentences are right (%v), want 0.68", name, score.Accuracy(), err)
		}
		encode := reviews.Padded(24).Encode
		if name == "test/marks" {
			encode = reviews.MultiHot().Encode
		}
		answers, err := r.Predict(encode("a warm, funny and moving film", "dull, bad and boring"))
		if err != nil {
			t.Fatal(err)
		}
		if got := []int{answers.Class(0), answers.Class(1)}; !cmp.Equal(got, []int{1, 0}) {
			t.Errorf("%s: praise and blame are taken for %v (%v)", name, got, answers.Values)
		}
	}
}

// The table shows the words that a row keeps, what is true and what is said;
// texts of one's own have no truth.
func TestTextsInWords(t *testing.T) {
	small(t)
	reviews := kit.IMDB().Vocabulary(2000).Padded(24)
	mine, err := reviews.Encode("A good film, qwertyuiop!")
	if err != nil {
		t.Fatal(err)
	}
	said := score.Predictions{Model: "test/words", Data: mine, Units: 1, Values: []float32{0.75}}
	block, err := kit.Texts(reviews, 3, mine, said)()
	if err != nil {
		t.Fatal(err)
	}
	table, ok := block.(show.Table)
	want := [][]string{{"a good film [UNK]", "positive, 75.00 %"}}
	if !ok || !cmp.Equal(table.Rows, want) || !cmp.Equal(table.Header, []string{"text", "test/words says"}) {
		t.Errorf("the table is\n%s", block.Text())
	}
	test, err := reviews.Test()
	if err != nil {
		t.Fatal(err)
	}
	if block, err = kit.Texts(reviews, 3, test)(); err != nil || len(block.(show.Table).Rows) != 3 || !cmp.Equal(block.(show.Table).Header, []string{"text", "is"}) {
		t.Errorf("%v, %v; want three texts with their labels", block, err)
	}
	stars := score.Predictions{Model: "test/stars", Data: &kit.Set{Inputs: mine.Inputs}, Units: 1, Values: []float32{7.5}}
	if block, err = kit.Texts(reviews, 1, mine, stars)(); err != nil || block.(show.Table).Rows[0][1] != "7.5000" {
		t.Errorf("%v, %v; want the value of a regression", block, err)
	}
	other, err := reviews.Encode("A bad film")
	if err != nil {
		t.Fatal(err)
	}
	rated := &kit.Set{Name: "rated", Inputs: mine.Inputs, Labels: data.Array{Shape: []int{}, F32: []float32{7.5}}}
	if block, err = kit.Texts(reviews, 1, rated)(); err != nil || !cmp.Equal(block.(show.Table).Rows, [][]string{{"a good film [UNK]", "7.5"}}) {
		t.Errorf("%v, %v; want a text with its value", block, err)
	}
	torn := &kit.Set{Name: "torn", Inputs: mine.Inputs, Labels: data.Array{Shape: []int{}, I32: []int32{-1}}, Classes: mine.Classes}
	for name, view := range map[string]kit.View{
		"0 texts are none to show": kit.Texts(reviews, 0, test), "labels go from -1": kit.Texts(reviews, 1, torn),
		"give a set with at least one":   kit.Texts(reviews, 3, nil),
		"answers to another set":         kit.Texts(reviews, 3, test, said),
		"give answers to \"own texts\"":  kit.Texts(reviews, 1, other, said),
		"hold 1 values, but 1 examples":  kit.Texts(reviews, 1, mine, score.Predictions{Data: mine, Units: 2, Values: []float32{1}}),
		"do not keep the order of words": kit.Texts(reviews.MultiHot(), 1, marks(t, reviews)),
	} {
		if _, err := view(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want one with %q", err, name)
		}
	}
}

func marks(t *testing.T, r texts.Recipe) *kit.Set {
	t.Helper()
	set, err := r.MultiHot().Encode("a film")
	if err != nil {
		t.Fatal(err)
	}
	return set
}
