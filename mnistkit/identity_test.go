package mnistkit_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"
)

// bars are n pictures of 4×4 pixels, of which one row is bright: that of its class.
func bars(name string, classes []string, rows []int, n int) *kit.Set {
	set := &kit.Set{Name: name, Inputs: data.Array{Shape: []int{4, 4, 1}}, Labels: data.Array{Shape: []int{}}, Classes: classes}
	for i := range n {
		class := i % len(rows)
		for pixel := range 16 {
			v := uint8(10 * (i % 3))
			if pixel/4 == rows[class] {
				v += 200
			}
			set.Inputs.U8 = append(set.Inputs.U8, v)
		}
		set.Labels.I32 = append(set.Labels.I32, int32(class))
	}
	return set
}

// barModel is a run that tells three bars apart without a mistake.
func barModel(t *testing.T) kit.Run {
	t.Helper()
	r := small(t)
	train := bars("train", []string{"top", "middle", "bottom"}, []int{0, 1, 2}, 60)
	r.Data = kit.Sets{TrainSet: train, ValidationSet: bars("validation", []string{"bottom", "top"}, []int{2, 0}, 10)}
	r.Model = layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(3)}
	h := fitted(t, r, 20, &kit.EvaluateOn{Name: "other", Set: func() (*kit.Set, error) {
		return bars("other", []string{"middle", "top"}, []int{1, 0}, 10), nil
	}})
	for _, metric := range []string{"accuracy", "val_accuracy", "other_accuracy"} {
		if h.Last().Metrics[metric] != 1 {
			t.Errorf("%s is %v, want 1: every picture by the name of its class", metric, h.Last().Metrics[metric])
		}
	}
	return r
}

// TestClassesByName: a set that lacks one of the training's classes numbers the
// others from 0; a model tells them by name, and an opened one knows the names.
func TestClassesByName(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	r := barModel(t)
	file := filepath.Join(t.TempDir(), "bars.mnistkit")
	if err := r.Save(file); err != nil {
		t.Fatal(err)
	}
	opened, err := kit.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	some := bars("some", []string{"middle", "bottom"}, []int{1, 2}, 12)
	sets := r.Data.(kit.Sets)
	sets.TestSet = some
	r.Data = sets
	for name, r := range map[string]kit.Run{"trained": r, "opened": opened} {
		score, err := r.Evaluate(some)
		if err != nil || score.Accuracy() != 1 {
			t.Errorf("%s: accuracy %v, %v; want 1", name, score.Accuracy(), err)
		}
		if score.Test != (name == "trained") {
			t.Errorf("%s: the score counts as one of its test data: %v", name, score.Test)
		}
		p, err := r.Predict(some)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			if got, want := p.ClassNames()[p.Class(i)], some.Classes[i]; got != want || !p.Right(i) {
				t.Errorf("%s: picture %d is %q, right %v; want %q", name, i, got, p.Right(i), want)
			}
		}
		nameless := *some
		nameless.Classes, nameless.Labels = nil, data.Array{}
		p, err = r.Predict(&nameless)
		if err != nil || p.ClassNames()[p.Class(0)] != "middle" {
			t.Errorf("%s: without names it says %q, %v", name, p.ClassNames(), err)
		}
		_, err = r.Evaluate(bars("new", []string{"bottom", "left"}, []int{2, 1}, 4))
		if err == nil || !strings.Contains(err.Error(), `of the class "left", but the classes are top, middle, bottom`) {
			t.Errorf("%s: a class that it was not trained on: %v", name, err)
		}
	}
}

