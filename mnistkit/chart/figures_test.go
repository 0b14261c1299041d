package chart

import (
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/score"
)

func ExampleFigure() {
	f := Figure{PNG: []byte("PNG"), Width: 440, Height: 300, Alt: `loss of "a" < 1`, Caption: "a & b"}
	fmt.Println(f.HTML())
	fmt.Print(f.Text())
	// Output:
	// <figure style="margin:8px 0"><img alt="loss of &#34;a&#34; &lt; 1" width="440" height="300" style="max-width:100%;height:auto" src="data:image/png;base64,UE5H"><figcaption style="font-size:90%;margin-top:4px">a &amp; b</figcaption></figure>
	// [figure] loss of "a" < 1
	// a & b
}

func TestSamples(t *testing.T) {
	set := images(40, 28, 28, 1)
	set.Index = make([]int32, 40)
	set.Index[0] = 777
	f, err := Samples(set, 4, 8)
	check(t, f, err)
	has(t, f.Alt, "32 images from noise/test in 4 rows of 8", "A, B, C, D, E, F, G, H; I, J, A")
	has(t, f.Caption, "32 of 40 images")
	fewer, err := Samples(set.First(3), 4, 8)
	check(t, fewer, err)
	has(t, fewer.Alt, "3 images from noise/test in 1 row of 3")
	if fewer.Height >= f.Height {
		t.Errorf("one row is %d high, four are %d", fewer.Height, f.Height)
	}
}

func TestSamplesShowThePixels(t *testing.T) {
	for _, c := range []struct {
		name   string
		inputs data.Array
		want   color.NRGBA
	}{
		{"uint8", data.Array{Shape: []int{2, 2, 1}, U8: []uint8{0, 0, 0, 100}}, color.NRGBA{100, 100, 100, 255}},
		{"no channel", data.Array{Shape: []int{2, 2}, U8: []uint8{0, 0, 0, 100}}, color.NRGBA{100, 100, 100, 255}},
		{"colours", data.Array{Shape: []int{1, 1, 3}, U8: []uint8{200, 100, 50}}, color.NRGBA{200, 100, 50, 255}},
		{"0 to 1", data.Array{Shape: []int{2, 2, 1}, F32: []float32{0, 0, 0, 0.4}}, color.NRGBA{102, 102, 102, 255}},
		{"0 to 255", data.Array{Shape: []int{2, 2, 1}, F32: []float32{0, 0, 0, 100}}, color.NRGBA{100, 100, 100, 255}},
		{"-1 to 1", data.Array{Shape: []int{2, 2, 1}, F32: []float32{-1, -1, 1, 0}}, color.NRGBA{128, 128, 128, 255}},
	} {
		set := &data.Set{Name: c.name, Inputs: c.inputs, Labels: data.Array{I32: []int32{7}}}
		f, err := Samples(set, 1, 1)
		img := check(t, f, err)
		if n := pixels(img, c.want); n < 80*80 { // a quarter of 84×84 at twice the density
			t.Errorf("%s: %d pixels of %v", c.name, n, c.want)
		}
	}
}

func TestClassDistribution(t *testing.T) {
	classes := []string{"cat", "dog & cat"}
	f, err := ClassDistribution("pets", classes, Split{"train", []int{1500, 500}}, Split{"test", []int{0, 0}})
	img := check(t, f, err)
	has(t, f.Alt, "Bars of the classes of pets. train, 2,000 examples: cat: 1,500 (75.0 %), dog & cat: 500 (25.0 %).", "test, 0 examples: cat: 0 (0.0 %)")
	if n := pixels(img, blue); n < 5000 {
		t.Errorf("%d blue pixels of train", n)
	}
	_, err = ClassDistribution("pets", classes, Split{"train", []int{1}})
	wants(t, err, `"train" has 1 counts for 2 classes`)
	_, err = ClassDistribution("pets", classes)
	wants(t, err, "2 classes in 0 splits")
}

func TestConfusionFigure(t *testing.T) {
	a := score.Matrix{Model: "mlp", Classes: []string{"0", "1"}, Counts: [][]int{{980, 20}, {0, 1000}}}
	f, err := Confusion(a)
	img := check(t, f, err)
	has(t, f.Alt, "Confusion matrix of mlp: 99.00 % of 2,000 right, 20 wrong.", "Most often 0 was taken for 1, 20 times.")
	has(t, f.Caption, "darkest at 2.0 %")
	if n := pixels(img, orange); n < 1000 {
		t.Errorf("the only error, 2 %% of its row, has %d pixels of full orange", n)
	}
	b := score.Matrix{Model: "perfect", Classes: []string{"ankle boot", "bag"}, Counts: [][]int{{5, 0}, {0, 0}}}
	two, err := Confusion(a, b)
	check(t, two, err)
	has(t, two.Alt, "mlp: 99.00 %", "perfect: 100.00 % of 5 right, 0 wrong.")
	if two.Width <= f.Width {
		t.Errorf("two matrices are %d wide, one is %d", two.Width, f.Width)
	}
	_, err = Confusion()
	wants(t, err, "no matrix given")
	_, err = Confusion(score.Matrix{Model: "x", Counts: [][]int{{1}}})
	wants(t, err, `"x" has 1 rows for 0 classes`)
}

