package engine

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// TestConvolutions: all ways to compute a convolution, and their mixture, give
// the same output and the same gradients.
func TestConvolutions(t *testing.T) {
	for _, c := range []struct {
		layer layer.Conv2DLayer
		in    []int
	}{
		{layer.Conv2D(3, 3), []int{6, 7, 1}},
		{layer.Conv2D(3, 3).Same(), []int{6, 5, 2}},
		{layer.Conv2D(2, 5), []int{7, 6, 3}},
		{layer.Conv2D(2, 2).Same(), []int{5, 5, 2}},
		{layer.Conv2D(4, 3).Stride(2), []int{8, 7, 2}},
		{layer.Conv2D(4, 3).Same().Stride(2), []int{7, 8, 2}},
		{layer.Conv2D(2, 1), []int{4, 4, 5}},
		{layer.Conv2D(3, 2).Same(), []int{4, 8, 2}},
		{layer.Conv2D(2, 3), []int{6, 14, 1}},
	} {
		t.Run(fmt.Sprintf("%+v on %v", c.layer, c.in), func(t *testing.T) {
			plan, err := layer.Stack{c.layer}.Plan(c.in)
			if err != nil {
				t.Fatal(err)
			}
			at := convolution{c.layer.Window(), plan[0], 1}
			onBackends(t, func(t *testing.T, b compute.Backend) { // a tensor stays on one
				x := numbers(append([]int{2}, c.in...)...)
				kernel := numbers(c.layer.Kernel[0], c.layer.Kernel[1], c.in[2], c.layer.Filters)
				weight := numbers(append([]int{2}, plan[0].Out...)...)
				compute := func(f convolver) []*tensors.Tensor {
					return graph.MustNewExec(b, func(x, kernel, weight *graph.Node) []*graph.Node {
						y := f(x, kernel)
						sum := graph.ReduceAllSum(graph.Mul(graph.Square(y), weight))
						return append([]*graph.Node{y}, graph.Gradient(sum, x, kernel)...)
					}).MustCall(x, kernel, weight)
				}
				want := compute(at.byColumns)
				ways := map[string]convolver{
					"slide": at.slide,
					"mixed, kernel by columns": func(x, kernel *graph.Node) *graph.Node {
						return withGradientsFrom(x, kernel, at.slide, at.slide, at.byColumns)
					},
					"mixed, kernel by sliding": func(x, kernel *graph.Node) *graph.Node {
						return withGradientsFrom(x, kernel, at.byColumns, at.byColumns, at.slide)
					},
				}
				for n := 2; n <= plan[0].Out[1]; n++ {
					if plan[0].Out[1]%n == 0 {
						several := at
						several.placesPerColumn = n
						ways[fmt.Sprintf("by columns of %d places", n)] = several.byColumns
						ways[fmt.Sprintf("mixed, columns of %d places", n)] = func(x, kernel *graph.Node) *graph.Node {
							return withGradientsFrom(x, kernel, several.byColumns, at.slide, several.byColumns)
						}
					}
				}
				for name, f := range ways {
					for i, got := range compute(f) {
						what := name + ": " + []string{"output", "gradient of x", "gradient of the kernel"}[i]
						near(t, what, tensors.MustCopyFlatData[float32](got), tensors.MustCopyFlatData[float32](want[i]), 1e-5)
					}
				}
			})
		})
	}
}

