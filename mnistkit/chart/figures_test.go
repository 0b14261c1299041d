package chart

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
)

func ExampleFigure() {
	f := Figure{Alt: "A is below 1.", Caption: "a & b", Numbers: show.Table{Rows: [][]string{{"a", "0.5"}}}}
	fmt.Print(f.Text())
	// Output:
	// [figure] A is below 1.
	// a & b
	// a  0.5
}

// A figure is pictures that wrap, of which the first has the alt text, a legend, a
// caption and its numbers folded.
func TestFigureHTML(t *testing.T) {
	drawing := picture{png: []byte("PNG"), width: 400, height: 300, letters: 10.5}
	f := Figure{Alt: `loss of "a" < 1`, Caption: "a & b", Numbers: show.Table{Rows: [][]string{{"a", "0.5"}}},
		panels: []panel{drawing, drawing, picture{photo: true, width: 84, above: []string{"A < B", "#7"}}}, legend: []legendEntry{{"x & y", classLook(0, 3)}}}
	page := f.HTML()
	for want, n := range map[string]int{
		`alt="loss of &#34;a&#34; &lt; 1"`: 1, `alt=""`: 2, `class="drawing" data-letters="10.5"`: 2, `class="photo" data-letters="0"`: 1, "base64,UE5H": 2,
		"A &lt; B</div>": 1, `rgba(0,114,178,1.00)">●</span> x &amp; y`: 1, "a &amp; b</figcaption><details": 1, "<summary>The numbers</summary>": 1, "<script": 0, "<style": 0, "http": 0,
	} {
		if got := strings.Count(page, want); got != n {
			t.Errorf("%q occurs %d times, want %d:\n%s", want, got, n, page)
		}
	}
}

func TestSamples(t *testing.T) {
	set := images(40, 28, 28, 1)
	set.Index = make([]int32, 40)
	set.Index[0] = 777
	f, err := Samples(set, 4, 8)
	check(t, f, err)
	has(t, f.Alt, "32 images from noise/test.")
	has(t, f.Caption, "32 of 40 images")
	has(t, f.Text(), "  A  #777\n  B  #0\n")
	if shown := len(f.panels); shown != 32 || f.width != 8*89 {
		t.Errorf("%d images in a width of %d", shown, f.width)
	}
	fewer, err := Samples(set.First(3), 4, 8)
	check(t, fewer, err)
	has(t, fewer.Alt, "3 images from noise/test.")
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
	check(t, f, err)
	has(t, f.Text(), "train  2,000 examples\n", "cat        ██████████  1,500  75.0 %", "dog & cat  ███", "test  0 examples\n", "0.0 %")
	has(t, f.HTML(), "dog &amp; cat</th>", `width:33.3px;height:11px;background-color:rgba(0,114,178,1.00)`)
	_, err = ClassDistribution("pets", classes, Split{"train", []int{1}})
	wants(t, err, `"train" has 1 counts for 2 classes`)
	_, err = ClassDistribution("pets", classes)
	wants(t, err, "2 classes in 0 splits")
}

