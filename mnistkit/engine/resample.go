package engine

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// resample looks up the pixels of x [b h w c] at places, interpolated bilinearly.
// Outside of the image lies 0, or with fill "nearest" its border.
func (p places) resample(x *graph.Node, fill string) *graph.Node {
	dims := x.Shape().Dimensions
	height, width := dims[1], dims[2]
	y, z := graph.AddScalar(p.y, float64(height-1)/2), graph.AddScalar(p.x, float64(width-1)/2)
	if fill == "nearest" {
		y, z = clip(y, 0, height-1), clip(z, 0, width-1)
	}
	if y.Shape().Dimensions[2] == 1 && z.Shape().Dimensions[1] == 1 {
		return resampleAxes(x, y, z)
	}
	full := dims[:3]
	return resamplePixels(x, graph.BroadcastToDims(y, full...), graph.BroadcastToDims(z, full...))
}

func clip(x *graph.Node, low, high int) *graph.Node {
	bound := func(n int) *graph.Node { return graph.MulScalar(graph.OnesLike(x), float64(n)) }
	return graph.Max(graph.Min(x, bound(high)), bound(low))
}

// resampleAxes takes rows from y [b h 1] and columns from z [b 1 w]: a product
// with one small matrix for each axis, which is far cheaper than to look up
// every pixel.
func resampleAxes(x, y, z *graph.Node) *graph.Node {
	g, dims := x.Graph(), x.Shape().Dimensions
	batch, height, width, channels := dims[0], dims[1], dims[2], dims[3]
	// The weight of input pixel k for a place y: a tent around it.
	tent := func(at *graph.Node, n int) *graph.Node { // at [b m 1]
		k := graph.Iota(g, shapes.Make(dtypes.Float32, 1, 1, n), 2)
		away := graph.OneMinus(graph.Abs(graph.Sub(at, k)))
		return graph.Max(away, graph.ZerosLike(away))
	}
	rows := graph.Reshape(x, batch, height, width*channels)
	rows = graph.Reshape(graph.Einsum("bik,bkl->bil", tent(y, height), rows), batch, height, width, channels)
	return graph.Einsum("bjl,bilc->bijc", tent(graph.Reshape(z, batch, width, 1), width), rows)
}

// resamplePixels takes every pixel from its own place (y, z), both [b h w]. The
// four pixels around a place lie side by side in a table, so that there is one
// look-up.
func resamplePixels(x, y, z *graph.Node) *graph.Node {
	g, dims := x.Graph(), x.Shape().Dimensions
	batch, height, width, channels := dims[0], dims[1], dims[2], dims[3]
	framed := pad(x, 1, [2][2]int{{1, 1}, {1, 1}}, 0)
	corner := func(i, j int) *graph.Node {
		return graph.Slice(framed, graph.AxisRange(), graph.AxisRange(i, i+height+1), graph.AxisRange(j, j+width+1))
	}
	table := graph.Reshape(graph.Concatenate([]*graph.Node{corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)}, -1),
		batch*(height+1)*(width+1), 4*channels)
	split := func(at *graph.Node, n int) (whole, rest *graph.Node) { // beyond the frame all is 0
		at = clip(at, -1, n)
		whole = clip(graph.Floor(at), -1, n-1)
		return whole, graph.Sub(at, whole)
	}
	top, down := split(y, height)
	left, right := split(z, width)
	place := func(whole *graph.Node) *graph.Node {
		return graph.ConvertDType(graph.OnePlus(whole), dtypes.Int32)
	}
	example := graph.Iota(g, shapes.Make(dtypes.Int32, batch, 1, 1), 0)
	at := graph.Add(graph.MulScalar(graph.Add(graph.MulScalar(example, height+1), place(top)), width+1), place(left))
	found := graph.Gather(table, graph.ExpandAxes(at, -1))
	found = graph.Reshape(found, batch, height, width, 4, channels)
	up, back := graph.OneMinus(down), graph.OneMinus(right)
	weights := graph.Stack([]*graph.Node{graph.Mul(up, back), graph.Mul(up, right), graph.Mul(down, back), graph.Mul(down, right)}, -1)
	return graph.ReduceSum(graph.Mul(found, graph.ExpandAxes(graph.StopGradient(weights), -1)), 3)
}
