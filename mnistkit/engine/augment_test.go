package engine

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// TestAugmentAsKeras holds shifts, rotations, zooms, chains of them and warped
// images against Keras, with factors in the place of randomness.
func TestAugmentAsKeras(t *testing.T) {
	var file struct {
		Cases []struct {
			Name       string
			Layers     layer.Stack
			Fill       string `json:"fill_mode"`
			InputShape []int  `json:"input_shape"`
			Input      []float32
			Output     []float32
			DY, DX     []float32
		}
	}
	fixture(t, "augment.json", &file)
	if len(file.Cases) != 48 {
		t.Fatalf("%d cases", len(file.Cases))
	}
	onBackends(t, func(t *testing.T, b compute.Backend) {
		for _, c := range file.Cases {
			dims := append([]int{2}, c.InputShape...)
			out, err := graph.CallOnceN(b, func(in []*graph.Node) []*graph.Node {
				x, g := in[0], in[0].Graph()
				full := graph.Ones(g, shapes.Make(dtypes.Float32, 2, 1, 1))
				from := pixels(x)
				for i := len(c.Layers) - 1; i >= 0; i-- {
					from = from.before(c.Layers[i].(layer.Augmenting), [2]*graph.Node{full, full}, dims)
				}
				if c.DY != nil {
					from.y = graph.Add(from.y, graph.Reshape(graph.Const(g, c.DY), dims[:3]...))
					from.x = graph.Add(from.x, graph.Reshape(graph.Const(g, c.DX), dims[:3]...))
				}
				y := from.resample(x, c.Fill)
				return []*graph.Node{y, graph.Gradient(graph.ReduceAllSum(graph.Mul(y, graph.Sin(in[1]))), x)[0]}
			}, tensors.FromFlatDataAndDimensions(c.Input, dims...), tensors.FromFlatDataAndDimensions(c.Output, dims...))
			if err != nil {
				t.Fatalf("%s: %v", c.Name, err)
			}
			near(t, c.Name, flat(t, out[0]), c.Output, 1e-4)
			// The output is linear in the input: Σ gradient·input = Σ probe·output.
			var back, forth float64
			for i, slope := range flat(t, out[1]) {
				back += float64(slope * c.Input[i])
				forth += math.Sin(float64(c.Output[i])) * float64(c.Output[i])
			}
			nearOne(t, c.Name+" gradient", back, forth, 1e-4)
		}
	})
}

// augmented are images x [b h w c] after the layers.
func augmented(t *testing.T, b compute.Backend, x []float32, dims []int, key uint32, training bool, layers ...layer.Layer) []float32 {
	t.Helper()
	steps, err := layer.Stack(layers).Plan(dims[1:])
	if err != nil {
		t.Fatal(err)
	}
	out, err := graph.CallOnceN(b, func(in []*graph.Node) []*graph.Node {
		p := &pass{e: &Engine{plan: steps}, training: training, key: in[1]}
		return []*graph.Node{p.forward(in[0]), in[1]}
	}, tensors.FromFlatDataAndDimensions(x, dims...), tensors.FromScalar(key))
	if err != nil {
		t.Fatal(err)
	}
	return flat(t, out[0])
}

// centre is the mean place of the ink of an image [h w].
func centre(image []float32, width int) (y, x float64) {
	sum := 0.0
	for i, v := range image {
		y += float64(v) * float64(i/width)
		x += float64(v) * float64(i%width)
		sum += float64(v)
	}
	return y / sum, x / sum
}

// dots are n images of 15×15 with a dot at (7+dy, 7+dx).
func dots(n, dy, dx int) ([]float32, []int) {
	x := make([]float32, n*225)
	for i := range n {
		x[i*225+(7+dy)*15+7+dx] = 1
	}
	return x, []int{n, 15, 15, 1}
}