// TestOtherInputs: what does not fit the inputs of the training is refused with a
// sentence that says both, and never measured.
func TestOtherInputs(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	r := barModel(t)
	pixels := bars("pixels", nil, []int{0, 1, 2}, 6)
	scaled := *pixels
	scaled.Inputs = data.Array{Shape: []int{4, 4, 1}}
	for _, v := range pixels.Inputs.U8 {
		scaled.Inputs.F32 = append(scaled.Inputs.F32, float32(v)/255)
	}
	flat := *pixels
	flat.Inputs.Shape = []int{16}

	flowers := kit.Run{
		Name: "test/flowers", Data: kit.Iris().Normalized(), Seed: 1, Optimizer: kit.SGD(0.1),
		Model: layer.Stack{layer.Dense(10).ReLU(), layer.Dense(3)},
	}
	fitted(t, flowers, 20)
	plain, err := kit.Iris().Test()
	if err != nil {
		t.Fatal(err)
	}
	words := kit.Run{
		Name: "test/words", Data: kit.IMDB().Vocabulary(200).Padded(8), Seed: 1,
		Model: layer.Stack{layer.Embedding(200, 2).MaskZero(), layer.GlobalAveragePool1D(), layer.Dense(1)},
	}
	fitted(t, words, 1)
	fewer, err := kit.IMDB().Vocabulary(100).Padded(8).Encode("what a film")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		run  kit.Run
		set  *kit.Set
		want []string
	}{
		"float pixels":    {r, &scaled, []string{"trained on inputs of type uint8", `those of "pixels" are float32`}},
		"another shape":   {r, &flat, []string{"examples of shape [4 4 1]", "have shape [16]"}},
		"not normalised":  {flowers, plain, []string{"4 features, normalized", "4 features, as they are"}},
		"fewer words":     {words, fewer, []string{"the 200 most frequent words", "the 100 most frequent words"}},
		"a damaged set":   {r, &kit.Set{Name: "broken", Inputs: data.Array{Shape: []int{4, 4, 1}, U8: make([]uint8, 17)}}, []string{"broken"}},
		"its own is fine": {flowers, func() *kit.Set { s, _ := flowers.Data.Test(); return s }(), nil},
	} {
		_, err := c.run.Predict(c.set)
		if c.want == nil {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", name, err, want)
			}
		}
	}
}