func TestMistakesFigure(t *testing.T) {
	set := images(40, 28, 28, 1)
	a, b := answers("mlp", set), answers("lenet", set)
	copy(b.Row(0), b.Row(20)) // right where mlp errs
	b.Row(0)[0], b.Row(0)[1] = 0.9, 0
	list, err := score.Mistakes(a, b)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Mistakes(list.First(2))
	img := check(t, f, err)
	has(t, f.Alt, "2 examples with class probabilities. #0 is A; mlp wrong, says B at 80.0 %; lenet right, A at 90.0 %.",
		"#4 is E; mlp wrong, says F at 80.0 %; lenet wrong, says F at 80.0 %.")
	has(t, f.Caption, "2 of the 10 examples that mlp got wrong in noise/test")
	if pixels(img, blue) < 500 || pixels(img, red) < 500 {
		t.Errorf("%d blue and %d red pixels: right and wrong must show", pixels(img, blue), pixels(img, red))
	}
	none, err := Mistakes(list.First(0))
	check(t, none, err)
	has(t, none.Alt, "None of the 10 mistakes of mlp is listed")
	_, err = Mistakes(score.MistakeList{})
	wants(t, err, "no models")
	list.Examples = make([]int, 51)
	_, err = Mistakes(list)
	wants(t, err, "list.First(10)")
}

func TestManyClassesShowTheLikeliest(t *testing.T) {
	a := answer{truth: 19, predicted: 3, probabilities: make([]float64, 20)}
	a.probabilities[3], a.probabilities[7] = 0.6, 0.3
	shown := a.shownClasses()
	if len(shown) != 10 || shown[0] != 3 || shown[1] != 7 || shown[9] != 19 {
		t.Errorf("classes %v, want ten from 3 and 7 to the true 19", shown)
	}
}

func TestPredictionsFigure(t *testing.T) {
	set := images(40, 28, 28, 1)
	f, err := Predictions(answers("mlp", set), 2, 3)
	check(t, f, err)
	has(t, f.Alt, "Answers of mlp to 6 examples of noise/test: B  80.0 %, wrong, it is A; B  80.0 %, right;")
	has(t, f.Caption, "75.00 % of 40 examples right")
	_, err = Predictions(answers("mlp", set), 0, 3)
	wants(t, err, "0 rows of 3 images")
}

func TestNoImages(t *testing.T) {
	for want, set := range map[string]*data.Set{
		"the data set is empty":           nil,
		"shape [4], which is not an imag": {Name: "iris", Inputs: data.Array{Shape: []int{4}, F32: make([]float32, 4)}, Labels: data.Array{I32: []int32{0}}},
		"shape [2 2 2], which is":         {Name: "two", Inputs: data.Array{Shape: []int{2, 2, 2}, U8: make([]uint8, 8)}, Labels: data.Array{I32: []int32{0}}},
	} {
		_, err := Samples(set, 4, 8)
		wants(t, err, want)
	}
	_, err := Samples(images(1, 2, 2), 0, 8)
	wants(t, err, "0 rows of 8 images")
}

