package engine

import (
	"github.com/gomlx/gomlx/core/graph"

	"gonblabs/mnistkit/layer"
)

// A convolution can be computed by sliding the kernel, or by laying the pixels
// under each place of the kernel side by side (columns) and multiplying them
// with it as one matrix. Both give the same numbers but for rounding.
//
// The pure-Go backend, whose own convolution is a plain loop, trains five to
// fifteen times as fast by columns. XLA slides well where there are many
// channels, and poorly in two places: forward where few numbers lie under the
// kernel, and back to a picture that is much larger than what came out of it.

// convolve slides the kernel over x, padded as TensorFlow pads.
func (p *pass) convolve(s layer.Step, l layer.Conv2DLayer, x, kernel *graph.Node) *graph.Node {
	c := convolution{l.Window(), s}
	switch backendName(p.e.backend) {
	case "go":
		return c.byColumns(x, kernel)
	case "xla:cpu":
		if c.fewInputs() || c.shrinks() {
			return mixed(x, kernel, c.way(c.fewInputs()), c.way(c.shrinks()), c.slide)
		}
	}
	return c.slide(x, kernel)
}

// way is one way to compute a convolution.
type way = func(x, kernel *graph.Node) *graph.Node

// convolution is a layer's window at its place in the model.
type convolution struct {
	layer.Window
	step layer.Step
}

func (c convolution) way(columns bool) way {
	if columns {
		return c.byColumns
	}
	return c.slide
}

// fewInputs tells whether few numbers lie under the kernel, as in a first layer.
func (c convolution) fewInputs() bool { return c.Size[0]*c.Size[1]*c.step.In[2] <= 32 }

// shrinks tells whether the picture has 1.4 times as many pixels as what comes
// out. Sliding back then spends its time on the zeros around it.
func (c convolution) shrinks() bool {
	in, out := c.step.In, c.step.Out
	return 5*in[0]*in[1] >= 7*out[0]*out[1]
}

func (c convolution) slide(x, kernel *graph.Node) *graph.Node {
	steps, pads := c.Steps(), c.Pads(c.step.In)
	// GoMLX's gradient is off by one pixel where the kernel's side is even: a
	// row of zeros makes it odd.
	var more [2][2]int
	for i, side := range c.Size {
		if side%2 == 0 {
			more[i][1], pads[i][1] = 1, pads[i][1]+1
		}
	}
	kernel = pad(kernel, 0, more, 0)
	return graph.Convolve(x, kernel).StridePerAxis(steps[0], steps[1]).PaddingPerDim(pads[:]).Done()
}

func (c convolution) byColumns(x, kernel *graph.Node) *graph.Node {
	x = pad(x, 1, c.Pads(c.step.In), 0)
	for _, axis := range []int{2, 1} { // first the pixels of a row, then the rows
		x = graph.Concatenate(along(axis, x, c.Window, c.step.Out), -1)
	}
	batch, depth, filters := x.Shape().Dimensions[0], x.Shape().Dimensions[3], kernel.Shape().Dimensions[3]
	y := graph.MatMul(graph.Reshape(x, -1, depth), graph.Reshape(kernel, depth, filters))
	return graph.Reshape(y, append([]int{batch}, c.step.Out...)...)
}

// mixed is forward(x, kernel). Its gradients come from two other ways to
// compute the same, each where it is quick; the backend drops those of forward,
// which nothing asks for. Gradients of these gradients are not there.
func mixed(x, kernel *graph.Node, forward, toX, toKernel way) *graph.Node {
	var gradient *graph.Node // of the output, known before those of the inputs are asked for
	through := func(f way, input int) way {
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