func TestConfusionFigure(t *testing.T) {
	a := score.Matrix{Model: "mlp", Classes: []string{"0", "1"}, Counts: [][]int{{980, 20}, {0, 1000}}}
	f, err := Confusion(a)
	check(t, f, err)
	has(t, f.Alt, "Confusion matrix of mlp: 20 wrong, most often 0 was taken for 1, 20 times.")
	has(t, f.Caption, "darkest at 2.0 %")
	has(t, f.Text(), "mlp  99.00 % of 2,000 right", "                 0  980     20\n")
	has(t, f.HTML(), `background-color:`+css(orange, 0.5)+`">20<`, `>0</td>`) // the only error, and a cell without one
	b := score.Matrix{Model: "perfect", Classes: []string{"ankle boot", "bag"}, Counts: [][]int{{5, 0}, {0, 0}}}
	two, err := Confusion(a, b)
	check(t, two, err)
	has(t, two.Alt, "matrices of mlp: 20 wrong", "perfect: 0 wrong.")
	has(t, two.Text(), "perfect  100.00 % of 5 right")
	many := score.Matrix{Model: "boots", Classes: slices.Repeat([]string{"ankle boot"}, 10), Counts: slices.Repeat([][]int{make([]int, 10)}, 10)}
	wide, err := Confusion(many)
	check(t, wide, err)
	if n := strings.Count(wide.HTML(), "min-width:18px;text-align:left;writing-mode:vertical-rl;transform:rotate(180deg)"); n != 10 {
		t.Errorf("%d of ten long names stand upright", n)
	}
	if strings.Contains(two.HTML(), "writing-mode") {
		t.Error("two long names stand upright")
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
	check(t, f, err)
	has(t, f.Text(), "  A  true, #0\nmlp  wrong, says B at 80.0 %\n", "lenet  right, A at 90.0 %\nA  █████████  90.0 %  ✓", "  E  true, #4\n", "F  ████████  80.0 %  ✗")
	has(t, f.Caption, "2 of the 10 examples that mlp got wrong in noise/test")
	has(t, f.HTML(), "height:11px;background-color:"+css(blue, 1), "height:11px;background-color:"+css(red, 1), `alt="image #4, E"`)
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
	has(t, f.Alt, "Answers of mlp to 6 examples of noise/test.")
	has(t, f.Text(), "  B  80.0 %  wrong, it is A\n  B  80.0 %  right\n")
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
	has(t, f.Alt, "mnist/lenet: 7 layers, 16,630 parameters, 14,278 of them trainable.")
	has(t, f.Numbers.Text(), "2  Conv2D              Conv2D(6, 5).Same().ReLU()  28×28×6         156\n", "5  BatchNormalization  BatchNorm()                 1176          4,704\n")

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
	if len(long.panels) != 3 {
		t.Errorf("31 boxes in %d panels, want three", len(long.panels))
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
	has(t, branched.Numbers.Text(), "MaxPool(3).Stride(1).Same()  8×8×4               layer 1\n", " layer 2 and layer 3 and layer 1\n")
	cells, columns := modelGrid(steps)
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
		if off := func(a, b uint8) bool { return max(a, b)-min(a, b) > 8 }; off(a.R, b.R) || off(a.G, b.G) || off(a.B, b.B) {
			t.Fatalf("pixel %d: %v became %v", i, a, b)
		}
	}
}

// Colours are seen on light pages and on dark ones, where drawings are inverted and
// turned back to their hue, and tints let their text be read.
func TestContrast(t *testing.T) {
	linear := func(v float64) float64 { return math.Pow((v/255+0.055)/1.055, 2.4) }
	light := func(c color.NRGBA) float64 {
		return 0.2126*linear(float64(c.R)) + 0.7152*linear(float64(c.G)) + 0.0722*linear(float64(c.B))
	}
	contrast := func(a, b color.NRGBA) float64 {
		high, low := max(light(a), light(b)), min(light(a), light(b))
		return (high + 0.05) / (low + 0.05)
	}
	inverted := func(c color.NRGBA) color.NRGBA { // CSS: invert(1) hue-rotate(180deg)
		r, g, b := 255-float64(c.R), 255-float64(c.G), 255-float64(c.B)
		channel := func(kr, kg, kb float64) uint8 { return uint8(min(max(kr*r+kg*g+kb*b, 0), 255)) }
		return color.NRGBA{channel(-0.574, 1.430, 0.144), channel(0.426, 0.430, 0.144), channel(0.426, 1.430, -0.856), 255}
	}
	paper, text := color.NRGBA{0x14, 0x18, 0x1d, 255}, color.NRGBA{0xdf, 0xe5, 0xec, 255}
	for name, list := range map[string][]color.NRGBA{"lines": append(cycle, ramp(0), ramp(0.25), ramp(0.5), ramp(0.75), ramp(1)), "letters": {ink, faint}} {
		least := map[string]float64{"lines": 2.9, "letters": 4.5}[name]
		for _, c := range list {
			if on := contrast(c, white); on < least {
				t.Errorf("%s %v has a contrast of %.1f on white", name, c, on)
			}
			if on := contrast(inverted(c), paper); on < least {
				t.Errorf("%s %v, inverted %v, has a contrast of %.1f on a dark page", name, c, inverted(c), on)
			}
		}
	}
	for _, c := range []color.NRGBA{grey, blue, red} { // of photos and bars, which stay as they are
		if a, b := contrast(c, white), contrast(c, paper); min(a, b) < 3 {
			t.Errorf("%v has contrasts of %.1f and %.1f", c, a, b)
		}
	}
	for _, c := range []color.NRGBA{blue, orange} { // the darkest tints of a matrix
		if a, b := contrast(blend(white, c, 0.5), ink), contrast(blend(paper, c, 0.5), text); min(a, b) < 4.5 {
			t.Errorf("text on %v has contrasts of %.1f and %.1f", c, a, b)
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
