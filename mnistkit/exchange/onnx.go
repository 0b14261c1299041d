// Package exchange writes trained models for other programs, and reads weights that other programs wrote.
//
//	file, err := exchange.ONNX("digits", recipe, weights, exchange.Options{})
package exchange

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// opset is the version of ONNX' operators: that of ONNX 1.12, which runtimes have read since 2022.
const opset = 17

// Options say what of a model is written. The zero value writes all of it: from the inputs of the training to the answers
// of Predict.
type Options struct {
	Logits    bool              // end before softmax or sigmoid
	Scaled    bool              // begin after the Rescale layers at the front, with float32
	Mean      []float32         // of each input feature, and
	Deviation []float32         // its standard deviation: the model first brings features to mean 0 and deviation 1; nil: they are
	About     string            // a description in Markdown
	Notes     map[string]string // metadata: what the inputs and the answers mean
}

// ONNX is a model as a file of ONNX. Its input is called "input", of the shape [batch, …] and the type that the model was
// trained on; its output is "output".
//
//	file, err := exchange.ONNX("digits", recipe, weights, exchange.Options{})
//
// The weights are those of the recipe's model, in its order. A model with a layer that is a graph function cannot be
// written: the error names the layer.
func ONNX(name string, recipe session.Recipe, weights []session.Weight, o Options) ([]byte, error) {
	steps, err := recipe.Steps()
	if err != nil {
		return nil, err
	}
	g := &graph{constants: map[string]bool{}}
	values := map[string]session.Weight{}
	for _, w := range weights {
		values[w.Name] = w
	}
	x, first := g.start(recipe, steps, o)
	if o.Mean != nil {
		x = g.add("Sub", x, []string{x.name, g.floats("mean", []int{len(o.Mean)}, o.Mean)}, nil)
		x = g.add("Div", x, []string{x.name, g.floats("deviation", []int{len(o.Deviation)}, o.Deviation)}, nil)
	}
	outputs := slices.Repeat([]tensor{x}, first+1) // of the steps, after the model's input
	for _, s := range steps[first:] {
		var in []tensor
		for _, from := range s.From {
			in = append(in, outputs[from+1])
		}
		g.step = s
		y, err := g.apply(in, func(name string) session.Weight { return values[s.Name+"/"+name] })
		if err != nil {
			return nil, err
		}
		outputs = append(outputs, y)
	}
	g.step = layer.Step{Name: "output"}
	last := g.channelsLast(outputs[len(steps)])
	switch {
	case o.Logits:
	case recipe.Loss == session.SparseCategoricalCrossentropy:
		last = g.op("Softmax", last, attributes{"axis": -1})
	case recipe.Loss == session.BinaryCrossentropy:
		last = g.op("Sigmoid", last, nil)
	}
	g.node("Identity", []string{last.name}, "output", nil)
	return g.model(name, recipe.Input, steps[len(steps)-1].Out, o), nil
}

// start is the model's input in the form that the layers compute with, and the first step that is written.
func (g *graph) start(recipe session.Recipe, steps []layer.Step, o Options) (x tensor, first int) {
	x = tensor{name: "input"}
	_, words := steps[0].Layer.(layer.EmbeddingLayer)
	g.input = map[string]int{"uint8": typeUint8, "int32": typeInt32}[recipe.InputType]
	if o.Scaled && !words {
		notRescale := func(l layer.Layer) bool { _, ok := l.(layer.RescaleLayer); return !ok }
		if first = slices.IndexFunc(recipe.Model, notRescale); first < 0 {
			first = len(steps)
		}
		g.input = 0
	}
	g.step = layer.Step{Name: "input"}
	want := typeFloat
	if words {
		want = typeInt32
	}
	if g.input = cmp.Or(g.input, typeFloat); g.input != want {
		x = g.op("Cast", x, attributes{"to": want})
	}
	return x, first
}

// tensor is the output of a node. Images are kept with their channels first, as ONNX' convolutions take them, until
// something needs them as the kit has them.
type tensor struct {
	name          string
	channelsFirst bool
}

