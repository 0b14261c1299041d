package mnistkit_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/engine"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
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

// TestRunsOfVersion01: runs as version 0.1 wrote them replay, answer, go on and open;
// see testdata/runs-0.1.
func TestRunsOfVersion01(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	small(t) // sets where runs and data are
	if err := os.CopyFS(runs.Root(), os.DirFS("testdata/runs-0.1")); err != nil {
		t.Fatal(err)
	}
	digits := kit.MNIST().First(200).Holdout(0.15).Seed(1)
	pixels := kit.Run{
		Name: "old/pixels", Data: digits, Seed: 1, Optimizer: kit.Adam(1e-2),
		Model: layer.Stack{layer.Rescale(1.0 / 255), layer.MaxPool(7), layer.Flatten(), layer.Dense(4).ReLU(), layer.BatchNorm(), layer.Dropout(0.2), layer.Dense(10)},
	}
	flowers := kit.Run{Name: "old/flowers", Data: kit.Iris().Normalized(), Seed: 1, Optimizer: kit.SGD(0.1), Model: layer.Stack{layer.Dense(3)}}
	line := kit.Loop{Name: "old/line", Start: kit.Variables{"W": {0}}, Settings: map[string]any{"rate": 0.1}}
	never := func(int, kit.Variables) (kit.Metrics, error) { return nil, errors.New("an epoch is trained") }

	last := func(r kit.Run) time.Time {
		t.Helper()
		info, err := os.Stat(filepath.Join(runs.Root(), filepath.FromSlash(r.Name), "last"))
		if err != nil {
			t.Fatal(err)
		}
		return info.ModTime()
	}
	for r, epochs := range map[*kit.Run]int{&pixels: 2, &flowers: 3} {
		before := last(*r)
		if h := fitted(t, *r, epochs); len(h) != epochs || !last(*r).Equal(before) {
			t.Errorf("%s: it has %d epochs, or was trained anew", r.Name, len(h))
		}
		stored, err := r.Evaluate(r.Data.Test())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(runs.Root(), filepath.FromSlash(r.Name), "scores.json")); err != nil {
			t.Fatal(err)
		}
		measured, err := r.Evaluate(r.Data.Test())
		if err != nil || math.Abs(stored.Metrics["loss"]-measured.Metrics["loss"]) > 1e-5 {
			t.Errorf("%s: measured %v, %v; stored %v", r.Name, measured.Metrics, err, stored.Metrics)
		}
		loaded, err := kit.Load(r.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := loaded.Predict(r.Data.Test()); err != nil {
			t.Error(err)
		}
	}
	if list, err := pixels.Checkpoints(); err != nil || len(list) != 1 || list[0].Name != "cp-0002" {
		t.Errorf("its checkpoints are %v, %v", list, err)
	}
	if h := fitted(t, flowers, 4); len(h) != 4 || h[3].Metrics["loss"] >= h[2].Metrics["loss"] {
		t.Errorf("a fourth epoch: %v", h)
	}
	plain, err := kit.Iris().Test()
	if _, e := flowers.Evaluate(plain, err); e == nil || !strings.Contains(e.Error(), "normalized") {
		t.Errorf("flowers that are not normalised: %v", e)
	}
	if h, err := line.Fit(3, never); err != nil || len(h) != 3 {
		t.Errorf("the loop has %d epochs, %v", len(h), err)
	}
	if v, err := line.Variables(); err != nil || math.Abs(float64(v["W"][0])-1.464) > 1e-6 {
		t.Errorf("the loop's W is %v, %v", v, err)
	}
	opened, err := kit.Open(filepath.Join(runs.Root(), "pixels.mnistkit"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.Evaluate(digits.Test()); err != nil {
		t.Error(err)
	}
}

// moved are data whose training labels have moved up by some places. It has the ID
// of the recipe that it embeds.
type moved struct {
	data.Recipe
	by    int
	reads *int // of the training set
}

func (m moved) Train() (*kit.Set, error) {
	*m.reads++
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
		reads := 0
		r.Data = moved{kit.MNIST().Holdout(0.15).Seed(1), by, &reads}
		if _, err := r.Evaluate(r.Data.Test()); err == nil || !strings.Contains(err.Error(), "the recipe has changed since it was trained (Data was") {
			t.Errorf("labels moved by %d: Evaluate gives %v", by, err)
		}
		fitted(t, r, 1)
		reads = 0
		if _, err := r.Evaluate(r.Data.Test()); err != nil || reads > 1 {
			t.Errorf("labels moved by %d, trained anew: %v; the training set was read %d times, want once at most", by, err, reads)
		}
	}
}

// movedInChunks are moved, and are read a chunk at a time.
type movedInChunks struct {
	moved
	size int // of a chunk
}

func (m movedInChunks) Chunks(name string) (data.Chunks, error) {
	set, err := m.Train()
	if name == "validation" {
		set, err = m.Validation()
	}
	return data.Chunks{N: set.Len(), Each: func(yield func(*kit.Set, error) bool) {
		for i := 0; i < set.Len() && yield(set.Slice(i, min(set.Len(), i+m.size)), err); i += m.size {
		}
	}}, err
}

// TestOwnChunksAreLookedAt: so are data that are read in chunks; how they are cut
// makes no difference.
func TestOwnChunksAreLookedAt(t *testing.T) {
	r := small(t)
	chunks := func(by, size int) kit.Data {
		return movedInChunks{moved{kit.MNIST().Holdout(0.15).Seed(1), by, new(int)}, size}
	}
	r.Data = chunks(0, 100)
	fitted(t, r, 1)
	r.Data = chunks(0, 37)
	if _, err := r.Evaluate(r.Data.Test()); err != nil {
		t.Error("the same data, cut in another way:", err)
	}
	r.Data = chunks(1, 100)
	if _, err := r.Evaluate(r.Data.Test()); err == nil || !strings.Contains(err.Error(), "the recipe has changed since it was trained (Data was") {
		t.Error("other labels:", err)
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

// TestEditsAreTrainedAnew: after an edit of the recipe the earlier model does not
// answer, and Fit gives what a training under another name gives.
func TestEditsAreTrainedAnew(t *testing.T) {
	base := small(t)
	base.Name = "test/edited"
	base.Data = kit.Sets{TrainSet: bars("train", []string{"top", "middle", "bottom"}, []int{0, 1, 2}, 60), TestSet: bars("test", nil, []int{0, 1, 2}, 12)}
	graphLayer := func(value float32, init, edit string) layer.Layer {
		return engine.Layer("edited", func(scope *model.Scope, x *graph.Node) *graph.Node {
			table := make([]float32, 16*16)
			table[255] = value
			x = graph.Add(x, graph.MatMul(x, graph.Reshape(graph.Const(x.Graph(), table), 16, 16)))
			x = graph.Mul(x, engine.Weight(scope, x, "gain", init, 1, 16))
			switch {
			case edit == "outside of training" && !scope.IsTraining(x.Graph()):
				x = graph.Neg(x)
			case edit == "not trained":
				scope.GetVariable("gain").SetTrainable(false)
			}
			return x
		})
	}
	stack := func(l layer.Layer) layer.Stack {
		return layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), l, layer.Dense(3)}
	}
	for _, c := range []struct {
		name string
		edit func(r *kit.Run)
	}{
		{"a value of a constant", func(r *kit.Run) { r.Model = stack(graphLayer(2, "ones", "")) }},
		{"first weights", func(r *kit.Run) { r.Model = stack(graphLayer(1, "zeros", "")) }},
		{"what it does outside of training", func(r *kit.Run) { r.Model = stack(graphLayer(1, "ones", "outside of training")) }},
		{"a weight that is not trained", func(r *kit.Run) { r.Model = stack(graphLayer(1, "ones", "not trained")) }},
		{"the seed", func(r *kit.Run) { r.Seed = 9 }},
		{"a setting of a layer", func(r *kit.Run) { r.Model[3] = layer.Dense(3).L2(0.5) }},
		{"a label", func(r *kit.Run) {
			set := bars("train", []string{"top", "middle", "bottom"}, []int{0, 1, 2}, 60)
			set.Labels.I32[59] = 0
			r.Data = kit.Sets{TrainSet: set, TestSet: bars("test", nil, []int{0, 1, 2}, 12)}
		}},
		{"pixels as float32", func(r *kit.Run) {
			train, test := bars("train", []string{"top", "middle", "bottom"}, []int{0, 1, 2}, 60), bars("test", nil, []int{0, 1, 2}, 12)
			for _, set := range []*kit.Set{train, test} {
				pixels := make([]float32, len(set.Inputs.U8))
				for i, p := range set.Inputs.U8 {
					pixels[i] = float32(p)
				}
				set.Inputs.U8, set.Inputs.F32 = nil, pixels
			}
			r.Data = kit.Sets{TrainSet: train, TestSet: test}
		}},
		{"a pixel written to in the set", func(r *kit.Run) { r.Data.(kit.Sets).TrainSet.Inputs.U8[7] ^= 255 }}, // the last: the set stays so
	} {
		t.Run(c.name, func(t *testing.T) {
			r := base.With(base.Name, func(r *kit.Run) { r.Model = stack(graphLayer(1, "ones", "")) })
			was := fitted(t, r, 1)
			edited := r.With(r.Name, c.edit)
			if _, err := edited.Evaluate(edited.Data.Test()); err == nil || !strings.Contains(err.Error(), "the recipe has changed since it was trained") {
				t.Errorf("the old model is asked: %v", err)
			}
			got := fitted(t, edited, 1)
			fresh := edited.With("test/fresh-"+strings.ReplaceAll(c.name, " ", "-"), nil)
			if diff := same(fitted(t, fresh, 1), got); diff != "" {
				t.Errorf("it differs from a fresh training: %s", diff)
			}
			a, err := edited.Evaluate(edited.Data.Test())
			if err != nil {
				t.Fatal(err)
			}
			b, err := fresh.Evaluate(fresh.Data.Test())
			if err != nil || a.Metrics["loss"] != b.Metrics["loss"] {
				t.Errorf("it answers with a loss of %v, a fresh training with %v, %v", a.Metrics["loss"], b.Metrics["loss"], err)
			}
			t.Logf("loss before the edit %.4f, after it %.4f", was.Last().Metrics["loss"], got.Last().Metrics["loss"])
		})
	}
}

// A score answers only for the weights and the data that it was measured with.
func TestScoresBelongToWeightsAndData(t *testing.T) {
	a := small(t)
	b := a.With("test/other", func(r *kit.Run) { r.Seed = 2 })
	evaluated := func(r kit.Run) kit.Score {
		t.Helper()
		s, err := r.Evaluate(r.Data.Test())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	fitted(t, a, 1)
	fitted(t, b, 1)
	of, other := evaluated(a), evaluated(b)
	if row := of.AsData().Rows[0]; strings.Join(row, " ") != "test/small mnist/test last weights, epoch 1 mnist/test:sample "+of.SHA256 {
		t.Errorf("programs are told %q", row)
	}
	if of.Loss() == other.Loss() || of.SHA256 == other.SHA256 || !of.Test {
		t.Fatalf("%+v\n%+v", of, other)
	}
	dir, err := a.Dir()
	if err != nil {
		t.Fatal(err)
	}
	otherDir, _ := b.Dir()
	if err := os.RemoveAll(dir.Path("last")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir.Path("last"), os.DirFS(otherDir.Path("last"))); err != nil {
		t.Fatal(err)
	}
	if now := evaluated(a); now.Loss() != other.Loss() {
		t.Errorf("with the weights of another run the stored score answers: %g, not %g", now.Loss(), other.Loss())
	}

	record, _, err := dir.ReadRecord()
	if err != nil {
		t.Fatal(err)
	}
	record.Recipe.Data = strings.Replace(record.Recipe.Data, "sample", "full", 1)
	if err := dir.WriteRecord(record); err != nil {
		t.Fatal(err)
	}
	loaded, err := kit.Load(a.Name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(dir.Path("scores.json")); err != nil {
		t.Fatal(err)
	}
	if s := evaluated(loaded); s.Test || s.Data != "mnist/test:sample" {
		t.Errorf("a score of the sample passes for one of the full data: %+v", s)
	}
}
