package exchange

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// Types of ONNX' tensors.
const (
	typeFloat = 1
	typeUint8 = 2
	typeInt32 = 6
	typeInt64 = 7
)

// attributes are settings of a node: int, []int or float32.
type attributes map[string]any

// graph is an ONNX graph in the making. The numbers of fields are those of onnx.proto.
type graph struct {
	nodes, initializers []byte
	constants           map[string]bool
	step                layer.Step // what is being written
	mask                string     // of the words: 1 for a word, 0 for padding; "" if all count
	count               int
	input               int // the type of the input
}

func text(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func message(b []byte, field protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), m)
}

func number(b []byte, field protowire.Number, n int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(n))
}

func (g *graph) node(kind string, inputs []string, output string, settings attributes) {
	var b []byte
	for _, in := range inputs {
		b = text(b, 1, in)
	}
	b = text(b, 2, output)
	b = text(b, 3, output)
	b = text(b, 4, kind)
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		a := text(nil, 1, name)
		switch v := settings[name].(type) {
		case int:
			a = number(number(a, 3, v), 20, 2)
		case float32:
			a = protowire.AppendFixed32(protowire.AppendTag(a, 2, protowire.Fixed32Type), math.Float32bits(v))
			a = number(a, 20, 1)
		case []int:
			for _, n := range v {
				a = number(a, 8, n)
			}
			a = number(a, 20, 7)
		}
		b = message(b, 5, a)
	}
	g.nodes = message(g.nodes, 1, b)
}

// add writes a node of the present layer, and gives its output in the form of x.
func (g *graph) add(kind string, x tensor, inputs []string, settings attributes) tensor {
	g.count++
	x.name = fmt.Sprintf("%s/%s_%d", g.step.Name, kind, g.count)
	g.node(kind, inputs, x.name, settings)
	return x
}

// op is add for a node of one input.
func (g *graph) op(kind string, x tensor, settings attributes) tensor {
	return g.add(kind, x, []string{x.name}, settings)
}

// constant writes an array of numbers once, under the name, which it gives.
func (g *graph) constant(name string, kind int, shape []int, raw []byte) string {
	if g.constants[name] {
		return name
	}
	g.constants[name] = true
	var b []byte
	for _, d := range shape {
		b = number(b, 1, d)
	}
	b = number(b, 2, kind)
	b = text(b, 8, name)
	b = message(b, 9, raw)
	g.initializers = message(g.initializers, 5, b)
	return name
}

// floats are numbers of the present layer.
func (g *graph) floats(name string, shape []int, values []float32) string {
	return g.weight(session.Weight{Name: g.step.Name + "/" + name, Shape: shape, Values: values})
}

// axis is the number of one, as an array.
func (g *graph) axis(n int) string {
	return g.constant(fmt.Sprintf("axis_%d", n), typeInt64, []int{1}, binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

func (g *graph) weight(w session.Weight) string {
	raw, _ := binary.Append(nil, binary.LittleEndian, w.Values) // fails for other types only
	return g.constant(w.Name, typeFloat, w.Shape, raw)
}

// value describes the input or the output: a name, a type and a shape, whose first axis is the batch.
func value(name string, kind int, shape []int) []byte {
	axes := message(nil, 1, text(nil, 2, "batch"))
	for _, d := range shape {
		axes = message(axes, 1, number(nil, 1, d))
	}
	tensor := message(number(nil, 1, kind), 2, axes)
	return message(text(nil, 1, name), 2, message(nil, 1, tensor))
}

func (g *graph) model(name string, in, out []int, o Options) []byte {
	b := append(slices.Clone(g.nodes), text(nil, 2, name)...)
	b = append(b, g.initializers...)
	b = text(b, 10, o.About)
	b = message(b, 11, value("input", g.input, in))
	b = message(b, 12, value("output", typeFloat, out))
	m := number(nil, 1, 8) // the version of the file format
	m = text(m, 2, "gonblabs")
	m = text(m, 6, o.About)
	m = message(m, 7, b)
	m = message(m, 8, number(text(nil, 1, ""), 2, opset))
	for _, key := range slices.Sorted(maps.Keys(o.Notes)) {
		m = message(m, 14, text(text(nil, 1, key), 2, o.Notes[key]))
	}
	return m
}