func (g *graph) channelsLast(x tensor) tensor { return g.turned(x, false, 0, 2, 3, 1) }

// turned brings the axes into another order, unless they are in it.
func (g *graph) turned(x tensor, channelsFirst bool, order ...int) tensor {
	if x.channelsFirst != channelsFirst {
		x = g.op("Transpose", x, attributes{"perm": order})
		x.channelsFirst = channelsFirst
	}
	return x
}

func (g *graph) apply(in []tensor, weight func(name string) session.Weight) (tensor, error) {
	x := in[0]
	switch l := g.step.Layer.(type) {
	case layer.FlattenLayer:
		return g.op("Flatten", g.channelsLast(x), nil), nil
	case layer.RescaleLayer:
		return g.affine(x, []float32{float32(l.Scale)}, []float32{float32(l.Offset)}), nil
	case layer.ActivationLayer:
		return g.activate(l.Name, x), nil
	case layer.DropoutLayer, layer.Augmenting:
		return x, nil
	case layer.DenseLayer:
		inputs := []string{x.name, g.weight(weight("kernel"))}
		if l.Weighted.NoBias {
			return g.activate(l.Weighted.Activation, g.add("MatMul", x, inputs, nil)), nil
		}
		return g.activate(l.Weighted.Activation, g.add("Gemm", x, append(inputs, g.weight(weight("bias"))), nil)), nil
	case layer.Conv2DLayer:
		inputs := []string{"", g.weight(channelsFirst(weight("kernel")))}
		if !l.Weighted.NoBias {
			inputs = append(inputs, g.weight(weight("bias")))
		}
		return g.activate(l.Weighted.Activation, g.slide("Conv", x, inputs, l.Window())), nil
	case layer.MaxPoolLayer:
		return g.slide("MaxPool", x, []string{""}, l.Window()), nil
	case layer.AveragePoolLayer:
		return g.slide("AveragePool", x, []string{""}, l.Window()), nil
	case layer.GlobalAveragePoolLayer:
		return g.op("ReduceMean", g.channelsLast(x), attributes{"axes": []int{1, 2}, "keepdims": 0}), nil
	case layer.BatchNormLayer:
		_, epsilon := l.Settings()
		scale, offset := slices.Clone(weight("gamma").Values), slices.Clone(weight("beta").Values)
		for i, variance := range weight("moving_variance").Values {
			scale[i] /= float32(math.Sqrt(float64(variance) + epsilon))
			offset[i] -= scale[i] * weight("moving_mean").Values[i]
		}
		return g.affine(x, scale, offset), nil
	case layer.EmbeddingLayer:
		vectors := g.add("Gather", x, []string{g.weight(weight("embeddings")), x.name}, nil)
		if l.Mask {
			padding := g.add("Equal", x, []string{x.name, g.constant("zero", typeInt32, nil, []byte{0, 0, 0, 0})}, nil)
			g.mask = g.op("Cast", g.op("Not", padding, nil), attributes{"to": typeFloat}).name
		}
		return vectors, nil
	case layer.GlobalAveragePool1DLayer:
		return g.averageWords(x), nil
	case layer.AddLayer, layer.ConcatenateLayer:
		_, adds := l.(layer.AddLayer)
		return g.join(in, adds), nil
	case layer.CustomLayer:
		return x, fmt.Errorf("the layer %q is a graph function, which ONNX cannot hold; export a model of the kit's own layers", l.Name)
	}
	return x, fmt.Errorf("no way is known to write the layer %s in ONNX", g.step.Layer.Kind())
}

// affine is x·scale + offset, one of each for all or for each channel.
func (g *graph) affine(x tensor, scale, offset []float32) tensor {
	shape := []int{len(scale)}
	if x.channelsFirst && len(scale) > 1 {
		shape = []int{len(scale), 1, 1}
	}
	if slices.ContainsFunc(scale, func(s float32) bool { return s != 1 }) {
		x = g.add("Mul", x, []string{x.name, g.floats("scale", shape, scale)}, nil)
	}
	if slices.ContainsFunc(offset, func(s float32) bool { return s != 0 }) {
		x = g.add("Add", x, []string{x.name, g.floats("offset", shape, offset)}, nil)
	}
	return x
}

