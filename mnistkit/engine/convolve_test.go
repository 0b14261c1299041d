package engine

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"gonblabs/mnistkit/layer"
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
				compute := func(f way) []*tensors.Tensor {
					return graph.MustNewExec(b, func(x, kernel, weight *graph.Node) []*graph.Node {
						y := f(x, kernel)
						sum := graph.ReduceAllSum(graph.Mul(graph.Square(y), weight))
						return append([]*graph.Node{y}, graph.Gradient(sum, x, kernel)...)
					}).MustCall(x, kernel, weight)
				}
				want := compute(at.byColumns)
				wide := at
				wide.together = plan[0].Out[1] // a whole row
				ways := map[string]way{
					"slide":                    at.slide,
					"by columns of whole rows": wide.byColumns,
					"mixed, kernel by columns": func(x, kernel *graph.Node) *graph.Node {
						return mixed(x, kernel, at.slide, at.slide, at.byColumns)
					},
					"mixed, kernel by sliding": func(x, kernel *graph.Node) *graph.Node {
						return mixed(x, kernel, at.byColumns, at.byColumns, at.slide)
					},
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
		{"in a row of 25", layer.Conv2D(4, 3).Same(), []int{25, 25, 1}, true, false, 5},
		{"custom2, second", layer.Conv2D(32, 3).Same(), []int{28, 28, 32}, false, false, 1},
		{"custom1, third", layer.Conv2D(64, 3), []int{6, 6, 64}, false, true, 1},
		{"with a stride", layer.Conv2D(64, 3).Same().Stride(2), []int{14, 14, 32}, false, true, 1},
	} {
		plan, err := layer.Stack{c.layer}.Plan(c.in)
		if err != nil {
			t.Fatal(err)
		}
		at := convolution{c.layer.Window(), plan[0], 1}
		if at.fewInputs() != c.forward || at.shrinks() != c.backs {
			t.Errorf("%s: forward by columns %v, back %v; want %v and %v", c.name, at.fewInputs(), at.shrinks(), c.forward, c.backs)
		}
		if got := at.neighbours(); got != c.neighbours {
			t.Errorf("%s: %d places a column, want %d", c.name, got, c.neighbours)
		}
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
