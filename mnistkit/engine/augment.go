package engine

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"gonblabs/mnistkit/layer"
)

// Augmenting layers that follow each other are one resampling of the image: each says
// from where in its input a pixel comes, and the place at the end is looked up.

// places are where in the image the pixels of its output come from: rows y and
// columns x, measured from its centre. They are [b h 1] and [b 1 w] while rows and
// columns keep to themselves, else [b h w].
type places struct{ y, x *graph.Node }

// pixels are the places of an image's own pixels.
func pixels(image *graph.Node) places {
	dims := image.Shape().Dimensions
	centred := func(n, axis int, dims ...int) *graph.Node {
		return graph.AddScalar(graph.Iota(image.Graph(), shapes.Make(dtypes.Float32, dims...), axis), -float64(n-1)/2)
	}
	return places{centred(dims[1], 1, 1, dims[1], 1), centred(dims[2], 2, 1, 1, dims[2])}
}

// augmentAll applies the augmenting layers at the front of steps and tells how
// many there are.
func (p *pass) augmentAll(steps []layer.Step, x *graph.Node) (*graph.Node, int) {
	var layers []layer.Augmenting
	for _, s := range steps {
		l, ok := s.Layer.(layer.Augmenting)
		if !ok || len(layers) > 0 && l.Fills() != layers[0].Fills() {
			break
		}
		layers = append(layers, l)
	}
	first := p.salt
	p.salt += uint32(len(layers)) // outside of training, too: the later layers draw as ever
	if len(layers) == 0 || !p.training {
		return x, len(layers)
	}
	from := pixels(x)
	for i, l := range slices.Backward(layers) { // from the output back to the input
		from = from.before(l, draw(p.key, first+uint32(i)+1, l, x), x.Shape().Dimensions)
	}
	return from.resample(x, layers[0].Fills()), len(layers)
}

// draw is the randomness of a layer: even numbers from -1 to 1, one [b h w] or
// [b 1 1] for each direction.
func draw(key *graph.Node, salt uint32, l layer.Augmenting, x *graph.Node) [2]*graph.Node {
	dims := []int{x.Shape().Dimensions[0], 2, 1, 1}
	if _, ok := l.(layer.RandomElasticTransformLayer); ok {
		dims[2], dims[3] = x.Shape().Dimensions[1], x.Shape().Dimensions[2]
	}
	bits := graph.BitwiseShiftRightLogical(randomBits(key, salt, dims...), graph.Const(x.Graph(), uint32(8)))
	even := graph.AddScalar(graph.MulScalar(graph.ConvertDType(bits, dtypes.Float32), 1.0/(1<<23)), -1)
	parts := graph.Split(even, 1, 2)
	return [2]*graph.Node{graph.Squeeze(parts[0], 1), graph.Squeeze(parts[1], 1)}
}

// before are the places in the input of the layer l, of whose output p are places.
func (p places) before(l layer.Augmenting, random [2]*graph.Node, dims []int) places {
	switch l := l.(type) {
	case layer.RandomTranslationLayer:
		return p.plus(random, -l.Height*float64(dims[1]), -l.Width*float64(dims[2]))
	case layer.RandomZoomLayer:
		height := graph.OnePlus(graph.MulScalar(random[0], l.Height))
		width := height
		if l.Width != 0 {
			width = graph.OnePlus(graph.MulScalar(random[1], l.Width))
		}
		return places{graph.Mul(p.y, height), graph.Mul(p.x, width)}
	case layer.RandomRotationLayer:
		angle := graph.MulScalar(random[0], 2*math.Pi*l.Factor)
		cos, sin := graph.Cos(angle), graph.Sin(angle)
		return places{
			graph.Add(graph.Mul(cos, p.y), graph.Mul(sin, p.x)),
			graph.Sub(graph.Mul(cos, p.x), graph.Mul(sin, p.y)),
		}
	case layer.RandomElasticTransformLayer:
		return p.plus([2]*graph.Node{smooth(random[0], l.Sigma), smooth(random[1], l.Sigma)}, l.Alpha, l.Alpha)
	}
	return p
}

// plus are the places with something added, down and to the right.
func (p places) plus(random [2]*graph.Node, down, right float64) places {
	return places{graph.Add(p.y, graph.MulScalar(random[0], down)), graph.Add(p.x, graph.MulScalar(random[1], right))}
}

// smooth is a field [b h w] after a Gaussian of sigma pixels, with 0 around
// the image.
func smooth(field *graph.Node, sigma float64) *graph.Node {
	g, dims := field.Graph(), field.Shape().Dimensions
	field = graph.Einsum("ik,bkl->bil", graph.Const(g, gaussian(dims[1], sigma)), field)
	return graph.Einsum("jl,bil->bij", graph.Const(g, gaussian(dims[2], sigma)), field)
}

// gaussian are the weights of every pixel of a row for every other.
func gaussian(n int, sigma float64) [][]float32 {
	sum := 0.0
	reach := int(math.Ceil(6 * sigma))
	for d := -reach; d <= reach; d++ {
		sum += math.Exp(-float64(d*d) / (2 * sigma * sigma))
	}
	rows := make([][]float32, n)
	for i := range rows {
		rows[i] = make([]float32, n)
		for k := range rows[i] {
			rows[i][k] = float32(math.Exp(-float64((i-k)*(i-k))/(2*sigma*sigma)) / sum)
		}
	}
	return rows
}

// resample looks up the pixels of x [b h w c] at places, interpolated bilinearly.
// Outside of the image lies 0, or with fill "nearest" its border.
func (p places) resample(x *graph.Node, fill string) *graph.Node {
	dims := x.Shape().Dimensions
	height, width := dims[1], dims[2]
	y, z := graph.AddScalar(p.y, float64(height-1)/2), graph.AddScalar(p.x, float64(width-1)/2)
	if fill == "nearest" {
		y, z = graph.ClipScalar(y, 0, float64(height-1)), graph.ClipScalar(z, 0, float64(width-1))
	}
	if y.Shape().Dimensions[2] == 1 && z.Shape().Dimensions[1] == 1 {
		return resampleAxes(x, y, z)
	}
	full := dims[:3]
	return resamplePixels(x, graph.BroadcastToDims(y, full...), graph.BroadcastToDims(z, full...))
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
	framed := pad(x, [2][2]int{{1, 1}, {1, 1}}, 0)
	corner := func(i, j int) *graph.Node {
		return graph.Slice(framed, graph.AxisRange(), graph.AxisRange(i, i+height+1), graph.AxisRange(j, j+width+1))
	}
	table := graph.Reshape(graph.Concatenate([]*graph.Node{corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)}, -1),
		batch*(height+1)*(width+1), 4*channels)
	split := func(at *graph.Node, n float64) (whole, rest *graph.Node) { // beyond the frame all is 0
		at = graph.ClipScalar(at, -1, n)
		whole = graph.MinScalar(graph.Floor(at), n-1)
		return whole, graph.Sub(at, whole)
	}
	top, down := split(y, float64(height))
	left, right := split(z, float64(width))
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
