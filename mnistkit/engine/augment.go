package engine

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"gonblabs/mnistkit/layer"
)

// Augmenting layers that follow each other are one resampling of the image:
// each says from where in its input a pixel of its output comes, and only the
// place at the end of that chain is looked up. So an image that is shifted,
// turned and warped is interpolated once, and what one layer moves out of the
// image another may bring back.

// sampling is where the pixels of an output [b h w] come from, measured from the
// centre of the image: pixel (u, v) from (yy·u + yx·v + y0 + dy, xy·u + xx·v +
// x0 + dx). Nil is 0.
type sampling struct {
	yy, xx *graph.Node // [b 1 1]
	yx, xy *graph.Node // [b 1 1]; nil while rows and columns keep to themselves
	y0, x0 *graph.Node // [b 1 1]
	dy, dx *graph.Node // [b h w]; nil unless warped
}

// augmentAll applies the augmenting layers at the front of steps and tells how
// many there are.
func (p *pass) augmentAll(steps []layer.Step, x *graph.Node) (*graph.Node, int) {
	var m sampling
	n, fill := 0, ""
	var layers []layer.Augmenting
	for n < len(steps) {
		l, ok := steps[n].Layer.(layer.Augmenting)
		if !ok || n > 0 && l.Fills() != fill {
			break
		}
		layers, fill = append(layers, l), l.Fills()
		n++
	}
	first := p.salt
	p.salt += uint32(n) // outside of training, too: the later layers draw as ever
	if n == 0 || !p.training {
		return x, n
	}
	for i := n - 1; i >= 0; i-- { // from the output back to the input
		m = m.before(layers[i], draw(p.key, first+uint32(i)+1, layers[i], x), x.Shape().Dimensions)
	}
	return m.resample(x, fill), n
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

// before is the sampling of the input of one more layer, whose output m was of.
func (m sampling) before(l layer.Augmenting, random [2]*graph.Node, dims []int) sampling {
	if m.yy == nil {
		m.yy = graph.OnesLike(firstOfEach(random[0]))
		m.xx = m.yy
	}
	switch l := l.(type) {
	case layer.RandomTranslationLayer:
		m.y0 = addOrNil(m.y0, graph.MulScalar(random[0], -l.Height*float64(dims[1])))
		m.x0 = addOrNil(m.x0, graph.MulScalar(random[1], -l.Width*float64(dims[2])))
	case layer.RandomZoomLayer:
		y := graph.OnePlus(graph.MulScalar(random[0], l.Height))
		x := y
		if l.Width != 0 {
			x = graph.OnePlus(graph.MulScalar(random[1], l.Width))
		}
		return m.transformed(y, nil, nil, x)
	case layer.RandomRotationLayer:
		angle := graph.MulScalar(random[0], 2*math.Pi*l.Factor)
		cos, sin := graph.Cos(angle), graph.Sin(angle)
		return m.transformed(cos, sin, graph.Neg(sin), cos)
	case layer.RandomElasticTransformLayer:
		m.dy = addOrNil(m.dy, graph.MulScalar(smooth(random[0], l.Sigma), l.Alpha))
		m.dx = addOrNil(m.dx, graph.MulScalar(smooth(random[1], l.Sigma), l.Alpha))
	}
	return m
}

// transformed is a matrix times the places of m.
func (m sampling) transformed(yy, yx, xy, xx *graph.Node) sampling {
	row := func(a, u, b, v *graph.Node) *graph.Node { return addOrNil(mulOrNil(a, u), mulOrNil(b, v)) }
	return sampling{
		yy: row(yy, m.yy, yx, m.xy), yx: row(yy, m.yx, yx, m.xx), y0: row(yy, m.y0, yx, m.x0), dy: row(yy, m.dy, yx, m.dx),
		xy: row(xy, m.yy, xx, m.xy), xx: row(xy, m.yx, xx, m.xx), x0: row(xy, m.y0, xx, m.x0), dx: row(xy, m.dy, xx, m.dx),
	}
}

func addOrNil(a, b *graph.Node) *graph.Node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return graph.Add(a, b)
}

func mulOrNil(a, b *graph.Node) *graph.Node {
	if a == nil || b == nil {
		return nil
	}
	return graph.Mul(a, b)
}

// firstOfEach is one value of each example, [b 1 1].
func firstOfEach(x *graph.Node) *graph.Node {
	return graph.Slice(x, graph.AxisRange(), graph.AxisElem(0), graph.AxisElem(0))
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
