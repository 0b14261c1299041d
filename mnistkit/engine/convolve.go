package engine

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"gonblabs/mnistkit/engine/compiled"
	"gonblabs/mnistkit/layer"
)

// A convolution can be computed by sliding the kernel, or by laying the pixels
// under each place of the kernel side by side (columns) and multiplying them
// with it as one matrix: docs/architecture.md says which is faster where.

// convolve slides the kernel over x, padded as TensorFlow pads.
func (p *pass) convolve(s layer.Step, l layer.Conv2DLayer, x, kernel *graph.Node) *graph.Node {
	c := convolution{l.Window(), s}
	way := c.slide
	fewInputs := c.Size[0]*c.Size[1]*s.In[2] <= 32 // under the kernel, as in a first layer: XLA itself is slow then
	if kind := backendName(p.e.backend); kind == "go" || kind == "xla:cpu" && fewInputs && !p.e.byLibrary() {
		way = c.byColumns
	}
	if p.e.config.Precision == "bf16" {
		way = inBF16(way)
	}
	return way(x, kernel)
}

// byLibrary says whether a library computes convolutions on XLA's CPU, which it does on one device.
func (e *Engine) byLibrary() bool {
	if e.devices != nil {
		return false
	}
	_, err := compiled.Library()
	return err == nil
}

// inBF16 rounds what a convolution multiplies, and what comes of it, to bfloat16. So are the gradients.
func inBF16(way func(x, kernel *graph.Node) *graph.Node) func(x, kernel *graph.Node) *graph.Node {
	return func(x, kernel *graph.Node) *graph.Node {
		y := way(graph.ConvertDType(x, dtypes.BFloat16), graph.ConvertDType(kernel, dtypes.BFloat16))
		return graph.ConvertDType(y, dtypes.Float32)
	}
}

// convolution is a layer's window at its place in the model.
type convolution struct {
	layer.Window
	step layer.Step
}

func (c convolution) slide(x, kernel *graph.Node) *graph.Node {
	steps, pads := c.Strides, c.Pads(c.step.In)
	return graph.Convolve(x, kernel).StridePerAxis(steps[0], steps[1]).PaddingPerDim(pads[:]).Done()
}

func (c convolution) byColumns(x, kernel *graph.Node) *graph.Node {
	x = pad(x, c.Pads(c.step.In), 0)
	for _, axis := range []int{2, 1} { // first the pixels of a row, then the rows
		x = graph.Concatenate(axisSlices(axis, x, c.Window, c.step.Out), -1)
	}
	depth, filters := x.Shape().Dimensions[3], c.step.Out[2]
	y := graph.MatMul(graph.Reshape(x, -1, depth), graph.Reshape(kernel, depth, filters))
	return graph.Reshape(y, append([]int{-1}, c.step.Out...)...)
}
