package engine

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/engine/compiled"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// needsLibrary skips a test where no library computes convolutions.
func needsLibrary(t *testing.T) compute.Backend {
	b := started[len(started)-1]
	if _, err := compiled.Library(); err != nil || backendName(b) != "xla:cpu" {
		t.Skipf("needs oneDNN on XLA: %v", err)
	}
	return b
}

// gradients gives the output of a convolution and its gradients, of nine examples.
func (c convolution) gradients(b compute.Backend, f func(x, kernel *graph.Node) *graph.Node) []*tensors.Tensor {
	x := numbers(append([]int{9}, c.step.In...)...) // which make parts of four and of five
	kernel, weight := numbers(c.Size[0], c.Size[1], c.step.In[2], c.step.Out[2]), numbers(append([]int{9}, c.step.Out...)...)
	return graph.MustNewExec(b, func(x, kernel, weight *graph.Node) []*graph.Node {
		y := f(x, kernel)
		sum := graph.ReduceAllSum(graph.Mul(graph.Square(y), weight))
		return append([]*graph.Node{y}, graph.Gradient(sum, x, kernel)...)
	}).MustCall(x, kernel, weight)
}

// TestConvolutions: all ways to compute a convolution give the same output and the same gradients as columns on pure
// Go, and where there is oneDNN it computes all three.
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
		{layer.Conv2D(4, 2).Stride(3), []int{10, 9, 2}}, // the last row counts for nothing
		{layer.Conv2D(64, 5).Same().Stride(2), []int{14, 14, 64}},
		{layer.Conv2D(2, 1), []int{4, 4, 5}},
		{layer.Conv2D(3, 2).Same(), []int{4, 8, 2}},
		{layer.Conv2D(32, 3), []int{6, 14, 16}},
	} {
		t.Run(fmt.Sprintf("%dx%d of %d stride %v %s on %v", c.layer.Kernel[0], c.layer.Kernel[1], c.layer.Filters, c.layer.Window().Strides, c.layer.Padding, c.in), func(t *testing.T) {
			plan, err := layer.Stack{c.layer}.Plan(c.in)
			if err != nil {
				t.Fatal(err)
			}
			at := convolution{c.layer.Window(), plan[0]}
			want := at.gradients(started[0], at.byColumns)
			compare := func(name string, all []*tensors.Tensor, tolerance float64) {
				for i, got := range all {
					what := name + ": " + []string{"output", "gradient of x", "gradient of the kernel"}[i]
					values := tensors.MustCopyFlatData[float32](want[i])
					scale := max(1, slices.Max(values)) // sums of large numbers are rounded as these are
					near(t, what, tensors.MustCopyFlatData[float32](got), values, tolerance*float64(scale))
				}
			}
			onBackends(t, func(t *testing.T, b compute.Backend) {
				compare("columns", at.gradients(b, at.byColumns), 1e-5)
				compiled.ByXLA(func() { compare("sliding", at.gradients(b, at.slide), 1e-5) })
				if b.Name() == "xla" {
					needsLibrary(t)
					before, _ := compiled.Convolved()
					compare("oneDNN", at.gradients(b, at.slide), 1e-5)
					compare("oneDNN in bf16", at.gradients(b, inBF16(at.slide)), 1.0/64) // 8 bits
					if after, left := compiled.Convolved(); after < before+6 || left > 0 {
						t.Errorf("oneDNN computes %d convolutions of at least 6, %d are left to XLA", after-before, left)
					}
				}
			})
		})
	}
}

// TestLibraryStays: another client of the plugin takes the library that is there.
func TestLibraryStays(t *testing.T) {
	needsLibrary(t)
	b, err := startBackend(os.Getenv("GOMLX_BACKEND"))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range append(started[1:], b) {
		at := convolution{layer.Conv2D(2, 3).Window(), layer.Step{In: []int{4, 4, 1}, Out: []int{2, 2, 2}}}
		at.gradients(b, at.slide)
	}
}

// TestConvolutionsLeft: what oneDNN does not know stays XLA's.
func TestConvolutionsLeft(t *testing.T) {
	b := needsLibrary(t)
	x, kernel := numbers(4, 8, 8, 4), numbers(3, 3, 2, 4)
	_, before := compiled.Convolved()
	graph.MustNewExec(b, func(x, kernel *graph.Node) *graph.Node { return graph.Convolve(x, kernel).ChannelGroupCount(2).Done() }).MustCall(x, kernel)
	if _, after := compiled.Convolved(); after != before+1 {
		t.Errorf("%d convolutions of two groups are left to XLA, want 1", after-before)
	}
}