// TestAugment holds the distribution of shifts, angles, zooms and warps, and
// that each example, key and layer draws its own.
func TestAugment(t *testing.T) {
	const n = 400
	spread := func(values []float64) (low, high, mean float64) {
		for _, v := range values {
			mean += v / float64(len(values))
		}
		return slices.Min(values), slices.Max(values), mean
	}
	even := func(t *testing.T, what string, values []float64, reach float64) {
		t.Helper()
		low, high, mean := spread(values)
		if low < -reach*1.001 || low > -0.95*reach || high > reach*1.001 || high < 0.95*reach || math.Abs(mean) > 4*reach/math.Sqrt(3*float64(len(values))) {
			t.Errorf("%s goes from %g to %g, mean %g; want even from -%g to %g", what, low, high, mean, reach, reach)
		}
	}
	onBackends(t, func(t *testing.T, b compute.Backend) {
		x, dims := dots(n, 0, 0)
		var ys, xs, angles, sizes []float64
		for _, image := range chunks(augmented(t, b, x, dims, 5, true, layer.RandomTranslation(0.2, 0.1)), 225) {
			y, x := centre(image, 15)
			ys, xs = append(ys, y-7), append(xs, x-7)
		}
		even(t, "the shift down", ys, 3)
		even(t, "the shift right", xs, 1.5)
		aside, dims := dots(n, 0, 4)
		for _, image := range chunks(augmented(t, b, aside, dims, 5, true, layer.RandomRotation(0.1)), 225) {
			y, x := centre(image, 15)
			angles = append(angles, math.Atan2(y-7, x-7)/(2*math.Pi))
		}
		if low, high, mean := spread(angles); low > -0.09 || low < -0.115 || high < 0.09 || high > 0.115 || math.Abs(mean) > 0.012 {
			t.Errorf("angles from %g to %g of a turn, mean %g", low, high, mean)
		}
		for _, image := range chunks(augmented(t, b, aside, dims, 5, true, layer.RandomZoom(0.3)), 225) {
			_, x := centre(image, 15)
			sizes = append(sizes, 4/(x-7)-1)
		}
		if low, high, _ := spread(sizes); low > -0.2 || low < -0.34 || high < 0.2 || high > 0.34 {
			t.Errorf("zooms from %g to %g", low, high)
		}

		shift := layer.RandomTranslation(0.2, 0.2)
		first := augmented(t, b, x, dims, 5, true, shift)
		if !slices.Equal(first, augmented(t, b, x, dims, 5, true, shift)) {
			t.Error("the same key gives another picture")
		}
		if slices.Equal(first, augmented(t, b, x, dims, 6, true, shift)) {
			t.Error("another key gives the same picture")
		}
		if slices.Equal(first[:225], first[225:450]) {
			t.Error("two examples are moved alike")
		}
	})
}

func chunks(values []float32, size int) (list [][]float32) {
	for c := range slices.Chunk(values, size) {
		list = append(list, c)
	}
	return list
}

// TestAugmentOff: outside of training, and at factor 0, nothing moves.
func TestAugmentOff(t *testing.T) {
	all := []layer.Layer{layer.RandomTranslation(0.2, 0.1), layer.RandomRotation(0.1), layer.RandomZoom(0.2), layer.RandomElasticTransform(20, 3)}
	none := []layer.Layer{layer.RandomTranslation(0, 0), layer.RandomRotation(0), layer.RandomZoom(0), layer.RandomElasticTransform(0, 3)}
	x := make([]float32, 3*7*9*2)
	for i := range x {
		x[i] = float32(i * 7919 % 251)
	}
	dims := []int{3, 7, 9, 2}
	onBackends(t, func(t *testing.T, b compute.Backend) {
		near(t, "evaluated", augmented(t, b, x, dims, 1, false, all...), x, 0)
		near(t, "factor 0", augmented(t, b, x, dims, 1, true, none...), x, 1e-4)
		for i := range none {
			near(t, none[i].Kind(), augmented(t, b, x, dims, 1, true, none[i]), x, 1e-4)
			if slices.Equal(augmented(t, b, x, dims, 1, true, all[i]), x) {
				t.Errorf("%s does nothing", all[i].Kind())
			}
		}
	})
}

