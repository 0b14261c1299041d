package mnistkit_test

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
)

// speciesFile is a table of trees, whose x tells the species.
func speciesFile(t *testing.T, name string, species ...string) string {
	t.Helper()
	at := map[string]int{"ash": 0, "beech": 5, "cedar": 10, "yew": 20}
	var text strings.Builder
	text.WriteString("x,species\n")
	for i := range 60 {
		s := species[i%len(species)]
		fmt.Fprintf(&text, "%.3f,%s\n", float64(at[s])+float64(i%7)/10, s)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// A table that lacks one of the training's classes numbers its own from 0; a model tells them by name.
func TestSpeciesByName(t *testing.T) {
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	trees := kit.CSV(speciesFile(t, "train.csv", "ash", "beech", "cedar"), "species")
	r := kit.Run{Name: "trees/mlp", Data: trees, Seed: 1, Optimizer: kit.Adam(0.05),
		Model: layer.Stack{layer.Dense(16).ReLU(), layer.Dense(3)}}
	fitted(t, r, 40)
	some := kit.CSV(speciesFile(t, "new.csv", "beech", "cedar"), "species")
	score, err := r.Evaluate(some.Train())
	if err != nil || score.Accuracy() != 1 {
		t.Errorf("accuracy %v, %v", score.Accuracy(), err)
	}
	p, err := r.Predict(some.Train())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"beech", "cedar"} {
		if got := p.ClassNames()[p.Class(i)]; got != want || p.Data.Label(i) != want {
			t.Errorf("row %d of %s is taken for %s, its label for %s", i, want, got, p.Data.Label(i))
		}
	}
	holds(t, text(t, kit.ClassReport(p)), "macro average", "100.00 %")
	_, err = r.Evaluate(kit.CSV(speciesFile(t, "other.csv", "beech", "yew"), "species").Train())
	if err == nil || !strings.Contains(err.Error(), `is of the class "yew", but the classes are ash, beech, cedar`) {
		t.Errorf("a class that it was not trained on: %v", err)
	}
}

// shapesFolder has n pictures of each kind: a bar, a cross or a frame, thicker from one to the next.
func shapesFolder(t *testing.T, n int, kinds ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, kind := range kinds {
		for i := range n {
			img := image.NewGray(image.Rect(0, 0, 60, 60))
			for y := range 60 {
				for x := range 60 {
					dx, dy, w := max(x-30, 30-x), max(y-30, 30-y), 3+i%3
					ink := map[string]bool{
						"bar":   dx < w && dy < 18,
						"cross": dx < w && dy < 18 || dy < w && dx < 18,
						"ring":  max(dx, dy) < 18 && max(dx, dy) >= 18-w,
					}[kind]
					if img.SetGray(x, y, color.Gray{Y: 255}); ink {
						img.SetGray(x, y, color.Gray{})
					}
				}
			}
			path := filepath.Join(dir, kind, fmt.Sprintf("%02d.png", i))
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			f, err := os.Create(path)
			if err == nil {
				err = png.Encode(f, img)
				f.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// The same for folders of pictures.
func TestShapesByName(t *testing.T) {
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	train, err := kit.Pictures(shapesFolder(t, 6, "bar", "cross", "ring"))
	if err != nil {
		t.Fatal(err)
	}
	r := kit.Run{Name: "shapes/mlp", Data: kit.Sets{TrainSet: train}, Seed: 1, Optimizer: kit.Adam(0.01),
		Model: layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(3)}}
	fitted(t, r, 30)
	score, err := r.Evaluate(kit.Pictures(shapesFolder(t, 3, "cross", "ring")))
	if err != nil || score.Accuracy() != 1 {
		t.Errorf("accuracy %v, %v", score.Accuracy(), err)
	}
}

// What people bring from Python trains, or is told with its real cause.
func TestSetsAsPeopleHaveThem(t *testing.T) {
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	ramp := make([]float32, 360)
	for i := range ramp {
		ramp[i] = float32(i%7) / 7
	}
	rows, images := data.Array{Shape: []int{3}, F32: ramp[:30]}, data.Array{Shape: []int{6, 6}, F32: ramp}
	values := data.Array{I32: []int32{100, 200, 300, 400, 500, 600, 700, 800, 900, 1000}}
	classes := data.Array{I32: []int32{0, 1, 0, 1, 0, 1, 0, 1, 0, 1}}
	column := data.Array{Shape: []int{1}, I32: classes.I32}
	oneHot := data.Array{Shape: []int{2}}
	for _, c := range classes.I32 {
		oneHot.F32 = append(oneHot.F32, float32(1-c), float32(c))
	}
	floats := data.Array{}
	for _, c := range classes.I32 {
		floats.F32 = append(floats.F32, float32(c))
	}
	for name, c := range map[string]struct {
		inputs, labels data.Array
		model          layer.Stack
		loss           kit.Loss
		err            string
	}{
		"whole numbers as values":  {inputs: rows, labels: values, model: layer.Stack{layer.Dense(1)}, loss: kit.MeanSquaredError},
		"whole numbers by default": {inputs: rows, labels: values, model: layer.Stack{layer.Dense(1)}, err: "binary_crossentropy takes 0 and 1; give values as float32 (F32), or end the model with layer.Dense(1001)"},
		"one-hot rows":             {inputs: rows, labels: oneHot, model: layer.Stack{layer.Dense(2)}, err: "there are 2 labels for each example; give one, for one-hot rows the place of the 1 as int32"},
		"one-hot whole numbers":    {inputs: rows, labels: oneHot.Int32(), model: layer.Stack{layer.Dense(2)}, err: "there are 2 labels for each example"},
		"a column of labels":       {inputs: rows, labels: column, model: layer.Stack{layer.Dense(2)}},
		"classes as float32":       {inputs: rows, labels: floats, model: layer.Stack{layer.Dense(2)}, err: "or give labels that are classes as int32"},
		"no channels":              {inputs: images, labels: classes, model: layer.Stack{layer.Conv2D(2, 3), layer.Flatten(), layer.Dense(2)}, err: "got [6 6]; put it before layer.Flatten(), and give grey images one channel, as Shape: []int{28, 28, 1}"},
		"no channels, pooled":      {inputs: images, labels: classes, model: layer.Stack{layer.MaxPool(2), layer.Flatten(), layer.Dense(2)}, err: "give grey images one channel"},
	} {
		r := kit.Run{Name: "people/" + strings.ReplaceAll(name, " ", "-"), Model: c.model, Loss: c.loss,
			Data: kit.Sets{TrainSet: &kit.Set{Name: "mine", Inputs: c.inputs, Labels: c.labels}}}
		_, err := r.Fit(1)
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: %v, want %q", name, err, c.err)
		}
		if c.err == "" {
			if _, err := r.Evaluate(r.Data.Train()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// What is very long in a file is cut where it is shown.
func TestLongFieldsAreCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.csv")
	if err := os.WriteFile(path, []byte("a,y\n"+strings.Repeat("x", 3<<20)+",1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	table, err := kit.CSV(path, "y").Table()
	if err != nil {
		t.Fatal(err)
	}
	if shown := text(t, table); len(shown) > 2000 || !strings.Contains(shown, "x…") {
		t.Errorf("%d bytes are shown: %.100s", len(shown), shown)
	}
}
