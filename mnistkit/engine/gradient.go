package engine

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// GoMLX's gradient of a convolution is off by one pixel where the kernel's side
// is even. It is replaced where GoMLX looks for it, so that a cell gets the right
// one by whatever way it reaches a convolution.
func init() {
	gomlxs := graph.VJPRegistration[graph.NodeTypeConvGeneral]
	graph.VJPRegistration[graph.NodeTypeConvGeneral] = func(node *graph.Node, v []*graph.Node, out shapes.Shape) []*graph.Node {
		return convolutionGradients(node, v, out, gomlxs)
	}
}

// convolutionGradients are those of an equal convolution: rows of zeros make the
// sides of its kernel odd, and more padding keeps its output as it is.
func convolutionGradients(node *graph.Node, v []*graph.Node, out shapes.Shape, gomlxs graph.VJP) []*graph.Node {
	x, kernel := node.Inputs()[0], node.Inputs()[1]
	c := reflect.ValueOf(node).Elem().FieldByName("inputs").Elem().Elem()
	axes, dilations := setting[graph.ConvolveAxesConfig](c, "axes"), setting[[]int](c, "kernelDilations")
	paddings := slices.Clone(setting[[][2]int](c, "paddings"))
	if paddings == nil {
		paddings = make([][2]int, len(axes.KernelSpatial))
	}
	odd := kernel
	for i, axis := range axes.KernelSpatial {
		dilation := 1
		if dilations != nil {
			dilation = dilations[i]
		}
		row := odd.Shape().Clone()
		if reach := (row.Dimensions[axis] - 1) * dilation; reach%2 == 1 {
			row.Dimensions[axis] = 1
			odd = graph.Concatenate([]*graph.Node{odd, graph.Zeros(node.Graph(), row)}, axis)
			paddings[i][1] += dilation
		}
	}
	if odd == kernel {
		return gomlxs(node, v, out)
	}
	equal := graph.ConvGeneral(x, odd, axes, setting[[]int](c, "strides"), paddings, setting[[]int](c, "inputDilations"), dilations,
		setting[int](c, "channelGroupCount"), setting[int](c, "batchGroupCount"))
	gradients := gomlxs(equal, v, out)
	ranges := make([]graph.SliceAxisSpec, kernel.Rank())
	for axis, side := range kernel.Shape().Dimensions {
		ranges[axis] = graph.AxisRange(0, side)
	}
	return []*graph.Node{gradients[0], graph.Slice(gradients[1], ranges...)}
}

// setting reads one of the settings of an operation, which GoMLX only prints.
func setting[T any](operation reflect.Value, name string) T {
	f := operation.FieldByName(name)
	if !f.IsValid() || f.Type() != reflect.TypeFor[T]() {
		panic(fmt.Errorf("this version of GoMLX keeps no %q of a convolution; give kernels odd sides, of which it knows the gradient", name))
	}
	return *(*T)(f.Addr().UnsafePointer())
}