// TestRunsOfEarlierVersions: a run folder as version 0.1 wrote it replays and
// answers from the disk.
func TestRunsOfEarlierVersions(t *testing.T) {
	r := small(t)
	want := fitted(t, r, 2, kit.ModelCheckpoint{})
	score, err := r.Evaluate(r.Data.Test())
	if err != nil {
		t.Fatal(err)
	}
	edit := func(file string, patterns ...string) {
		t.Helper()
		path := filepath.Join(runs.Root(), "test", "small", file)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range patterns {
			without := regexp.MustCompile(p).ReplaceAll(b, nil)
			if len(without) == len(b) {
				t.Fatalf("%s has no %s", file, p)
			}
			b = without
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const stamps = `\s*"(format|written_by)": ?("[^"]*"|\d+),`
	edit("run.json", stamps, `(?s)\s*"classes": \[.*?\],`)
	edit("last/state.json", stamps)
	edit("best/state.json", stamps)
	edit("scores.json", stamps, `\s*"scores": \{`, `\}\s*$`)
	if diff := same(want, fitted(t, r, 2, kit.ModelCheckpoint{})); diff != "" {
		t.Errorf("the replay differs: %s", diff)
	}
	again, err := r.Evaluate(r.Data.Test())
	if err != nil || again.Accuracy() != score.Accuracy() {
		t.Errorf("its score is %v, %v; want %v", again, err, score)
	}
	test, err := r.Data.Test()
	if err != nil {
		t.Fatal(err)
	}
	named := *test
	named.Classes = append([]string{"none"}, test.Classes[1:]...)
	if _, err := r.Evaluate(&named); err == nil || !strings.Contains(err.Error(), `of the class "none", but the classes are 0, 1`) {
		t.Errorf("a class that it was not trained on: %v", err)
	}
	loaded, err := kit.Load("test/small")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := loaded.Predict(r.Data.Test()); err != nil {
		t.Error(err)
	}
	if old, _ := runs.List("*"); !slices.ContainsFunc(old, func(d runs.Dir) bool { return d.Name == "test/small" }) {
		t.Errorf("the runs are %v", old)
	}
}

// moved are data whose training labels have moved up by some places. It has the ID
// of the recipe that it embeds.
type moved struct {
	data.Recipe
	by int
}

func (m moved) Train() (*kit.Set, error) {
	set, err := m.Recipe.Train()
	if err != nil {
		return nil, err
	}
	other := *set
	other.Labels.I32 = slices.Concat(set.Labels.I32[m.by:], set.Labels.I32[:m.by])
	return &other, nil
}

// TestOwnDataAreLookedAt: data of the reader's own are told apart by what they
// give, not only by what they say of themselves.
func TestOwnDataAreLookedAt(t *testing.T) {
	r := small(t)
	fitted(t, r, 1)
	for _, by := range []int{0, 1, 2} {
		r.Data = moved{kit.MNIST().Holdout(0.15).Seed(1), by}
		if _, err := r.Evaluate(r.Data.Test()); err == nil || !strings.Contains(err.Error(), "the recipe has changed since it was trained (data was") {
			t.Errorf("labels moved by %d: Evaluate gives %v", by, err)
		}
		fitted(t, r, 1)
		if _, err := r.Evaluate(r.Data.Test()); err != nil {
			t.Errorf("labels moved by %d, trained anew: %v", by, err)
		}
	}
}

// TestEncodingTravels: new rows and sentences go the way of the training's, also
// into a model that was opened from a file, without the data.
func TestEncodingTravels(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	small(t) // sets where runs and data are
	table := filepath.Join(t.TempDir(), "trees.csv")
	rows := "kind,height,girth\n"
	for i := range 30 {
		rows += [3]string{"ash", "beech", "cedar"}[i%3] + "," + [3]string{"10", "20", "30"}[i%3] + "," + [2]string{"1", "2"}[i%2] + "\n"
	}
	if err := os.WriteFile(table, []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	trees := kit.Run{
		Name: "test/trees", Data: kit.CSV(table, "kind").Normalized(), Seed: 1, Optimizer: kit.SGD(0.5),
		Model: layer.Stack{layer.Dense(8).ReLU(), layer.Dense(3)},
	}
	words := kit.Run{
		Name: "test/words", Data: kit.IMDB().Vocabulary(200).Padded(8), Seed: 1,
		Model: layer.Stack{layer.Embedding(200, 2).MaskZero(), layer.GlobalAveragePool1D(), layer.Dense(1)},
	}
	fitted(t, trees, 40)
	fitted(t, words, 1)
	tree, text := kit.Row{"height": 30, "girth": 1}, "what a good film"
	own := map[string]func() (*kit.Set, error){
		"test/trees": func() (*kit.Set, error) { return kit.CSV(table, "kind").Normalized().Encode(tree) },
		"test/words": func() (*kit.Set, error) { return kit.IMDB().Vocabulary(200).Padded(8).Encode(text) },
	}
	for _, c := range []struct {
		run     kit.Run
		example any
	}{{trees, tree}, {words, text}} {
		want, err := own[c.run.Name]()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "model.mnistkit")
		if err := c.run.Save(file); err != nil {
			t.Fatal(err)
		}
		opened, err := kit.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		opened.Data = nil
		for _, r := range []kit.Run{c.run, opened} {
			set, err := r.Encode(c.example)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(set.Inputs.F32, want.Inputs.F32) || !slices.Equal(set.Inputs.I32, want.Inputs.I32) || set.Encoding != want.Encoding {
				t.Errorf("%s: encoded as %v, want %v", r.Name, set.Inputs, want.Inputs)
			}
			p, err := r.Predict(set)
			if err != nil {
				t.Fatal(err)
			}
			if c.run.Name == "test/trees" && p.ClassNames()[p.Class(0)] != "cedar" {
				t.Errorf("%s: a cedar is taken for %s", r.Name, p.ClassNames()[p.Class(0)])
			}
			if _, err := r.Encode(3.5); err == nil || !strings.Contains(err.Error(), "example 1 is of type float64; the run was trained on") {
				t.Errorf("%s: a number: %v", r.Name, err)
			}
		}
	}
	pixels := small(t)
	fitted(t, pixels, 1)
	if _, err := pixels.Encode("seven"); err == nil || !strings.Contains(err.Error(), "trained on inputs as they are, such as pixels") {
		t.Errorf("a sentence for pixels: %v", err)
	}
}