func TestModel(t *testing.T) {
	lenet := layer.Stack{
		layer.Rescale(1.0 / 255), layer.Conv2D(6, 5).Same().ReLU(), layer.MaxPool(2),
		layer.Flatten(), layer.BatchNorm(), layer.Dropout(0.3), layer.Dense(10),
	}
	steps, err := lenet.Plan([]int{28, 28, 1})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Model("mnist/lenet", steps)
	img := check(t, f, err)
	for _, c := range []color.NRGBA{blue, green, red, purple, orange} {
		if n := pixels(img, c); n < 6*40 {
			t.Errorf("%d pixels of %v: each family of layers has its colour", n, c)
		}
	}
	has(t, f.Alt, "mnist/lenet, 7 layers", "Input 28×28×1; Rescaling (× 1/255) 28×28×1; Conv2D (6 filters 5×5, same, relu) 28×28×6, 156 parameters; MaxPooling2D (2×2) 14×14×6; Flatten 1176;",
		"BatchNormalization 1176, 4,704 parameters; Dropout (rate 0.3) 1176; Dense (10 units) 10, 11,770 parameters.", "16,630 parameters, 14,278 of them trainable")

	deep := layer.Stack{}
	for range 30 {
		deep = append(deep, layer.ReLU())
	}
	steps, err = deep.Plan([]int{4})
	if err != nil {
		t.Fatal(err)
	}
	long, err := Model("deep", steps)
	check(t, long, err)
	if long.Width < 3*int(boxWidth) || long.Height > 1000 {
		t.Errorf("31 boxes in %d×%d, want three columns", long.Width, long.Height)
	}

	block := layer.Stack{layer.Conv2D(4, 3).Same()}
	for range 12 {
		block = append(block, layer.Parallel(layer.Stack{layer.Conv2D(4, 1)}, layer.Stack{layer.MaxPool(3).Stride(1).Same()}, nil).Add(), layer.ReLU())
	}
	if steps, err = block.Plan([]int{8, 8, 1}); err != nil {
		t.Fatal(err)
	}
	branched, err := Model("branches", steps)
	check(t, branched, err)
	has(t, branched.Alt, "Conv2D (4 filters 1×1) 8×8×4, 20 parameters; MaxPooling2D (3×3, stride 1×1, same) 8×8×4, from layer 1; "+
		"Add (3 inputs) 8×8×4, from layer 2 and layer 3 and layer 1; Activation (relu) 8×8×4; Conv2D")
	cells, columns, _ := modelGrid(steps)
	lines, lanes := bypasses(steps)
	if columns != 4 || len(lines) != 3*12 || lanes != 3 {
		t.Errorf("%d columns, %d lines in %d lanes, want 4, 36, 3", columns, len(lines), lanes)
	}
	for _, l := range lines {
		if cells[l.from].column != cells[l.to].column {
			t.Errorf("a line leads from box %d to box %d in another column", l.from, l.to)
		}
	}
	_, err = Model("none", nil)
	wants(t, err, "no layers")
}

func TestSettings(t *testing.T) {
	rescale := layer.Rescale(2)
	rescale.Offset = -1
	for _, c := range []struct {
		layer layer.Layer
		want  string
	}{
		{layer.Dense(1), "1 unit"},
		{layer.Dense(128).ReLU().L2(0.001), "128 units, relu, L2 0.001"},
		{layer.Conv2D(32, 3).Stride(2), "32 filters 3×3, stride 2×2"},
		{layer.MaxPool(3).Stride(2).Same(), "3×3, stride 2×2, same"},
		{layer.AveragePool(2), "2×2"},
		{layer.Rescale(1.0 / 127.5), "× 0.007843"},
		{rescale, "× 2 − 1"},
		{layer.Activation("tanh"), "tanh"},
		{layer.Flatten(), ""},
		{layer.CustomLayer{Name: "residual"}, "residual"},
	} {
		if got := settings(c.layer); got != c.want {
			t.Errorf("%#v: %q, want %q", c.layer, got, c.want)
		}
	}
}

func TestPalettize(t *testing.T) {
	few := image.NewRGBA(image.Rect(0, 0, 100, 10))
	for i := range 1000 {
		few.Set(i%100, i/100, []color.NRGBA{white, blue, red}[i/400])
	}
	got, ok := palettize(few).(*image.Paletted)
	if !ok || len(got.Palette) != 3 || shade(got.At(0, 0)) != white || shade(got.At(99, 9)) != red {
		t.Errorf("three colours became %v", got.Palette)
	}
	many := image.NewRGBA(image.Rect(0, 0, 100, 100))
	for i := range 10000 {
		many.Set(i%100, i/100, color.NRGBA{uint8(i), uint8(i >> 8), uint8(i * 7), 255})
	}
	if _, same := palettize(many).(*image.RGBA); !same {
		t.Error("a photograph must keep its colours")
	}
	edges := image.NewRGBA(image.Rect(0, 0, 300, 10))
	for i := range 3000 {
		edges.Set(i%300, i/300, blend(white, cycle[i/500], float64(i%500)/500))
	}
	small := palettize(edges)
	for i := range 3000 {
		a, b := edges.RGBAAt(i%300, i/300), color.RGBAModel.Convert(small.At(i%300, i/300)).(color.RGBA)
		if distance(a, b) > 3*19*19 {
			t.Fatalf("pixel %d: %v became %v", i, a, b)
		}
	}
}

func TestReadable(t *testing.T) {
	for _, c := range []struct{ background, want color.NRGBA }{{white, ink}, {blue, white}, {orange, ink}, {ink, white}} {
		if got := readable(c.background); got != c.want {
			t.Errorf("on %v: %v", c.background, got)
		}
	}
}

func TestShorten(t *testing.T) {
	long := strings.Repeat("sneaker ", 20)
	short := plain.shorten(long, 80)
	if plain.width(short) > 80 || !strings.HasPrefix(short, "sneaker") || !strings.HasSuffix(short, "…") {
		t.Errorf("%q does not fit 80 pixels", short)
	}
	if plain.shorten("bag", 80) != "bag" {
		t.Error("what fits stays")
	}
}
