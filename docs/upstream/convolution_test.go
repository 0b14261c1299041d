// Package upstream_test shows faults of the parts that the kit is built from,
// one a file, by programs of their own; docs/upstream.md says what is wrong and
// how it may be mended. An example that fails after an upgrade tells that a
// fault is gone, and the detour around it with it.
package upstream_test

import (
	"fmt"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
)

// The gradient of a convolution to its input is off by one pixel where a side of
// the kernel is even. It is right for 3×3.
func Example_evenKernel() {
	backend, _ := compute.NewWithConfig("go")
	for _, side := range []int{2, 3, 4} {
		// Σ i·y[i], where y is a row of six ones, convolved; its slope at x[0].
		sum := func(x *graph.Node) *graph.Node {
			g := x.Graph()
			kernel := graph.OnePlus(graph.IotaFull(g, x.Shape().Clone()))
			kernel = graph.Reshape(graph.Slice(kernel, graph.AxisRange(0, side)), side, 1, 1)
			y := graph.Convolve(graph.Reshape(x, 1, 6, 1), kernel).NoPadding().Done()
			return graph.ReduceAllSum(graph.Mul(y, graph.OnePlus(graph.Iota(g, y.Shape(), 1))))
		}
		at := func(x0 float32) any { return []float32{x0, 1, 1, 1, 1, 1} }
		gradient, err := graph.CallOnce(backend, func(x *graph.Node) *graph.Node { return graph.Gradient(sum(x), x)[0] }, at(1))
		if err != nil {
			fmt.Println(err)
			return
		}
		low, _ := graph.CallOnce(backend, sum, at(0))
		high, _ := graph.CallOnce(backend, sum, at(2))
		slope := (high.Value().(float32) - low.Value().(float32)) / 2
		fmt.Printf("kernel of %d: gradient %g, slope %g\n", side, gradient.Value().([]float32)[0], slope)
	}
	// Output:
	// kernel of 2: gradient 4, slope 1
	// kernel of 3: gradient 1, slope 1
	// kernel of 4: gradient 4, slope 1
}
