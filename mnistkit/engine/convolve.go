package engine

import (
	"github.com/gomlx/gomlx/core/graph"

	"gonblabs/mnistkit/engine/compiled"
	"gonblabs/mnistkit/layer"
)

// A convolution can be computed by sliding the kernel, or by laying the pixels
// under each place of the kernel side by side (columns) and multiplying them
// with it as one matrix: docs/architecture.md says which is faster where, and why
// a column may hold what lies under several neighbouring places.

// convolve slides the kernel over x, padded as TensorFlow pads.
func (p *pass) convolve(s layer.Step, l layer.Conv2DLayer, x, kernel *graph.Node) *graph.Node {
	c := convolution{Window: l.Window(), step: s, placesPerColumn: 1}
	switch backendName(p.e.backend) {
	case "go":
		return c.byColumns(x, kernel)
	case "xla:cpu":
		if _, err := compiled.Library(); err == nil {
			break // oneDNN slides
		}
		if c.fewInputs() || c.shrinksInput() {
			several := c
			several.placesPerColumn = c.neighbours()
			return withGradientsFrom(x, kernel, several.method(c.fewInputs()), c.method(c.shrinksInput()), several.method(several.placesPerColumn > 1))
		}
	}
	return c.slide(x, kernel)
}

// convolver is one way to compute a convolution.
type convolver = func(x, kernel *graph.Node) *graph.Node

// convolution is a layer's window at its place in the model.
type convolution struct {
	layer.Window
	step            layer.Step
	placesPerColumn int // neighbouring places in a row that make one column, at least 1
}

func (c convolution) method(columns bool) convolver {
	if columns {
		return c.byColumns
	}
	return c.slide
}

// fewInputs tells whether few numbers lie under the kernel, as in a first layer.
func (c convolution) fewInputs() bool { return c.Size[0]*c.Size[1]*c.step.In[2] <= 32 }

// neighbours is how many places of the kernel a column should hold: as many as give up to
// 32 outputs, where the product is quickest, divide a row and fit twice the kernel's width.
func (c convolution) neighbours() int {
	n, side, step := 1, c.Size[1], c.Strides[1]
	if !c.fewInputs() || step >= side { // places side by side have nothing in common
		return n
	}
	for more := 2; more*c.step.Out[2] <= 32 && (more-1)*step <= side; more++ {
		if c.step.Out[1]%more == 0 {
			n = more
		}
	}
	return n
}

// shrinksInput tells whether the picture has 1.4 times as many pixels as what comes
// out. Sliding back then spends its time on the zeros around it.
func (c convolution) shrinksInput() bool {
	in, out := c.step.In, c.step.Out
	return 5*in[0]*in[1] >= 7*out[0]*out[1]
}

func (c convolution) slide(x, kernel *graph.Node) *graph.Node {
	steps, pads := c.Strides, c.Pads(c.step.In)
	return graph.Convolve(x, kernel).StridePerAxis(steps[0], steps[1]).PaddingPerDim(pads[:]).Done()
}

func (c convolution) byColumns(x, kernel *graph.Node) *graph.Node {
	kernel, window, out := c.widened(kernel)
	x = pad(x, 1, c.Pads(c.step.In), 0)
	for _, axis := range []int{2, 1} { // first the pixels of a row, then the rows
		x = graph.Concatenate(axisSlices(axis, x, window, out), -1)
	}
	depth, filters := x.Shape().Dimensions[3], kernel.Shape().Dimensions[3]
	y := graph.MatMul(graph.Reshape(x, -1, depth), graph.Reshape(kernel, depth, filters))
	return graph.Reshape(y, append([]int{-1}, c.step.Out...)...)
}

// widened lays the kernel at each of the places that make one column, with zeros
// around it; it returns that kernel, its window and the shape of its output.
func (c convolution) widened(kernel *graph.Node) (*graph.Node, layer.Window, []int) {
	w, out := layer.Window{Size: c.Size, Strides: c.Strides}, c.step.Out
	step, last := w.Strides[1], c.placesPerColumn-1
	kernels := make([]*graph.Node, c.placesPerColumn)
	for i := range kernels {
		kernels[i] = pad(kernel, 0, [2][2]int{1: {i * step, (last - i) * step}}, 0)
	}
	w.Size[1] += last * step
	w.Strides[1] *= c.placesPerColumn
	return graph.Concatenate(kernels, -1), w, []int{out[0], out[1] / c.placesPerColumn, out[2] * c.placesPerColumn}
}

// withGradientsFrom is forward(x, kernel). Its gradients come from two other ways to compute
// the same, each where it is quick. Gradients of these gradients are not there.
func withGradientsFrom(x, kernel *graph.Node, forward, toX, toKernel convolver) *graph.Node {
	var gradient *graph.Node // of the output, known before those of the inputs are asked for
	through := func(f convolver, input int) convolver {
		return func(_, _ *graph.Node) *graph.Node {
			in := []*graph.Node{graph.Identity(graph.StopGradient(x)), graph.Identity(graph.StopGradient(kernel))}
			sum := graph.ReduceAllSum(graph.Mul(f(in[0], in[1]), gradient))
			return graph.Gradient(sum, in[input])[0]
		}
	}
	y := forward(graph.IdentityWithCustomGradient(x, through(toX, 0)), graph.IdentityWithCustomGradient(kernel, through(toKernel, 1)))
	return graph.IdentityWithCustomGradient(y, func(_, v *graph.Node) *graph.Node {
		gradient = graph.StopGradient(v)
		return v
	})
}