// TestElastic: pixels move about as far as the theory of smoothed noise has it,
// and neighbours move together.
func TestElastic(t *testing.T) {
	const n, alpha, sigma = 40, 20.0, 3.0
	onBackends(t, func(t *testing.T, b compute.Backend) {
		out, err := graph.CallOnceN(b, func(in []*graph.Node) []*graph.Node {
			x := graph.Zeros(in[0].Graph(), shapes.Make(dtypes.Float32, n, 28, 28, 1))
			l := layer.RandomElasticTransform(alpha, sigma)
			nowhere := graph.Zeros(in[0].Graph(), shapes.Make(dtypes.Float32, 1, 1, 1))
			moved := places{nowhere, nowhere}.before(l, draw(in[0], 1, l, x), []int{n, 28, 28, 1})
			return []*graph.Node{moved.y, moved.x}
		}, tensors.FromScalar(uint32(3)))
		if err != nil {
			t.Fatal(err)
		}
		dy, dx := flat(t, out[0]), flat(t, out[1])
		square, step, mixed, count := 0.0, 0.0, 0.0, 0.0
		for e := range n {
			for i := 9; i < 19; i++ { // away from the border
				for j := 9; j < 19; j++ {
					at := (e*28+i)*28 + j
					square += float64(dy[at] * dy[at])
					step += math.Pow(float64(dy[at+1]-dy[at]), 2)
					mixed += float64(dy[at] * dx[at])
					count++
				}
			}
		}
		// Even noise has variance 1/3; a Gaussian leaves 1/(4πσ²) of it.
		want := alpha * math.Sqrt(1/(3*4*math.Pi*sigma*sigma))
		if got := math.Sqrt(square / count); math.Abs(got/want-1) > 0.2 {
			t.Errorf("pixels move by %g, want about %g", got, want)
		}
		if step > 0.15*square {
			t.Errorf("neighbours move apart: %g of %g", step, square)
		}
		if math.Abs(mixed) > 0.35*square {
			t.Errorf("down and right move together: %g of %g", mixed, square)
		}
	})
}

// TestAugmentBackends: XLA and pure Go draw the same pictures up to rounding.
func TestAugmentBackends(t *testing.T) {
	if len(started) < 2 {
		t.Skip("one backend only")
	}
	x := make([]float32, 8*14*14)
	for i := range x {
		x[i] = float32(i%14) / 14
	}
	layers := []layer.Layer{layer.RandomElasticTransform(20, 3), layer.RandomRotation(0.05), layer.RandomTranslation(0.1, 0.1)}
	a := augmented(t, started[0], x, []int{8, 14, 14, 1}, 9, true, layers...)
	near(t, "xla", augmented(t, started[1], x, []int{8, 14, 14, 1}, 9, true, layers...), a, 1e-4)
}

// TestAugmentTrains: a model that augments trains, stops and goes on as any
// other, also where gradients must flow through to layers before it.
func TestAugmentTrains(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		c := small()
		c.Model = layer.Stack{
			layer.Rescale(1.0 / 255), layer.RandomTranslation(0.1, 0.1), layer.RandomRotation(0.02), layer.RandomElasticTransform(5, 2),
			layer.Conv2D(2, 3).Same().ReLU(), layer.RandomZoomLayer{Height: 0.1, FillMode: layer.FillMode{Fill: "nearest"}},
			layer.Dropout(0.1), layer.Flatten(), layer.Dense(3),
		}
		run := func(stops bool) (map[string][]float32, float64) {
			e, set := opened(t, b, c), blobs(40)
			put(t, e, "train", set)
			for n := range 12 {
				ep := session.Epoch{Number: n + 1, Set: "train", Order: firstIndices(40), LearningRate: rate}
				if stops && n == 3 {
					var err error
					if ep.From, err = e.Train(stopAfter(4), ep, nil); err != nil || ep.From.Done() {
						t.Fatalf("%v %v", ep.From, err)
					}
				}
				train(t, e, ep)
			}
			return weightsOf(t, e), evaluated(t, e, "train", nil)["accuracy"]
		}
		whole, accuracy := run(false)
		parts, _ := run(true)
		for name := range whole {
			near(t, name, parts[name], whole[name], 0)
		}
		if accuracy < 0.8 {
			t.Errorf("accuracy %g", accuracy)
		}
	})
}