// TestConvolutionsChoose: which layers XLA computes by columns.
func TestConvolutionsChoose(t *testing.T) {
	for _, c := range []struct {
		name           string
		layer          layer.Conv2DLayer
		in             []int
		forward, backs bool
		neighbours     int
	}{
		{"lenet, first", layer.Conv2D(6, 5).Same(), []int{28, 28, 1}, true, false, 4},
		{"lenet, second", layer.Conv2D(16, 5), []int{14, 14, 6}, false, true, 1},
		{"of colours", layer.Conv2D(32, 3).Same(), []int{32, 32, 3}, true, false, 1},
		{"in a row of 26", layer.Conv2D(6, 3), []int{28, 28, 1}, true, false, 2},
		{"in a row of 25", layer.Conv2D(4, 5).Same(), []int{25, 25, 1}, true, false, 5},
		{"in a row of 1", layer.Conv2D(4, 3), []int{5, 3, 1}, true, true, 1},
		{"one filter", layer.Conv2D(1, 3).Same(), []int{28, 28, 1}, true, false, 4},
		{"of single pixels", layer.Conv2D(4, 1), []int{28, 28, 8}, true, false, 1},
		{"of patches", layer.Conv2D(4, 4).Stride(4), []int{32, 32, 1}, true, true, 1},
		{"custom2, second", layer.Conv2D(32, 3).Same(), []int{28, 28, 32}, false, false, 1},
		{"custom1, third", layer.Conv2D(64, 3), []int{6, 6, 64}, false, true, 1},
		{"with a stride", layer.Conv2D(64, 3).Same().Stride(2), []int{14, 14, 32}, false, true, 1},
	} {
		plan, err := layer.Stack{c.layer}.Plan(c.in)
		if err != nil {
			t.Fatal(err)
		}
		at := convolution{c.layer.Window(), plan[0], 1}
		if at.fewInputs() != c.forward || at.shrinksInput() != c.backs {
			t.Errorf("%s: forward by columns %v, back %v; want %v and %v", c.name, at.fewInputs(), at.shrinksInput(), c.forward, c.backs)
		}
		if got := at.neighbours(); got != c.neighbours {
			t.Errorf("%s: %d places a column, want %d", c.name, got, c.neighbours)
		}
	}
}

// TestConvolutionsTrain: a model whose layers go each way, and not the plain
// one, learns the same weights as on the pure-Go backend, which has one way only.
func TestConvolutionsTrain(t *testing.T) {
	if len(started) < 2 {
		t.Skip("needs two backends; set GOMLX_BACKEND to XLA's plugin")
	}
	c := session.Recipe{
		Model: layer.Stack{layer.Rescale(1.0 / 255), layer.Conv2D(6, 5).Same().ReLU(), layer.MaxPool(2),
			layer.Conv2D(4, 3).ReLU(), layer.Flatten(), layer.Dense(3)},
		Input: []int{12, 12, 1}, InputType: "uint8", Loss: session.SparseCategoricalCrossentropy, Metrics: []string{"accuracy"},
		Optimizer: session.SGD(0.05), BatchSize: 4, Seed: 3,
	}
	plan, err := c.Model.Plan(c.Input)
	if err != nil {
		t.Fatal(err)
	}
	at := func(i int) convolution { return convolution{c.Model[i].(layer.Conv2DLayer).Window(), plan[i], 1} }
	if at(1).neighbours() < 2 || !at(3).shrinksInput() {
		t.Fatalf("%d places a column in the first layer, shrinks %v in the second; want several, and true", at(1).neighbours(), at(3).shrinksInput())
	}
	set := &data.Set{Name: "stripes", Inputs: data.Array{Shape: c.Input}}
	for i := range 24 {
		for p := range 144 {
			set.Inputs.U8 = append(set.Inputs.U8, uint8((i*41+p*p*7)%64))
			if p/12/4 == i%3 {
				set.Inputs.U8[len(set.Inputs.U8)-1] += 150
			}
		}
		set.Labels.I32 = append(set.Labels.I32, int32(i%3))
	}
	var learned []map[string][]float32
	for _, b := range started {
		e := opened(t, b, c)
		put(t, e, "train", set)
		before := evaluated(t, e, "train", nil)
		for n := 1; n <= 3; n++ {
			train(t, e, session.Epoch{Number: n, Order: firstIndices(24), LearningRate: 0.05})
		}
		if after := evaluated(t, e, "train", nil); after["loss"] > 0.9*before["loss"] {
			t.Errorf("%s: the loss went from %g to %g: nothing was learned", backendName(b), before["loss"], after["loss"])
		}
		learned = append(learned, weightsOf(t, e))
	}
	for name, want := range learned[0] {
		near(t, name, learned[1][name], want, 1e-4)
	}
}

// numbers is a tensor of different numbers around zero.
func numbers(dims ...int) *tensors.Tensor {
	n := layer.Param{Shape: dims}.Size()
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i*37%101)/50 - 1
	}
	return tensors.FromFlatDataAndDimensions(values, dims...)
}
