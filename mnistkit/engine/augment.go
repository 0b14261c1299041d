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
	var parts [2]*graph.Node
	for i := range parts {
		parts[i] = graph.Squeeze(graph.Slice(even, graph.AxisRange(), graph.AxisElem(i)), 1)
	}
	return parts
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