// TestConvolutionsOfLabs: oneDNN computes all convolutions of the labs' models. A spelling that it does not know
// would only be slower.
func TestConvolutionsOfLabs(t *testing.T) {
	b := needsLibrary(t)
	conv := func(filters, side int) layer.Layer { return layer.Conv2D(filters, side).Same().ReLU() }
	for _, c := range []struct {
		name  string
		model layer.Stack
		want  int // three for each layer, and one each for evaluation and prediction; a kernel with an even side has another
	}{
		{"lenet", layer.Stack{conv(6, 5), layer.MaxPool(2), layer.Conv2D(16, 5).ReLU(), layer.MaxPool(2)}, 10},
		{"custom1", layer.Stack{conv(32, 3), layer.MaxPool(2), layer.Conv2D(64, 3), layer.MaxPool(2), layer.Conv2D(64, 3)}, 15},
		{"custom2", layer.Stack{conv(32, 3), layer.BatchNorm(), conv(32, 3), layer.MaxPool(2), layer.Dropout(0.3), conv(64, 3), conv(64, 3),
			layer.MaxPool(2), conv(128, 3), conv(128, 3)}, 30},
		{"notebook 15", layer.Stack{layer.Conv2D(32, 3).ReLU(), layer.BatchNorm(), layer.Conv2D(32, 3).ReLU(), layer.Conv2D(32, 5).Same().Stride(2).ReLU(),
			layer.Conv2D(64, 3).ReLU(), layer.Conv2D(64, 5).Same().Stride(2).ReLU(), layer.Conv2D(128, 4).ReLU()}, 31},
		{"residual", layer.Stack{conv(8, 3), layer.Residual(conv(16, 3), layer.Conv2D(16, 3).Same())}, 20},
	} {
		taken, left := compiled.Convolved()
		e := opened(t, b, session.Recipe{Model: append(c.model, layer.Flatten(), layer.Dense(3)), Input: []int{28, 28, 1}, InputType: "uint8"})
		put(t, e, "train", &data.Set{Name: "many", Inputs: data.Array{Shape: []int{28, 28, 1}, U8: make([]uint8, 28*28*4)}, Labels: data.Array{I32: make([]int32, 4)}})
		train(t, e, session.Epoch{Number: 1, Order: firstIndices(4), LearningRate: 0.1})
		evaluated(t, e, "train", nil)
		if _, err := e.Predict(t.Context(), "train"); err != nil {
			t.Fatal(err)
		}
		if after, leftAfter := compiled.Convolved(); after-taken != c.want || leftAfter != left {
			t.Errorf("%s: oneDNN computes %d convolutions, want %d; %d are left to XLA", c.name, after-taken, c.want, leftAfter-left)
		}
	}
}

// TestConvolutionsTogether: one convolution on several threads at once gives each the bits that it has alone.
func TestConvolutionsTogether(t *testing.T) {
	b := needsLibrary(t)
	plan, err := layer.Stack{layer.Conv2D(32, 3).Same()}.Plan([]int{14, 14, 16})
	if err != nil {
		t.Fatal(err)
	}
	at := convolution{layer.Conv2D(32, 3).Same().Window(), plan[0]}
	run := graph.MustNewExec(b, func(x, kernel *graph.Node) []*graph.Node {
		y := at.slide(x, kernel)
		return append([]*graph.Node{y}, graph.Gradient(graph.ReduceAllSum(graph.Square(y)), x, kernel)...)
	})
	calls := func(i int) (all [][]float32) {
		x := numbers(16, 14, 14, 16)
		tensors.MustMutableFlatData(x, func(values []float32) {
			for j := range values {
				values[j] *= float32(i + 1)
			}
		})
		for _, one := range run.MustCall(x, numbers(3, 3, 16, 32)) {
			all = append(all, tensors.MustCopyFlatData[float32](one))
		}
		return all
	}
	var want [4][][]float32
	for i := range want {
		want[i] = calls(i)
	}
	var all sync.WaitGroup
	for i := range want {
		all.Go(func() {
			for range 20 {
				for j, got := range calls(i) {
					if !slices.Equal(got, want[i][j]) {
						t.Errorf("thread %d: result %d is not what it is alone", i, j)
						return
					}
				}
			}
		})
	}
	all.Wait()
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
