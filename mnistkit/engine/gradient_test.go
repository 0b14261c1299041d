package engine

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// ramp are numbers without a pattern that a mistake could hide behind.
func ramp(seed uint64, shape ...int) data.Array {
	p := layer.Param{Name: "ramp", Shape: shape, Init: "random_uniform"}
	values := p.Initial("ramp", seed)
	for i := range values {
		values[i] *= 20 // -1 to 1
	}
	return data.Array{Shape: shape[1:], F32: values}
}

func asFloat32(list []float64) []float32 {
	out := make([]float32, len(list))
	for i, v := range list {
		out[i] = float32(v)
	}
	return out
}

// TestConvolutionGradients: the gradients of a convolution are the slopes that
// central differences find, whatever way leads to it.
func TestConvolutionGradients(t *testing.T) {
	for _, c := range []struct {
		side     int
		settings string
		with     func(*graph.ConvolutionBuilder) *graph.ConvolutionBuilder
		groups   int
	}{
		{2, "valid", (*graph.ConvolutionBuilder).NoPadding, 1},
		{3, "valid", (*graph.ConvolutionBuilder).NoPadding, 1},
		{4, "valid", (*graph.ConvolutionBuilder).NoPadding, 1},
		{2, "same", (*graph.ConvolutionBuilder).PadSame, 1},
		{4, "same", (*graph.ConvolutionBuilder).PadSame, 1},
		{2, "strides", func(b *graph.ConvolutionBuilder) *graph.ConvolutionBuilder { return b.Strides(2) }, 1},
		{4, "strides", func(b *graph.ConvolutionBuilder) *graph.ConvolutionBuilder { return b.PadSame().Strides(3) }, 1},
		{2, "dilated", func(b *graph.ConvolutionBuilder) *graph.ConvolutionBuilder { return b.Dilations(3) }, 1},
		{2, "dilated by 2", func(b *graph.ConvolutionBuilder) *graph.ConvolutionBuilder { return b.Dilations(2) }, 1},
		{2, "groups", func(b *graph.ConvolutionBuilder) *graph.ConvolutionBuilder { return b.ChannelGroupCount(2) }, 2},
	} {
		t.Run(fmt.Sprintf("%d×%d %s", c.side, c.side, c.settings), func(t *testing.T) {
			f := func(x, kernel *graph.Node) *graph.Node {
				y := c.with(graph.Convolve(x, kernel)).Done()
				weight := graph.Sin(graph.IotaFull(x.Graph(), y.Shape()))
				return graph.ReduceAllSum(graph.Mul(graph.Mul(y, y), weight))
			}
			x, kernel := ramp(1, 2, 7, 6, 2), ramp(2, c.side, c.side, 2/c.groups, 4)
			_, gradients, err := PrepareGradients(2, f)(x, kernel)
			if err != nil {
				t.Fatal(err)
			}
			value := Prepare(f)
			for i, in := range []data.Array{x, kernel} {
				slopes := make([]float32, len(in.F32))
				for k, at := range in.F32 {
					var ends [2]float64
					for j, step := range []float32{-0.05, 0.05} { // f is of the second degree: no error but rounding
						in.F32[k] = at + step
						y, err := value(x, kernel)
						if err != nil {
							t.Fatal(err)
						}
						ends[j] = y.Float()
					}
					in.F32[k] = at
					slopes[k] = float32((ends[1] - ends[0]) / 0.1)
				}
				near(t, []string{"x", "kernel"}[i], asFloat32(gradients[i].Values()), slopes, 1e-2)
			}
		})
	}
}

// TestConvolutionInLayer: an even kernel in a graph function learns as the same
// kernel in layer.Conv2D does, which pure Go computes by columns.
func TestConvolutionInLayer(t *testing.T) {
	for _, side := range []int{2, 3, 4} {
		convolve := Layer(fmt.Sprint("test even ", side), func(scope *model.Scope, x *graph.Node) *graph.Node {
			kernel := Weight(scope, x, "kernel", "he_normal", side, side, x.Shape().Dimensions[3], 2)
			return graph.Convolve(x, kernel).PadSame().Done()
		})
		before := func(second layer.Layer) session.Recipe {
			c := small()
			c.Optimizer = session.SGD(1)
			c.Model = layer.Stack{layer.Rescale(1.0 / 255), layer.Conv2D(2, 3).Same(), second, layer.Flatten(), layer.Dense(3)}
			return c
		}
		plain := layer.Conv2D(2, side).Same().NoBias()
		kernels := map[string][]float32{}
		for name, second := range map[string]layer.Layer{"ours": plain, "theirs": convolve} {
			e := opened(t, started[0], before(second))
			list, err := e.Weights()
			if err != nil {
				t.Fatal(err)
			}
			list[2].Values = ramp(3, side, side, 2, 2).F32 // the second layer's
			if err := e.SetWeights(list); err != nil {
				t.Fatal(err)
			}
			put(t, e, "train", blobs(8))
			train(t, e, session.Epoch{Number: 1, Order: firstIndices(8), LearningRate: 0.1})
			kernels[name] = weightsOf(t, e)["conv2d/kernel"] // of the layer before it
		}
		near(t, fmt.Sprintf("%d×%d", side, side), kernels["theirs"], kernels["ours"], 1e-4)
	}
}

// TestPoolGradients: where windows lie side by side, the gradients are those of the slices that a
// pool is made of. Many numbers are equal, as after ReLU, and some are in no window.
func TestPoolGradients(t *testing.T) {
	x := ramp(1, 2, 7, 6, 3)
	for i, v := range x.F32 {
		x.F32[i] = float32(int(v * 2.5))
	}
	type pooling func(x *graph.Node, w layer.Window, out []int, op func(a, b *graph.Node) *graph.Node, share sharing) *graph.Node
	bySlices := func(x *graph.Node, w layer.Window, out []int, op func(a, b *graph.Node) *graph.Node, _ sharing) *graph.Node {
		return reducePairwise(windows(x, w, out), op)
	}
	for _, c := range []struct {
		name    string
		op      func(a, b *graph.Node) *graph.Node
		share   sharing
		outside float64
	}{{"max", graph.Max, toLargest, math.Inf(-1)}, {"average", graph.Add, toAll, 0}} {
		for _, w := range []layer.Window{{Size: [2]int{1, 1}}, {Size: [2]int{2, 2}}, {Size: [2]int{2, 2}, Padding: "same"}, {Size: [2]int{3, 1}}, {Size: [2]int{4, 4}, Padding: "same"},
			{Size: [2]int{1, 4}}, {Size: [2]int{7, 6}}} {
			w.Strides = w.Size
			var gradients [2][]float64
			for i, pool := range []pooling{pool, bySlices} {
				_, list, err := PrepareGradients(1, func(x *graph.Node) *graph.Node {
					x = pad(x, w.Pads(x.Shape().Dimensions[1:]), c.outside)
					d := x.Shape().Dimensions
					y := pool(x, w, []int{d[1] / w.Size[0], d[2] / w.Size[1], d[3]}, c.op, c.share)
					return graph.ReduceAllSum(graph.Mul(y, graph.Sin(graph.IotaFull(x.Graph(), y.Shape()))))
				})(x)
				if err != nil {
					t.Fatal(err)
				}
				gradients[i] = list[0].Values()
			}
			if !slices.Equal(gradients[0], gradients[1]) {
				t.Errorf("%s of %v: gradients %v, want %v", c.name, w, gradients[0], gradients[1])
			}
		}
	}
}