// slide writes a convolution or a pool; the image comes first of the inputs.
func (g *graph) slide(kind string, x tensor, inputs []string, w layer.Window) tensor {
	x = g.turned(x, true, 0, 3, 1, 2)
	inputs[0] = x.name
	pads := w.Pads(g.step.In)
	return g.add(kind, x, inputs, attributes{"kernel_shape": w.Size[:], "strides": w.Strides[:],
		"pads": []int{pads[0][0], pads[1][0], pads[0][1], pads[1][1]}})
}

// averageWords is the mean over the words that are not padding.
func (g *graph) averageWords(x tensor) tensor {
	if g.mask == "" {
		return g.op("ReduceMean", x, attributes{"axes": []int{1}, "keepdims": 0})
	}
	axis, last := g.axis(1), g.axis(2)
	each := g.add("Unsqueeze", x, []string{g.mask, last}, nil)
	x = g.add("Mul", x, []string{x.name, each.name}, nil)
	x = g.add("ReduceSum", x, []string{x.name, axis}, attributes{"keepdims": 0})
	count := g.add("ReduceSum", x, []string{g.mask, axis}, attributes{"keepdims": 1})
	count = g.add("Max", count, []string{count.name, g.floats("one", nil, []float32{1})}, nil)
	return g.add("Div", x, []string{x.name, count.name}, nil)
}

// join adds what branches gave, or joins it by the channels.
func (g *graph) join(in []tensor, adds bool) tensor {
	first := !slices.ContainsFunc(in, func(x tensor) bool { return !x.channelsFirst })
	var names []string
	for _, x := range in {
		if !first {
			x = g.channelsLast(x)
		}
		names = append(names, x.name)
	}
	out := tensor{channelsFirst: first}
	switch {
	case adds: // one after the other, since not every reader knows Sum
		out.name = names[0]
		for _, name := range names[1:] {
			out = g.add("Add", out, []string{out.name, name}, nil)
		}
		return out
	case first:
		return g.add("Concat", out, names, attributes{"axis": 1})
	}
	return g.add("Concat", out, names, attributes{"axis": -1})
}

// activate writes an activation by its Keras name, with Keras' formula.
func (g *graph) activate(name string, x tensor) tensor {
	simple := map[string]string{"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "elu": "Elu", "selu": "Selu",
		"softplus": "Softplus", "softsign": "Softsign"}
	times := func(x tensor, other string) tensor { return g.add("Mul", x, []string{x.name, other}, nil) }
	switch {
	case name == "" || name == "linear":
		return x
	case simple[name] != "":
		return g.op(simple[name], x, nil)
	case name == "leaky_relu":
		return g.op("LeakyRelu", x, attributes{"alpha": float32(0.2)})
	case name == "softmax":
		return g.op("Softmax", g.channelsLast(x), attributes{"axis": -1})
	case name == "silu" || name == "swish":
		return times(x, g.op("Sigmoid", x, nil).name)
	}
	// gelu: x·(1 + erf(x/√2))/2
	erf := g.op("Erf", times(x, g.floats("root_half", nil, []float32{math.Sqrt2 / 2})), nil)
	erf = g.add("Add", erf, []string{erf.name, g.floats("one", nil, []float32{1})}, nil)
	return times(times(x, erf.name), g.floats("half", nil, []float32{0.5}))
}

// channelsFirst turns a kernel [height width in out] into [out in height width].
func channelsFirst(w session.Weight) session.Weight {
	h, wd, in, out := w.Shape[0], w.Shape[1], w.Shape[2], w.Shape[3]
	turned := session.Weight{Name: w.Name, Shape: []int{out, in, h, wd}, Values: make([]float32, len(w.Values))}
	for i, v := range w.Values {
		o, c, place := i%out, i/out%in, i/out/in
		turned.Values[(o*in+c)*h*wd+place] = v
	}
	return turned
}
