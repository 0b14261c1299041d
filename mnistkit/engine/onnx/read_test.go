package onnx

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/engine"
	"gonblabs/mnistkit/exchange"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// networks are files in the form in which PyTorch and tf2onnx write them, with the answers of ONNX Runtime. $ONNX_NETWORKS
// names a file of others.
func networks(t testing.TB) (list []struct {
	Name            string
	ONNX            []byte
	Shape           []int
	Inputs, Outputs []float32
}) {
	t.Helper()
	path := os.Getenv("ONNX_NETWORKS")
	if path == "" {
		path = filepath.Join("testdata", "networks.json")
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil || len(list) < 3 {
		t.Fatal(len(list), err)
	}
	return list
}

// TestNetworksOfOthers: a network that another program wrote answers as in ONNX Runtime, and can be trained further, with or
// without its top.
func TestNetworksOfOthers(t *testing.T) {
	for _, c := range networks(t) {
		t.Run(c.Name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "network.onnx")
			if err := os.WriteFile(path, c.ONNX, 0o644); err != nil {
				t.Fatal(err)
			}
			open := func(model layer.Stack) session.Session {
				s, err := engine.Open(session.Recipe{Model: model, Input: c.Shape, InputType: "float32", Loss: session.SparseCategoricalCrossentropy,
					Optimizer: session.SGD(0.05), BatchSize: 6})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				set := &data.Set{Inputs: data.Array{Shape: c.Shape, F32: c.Inputs}, Labels: data.Array{I32: []int32{0, 1, 2, 0, 1, 2}}}
				if err := session.PutSet(s, "train", set.Chunks()); err != nil {
					t.Fatal(err)
				}
				return s
			}
			whole := open(layer.Stack{Layer(c.Name, path)})
			got, err := whole.Predict(context.Background(), "train")
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range c.Outputs {
				if d := got.F32[i] - want; max(d, -d) > 1e-5 {
					t.Errorf("value %d is %v, want %v", i, got.F32[i], want)
				}
			}
			for _, s := range []session.Session{whole, open(layer.Stack{Layer(c.Name, path, WithoutTop), layer.Dense(3)})} {
				loss := func() float64 {
					m, err := s.Evaluate(context.Background(), "train", nil)
					if err != nil {
						t.Fatal(err)
					}
					return m["loss"]
				}
				before := loss()
				for range 20 {
					if _, err := s.Train(context.Background(), session.Epoch{Set: "train", Number: 1, Order: []int32{0, 1, 2, 3, 4, 5}, LearningRate: 0.05}, nil); err != nil {
						t.Fatal(err)
					}
				}
				if after := loss(); !(after < before-0.01) {
					t.Errorf("training takes the loss from %v to %v", before, after)
				}
			}
		})
	}
}

// TestKindsOfLayers: of each kind of layer that Export writes, the file is read and answers as the layer does, but for the
// activations that docs/exchange.md names.
func TestKindsOfLayers(t *testing.T) {
	image, flat := []int{6, 5, 2}, []int{4}
	stacks := map[string]struct {
		stack layer.Stack
		in    []int
	}{
		"images": {layer.Stack{layer.RescaleLayer{Scale: 0.5, Offset: -1}, layer.Conv2D(4, 3).Same().Stride(2).ReLU(), layer.BatchNorm(),
			layer.Parallel(layer.Stack{layer.MaxPool(2)}, layer.Stack{layer.AveragePool(2)}), layer.AveragePool(3).Same().Stride(1), layer.GlobalAveragePool()}, image},
		"residual": {layer.Stack{layer.Residual(layer.Conv2D(3, 3).Same()), layer.MaxPool(3).Same().Stride(2), layer.Flatten(), layer.Dropout(0.5)}, image},
		"rows":     {layer.Stack{layer.Parallel(layer.Stack{layer.Dense(3)}, layer.Stack{layer.Dense(3).NoBias()}, layer.Stack{layer.Dense(3)}).Add()}, flat},
		"words":    {layer.Stack{layer.Embedding(9, 2).MaskZero(), layer.GlobalAveragePool1D()}, []int{7}},
	}
	for _, name := range layer.Activations {
		stacks[name] = struct {
			stack layer.Stack
			in    []int
		}{layer.Stack{layer.Dense(3), layer.Activation(name), layer.Dense(2)}, flat}
	}
	refused := []string{"elu", "leaky_relu", "selu", "softplus", "softsign"}
	for name, c := range stacks {
		recipe := session.Recipe{Model: c.stack, Input: c.in, InputType: "float32", Loss: session.SparseCategoricalCrossentropy,
			Optimizer: session.SGD(0.1), BatchSize: 3, Seed: 5}
		set := &data.Set{Inputs: data.Array{Shape: c.in}, Labels: data.Array{I32: make([]int32, 3)}}
		for i := range 3 * (layer.Param{Shape: c.in}).Size() {
			if name == "words" {
				recipe.InputType, set.Inputs.I32 = "int32", append(set.Inputs.I32, int32(i*5%9))
			} else {
				set.Inputs.F32 = append(set.Inputs.F32, float32(i*37%23-11)/8)
			}
		}
		answers := func(model layer.Stack) ([]float32, []session.Weight, error) {
			r := recipe
			r.Model = model
			s, err := engine.Open(r)
			if err != nil {
				return nil, nil, err
			}
			defer s.Close()
			weights, err := s.Weights()
			if err == nil {
				err = session.PutSet(s, "asked", set.Chunks())
			}
			if err != nil {
				return nil, nil, err
			}
			y, err := s.Predict(context.Background(), "asked")
			return y.F32, weights, err
		}
		want, weights, err := answers(c.stack)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		file, err := exchange.ONNX(name, recipe, weights, exchange.Options{})
		path := filepath.Join(t.TempDir(), "kind.onnx")
		if err == nil {
			err = os.WriteFile(path, file, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := answers(layer.Stack{Layer(name, path)})
		if slices.Contains(refused, name) {
			if err == nil || !strings.Contains(err.Error(), "is not among those that can be read") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || !slices.EqualFunc(got, want, func(x, y float32) bool { return max(x-y, y-x) < 1e-5*max(1, x, -x) }) {
			t.Errorf("%s: %v, %v\nwant %v", name, got, err, want)
		}
	}
}

// TestDamage: whatever byte of a file is another, the model is right or an error, and nothing ends the program.
func TestDamage(t *testing.T) {
	for _, c := range networks(t) {
		refused, step := 0, max(1, len(c.ONNX)/30)
		for i := 0; i < len(c.ONNX); i += step {
			damaged := bytes.Clone(c.ONNX)
			damaged[i] ^= 0x15
			path := filepath.Join(t.TempDir(), "damaged.onnx")
			if err := os.WriteFile(path, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := (layer.Stack{Layer("damaged", path)}).Plan(c.Shape); err != nil {
				refused++
				if bytes.ContainsAny([]byte(err.Error()), "\n\t") || len(err.Error()) > 1000 {
					t.Errorf("byte %d: %v", i, err)
				}
			}
		}
		if refused == 0 {
			t.Errorf("%s: no byte matters", c.Name)
		}
	}
}

// small is a file of one node, which takes x of shape [1, 1, 2, 2] and arrays with their values in bytes. Where an array belongs
// to a node of its own, inside names the node's operator.
func small(t testing.TB, op, inside string, arrays ...func(message)) []byte {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName("protos.ModelProto")
	if err != nil {
		t.Fatal(err)
	}
	file := message{kind.New()}
	add := func(m message, list string) message { return message{m.list(list).AppendMutable().Message()} }
	say := func(m message, list string, names ...string) {
		for _, name := range names {
			m.list(list).Append(protoreflect.ValueOf(name))
		}
	}
	graph := file.in("graph")
	x, names := add(graph, "input"), []string{"x"}
	x.set("name", "x")
	tensor := x.in("type").in("tensor_type")
	tensor.set("elem_type", int32(typeFloat))
	for _, side := range []int64{1, 1, 2, 2} {
		add(tensor.in("shape"), "dim").set("dim_value", side)
	}
	for i, fill := range arrays {
		names = append(names, string(rune('a'+i)))
		if inside == "" {
			array := add(graph, "initializer")
			array.set("name", names[i+1])
			fill(array)
			continue
		}
		node := add(graph, "node")
		node.set("op_type", inside)
		if inside == "ConstantOfShape" {
			say(node, "input", "x") // as good as any: the value is read first
		}
		say(node, "output", names[i+1])
		value := add(node, "attribute")
		value.set("name", "value")
		value.set("type", protoreflect.EnumNumber(typeTensor))
		fill(value.in("t"))
	}
	node := add(graph, "node")
	node.set("op_type", op)
	say(node, "input", names...)
	say(node, "output", "y")
	add(graph, "output").set("name", "y")
	contents, err := proto.Marshal(file.Interface())
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

// floats fills an array. Its shape may promise more than there is.
func floats(shape []int64, values ...float32) func(message) {
	return func(array message) {
		array.set("data_type", int32(typeFloat))
		for _, side := range shape {
			array.list("dims").Append(protoreflect.ValueOf(side))
		}
		raw, _ := binary.Append([]byte{}, binary.LittleEndian, values) // which knows floats
		array.set("raw_data", raw)
	}
}

func elsewhere(array message) {
	floats([]int64{4})(array)
	entry := message{array.list("external_data").AppendMutable().Message()}
	entry.set("key", "location")
	entry.set("value", "weights.bin")
}

// TestArraysOfNodes: arrays are whole wherever they stand in a file, and may be empty.
func TestArraysOfNodes(t *testing.T) {
	vast, none := floats([]int64{1 << 28}, 1), floats([]int64{0})
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"vast":             {small(t, "Add", "", vast), `the array "a" of shape [268435456] is cut short`},
		"vast Constant":    {small(t, "Add", "Constant", vast), `the array "a" of shape [268435456] is cut short`},
		"vast value":       {small(t, "Add", "ConstantOfShape", vast), `the array "a" of shape [268435456] is cut short`},
		"another file":     {small(t, "Add", "", elsewhere), "its weights are in another file"},
		"in Constant":      {small(t, "Add", "Constant", elsewhere), "its weights are in another file"},
		"less than none":   {small(t, "Add", "Constant", floats([]int64{0, -1})), "is cut short"},
		"whole":            {small(t, "Add", "", floats([]int64{1}, 1)), ""},
		"whole Constant":   {small(t, "Add", "Constant", floats([]int64{1}, 1)), ""},
		"none":             {small(t, "Resize", "", none, floats([]int64{4}, 1, 1, 2, 2)), ""},
		"none in Constant": {small(t, "Resize", "Constant", none, floats([]int64{4}, 1, 1, 2, 2)), ""},
	} {
		path := filepath.Join(t.TempDir(), "small.onnx")
		if err := os.WriteFile(path, c.file, 0o644); err != nil {
			t.Fatal(err)
		}
		steps, err := layer.Stack{Layer(name, path)}.Plan([]int{1, 2, 2})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s, %d bytes: %v, %v", name, len(c.file), steps, err)
		}
	}
}

// TestSettings: what the reader would not look at is refused, since the network would answer otherwise in silence.
func TestSettings(t *testing.T) {
	axis := func(i int64) func(message) { return func(a message) { a.set("i", i) } }
	text := func(s string) func(message) { return func(a message) { a.set("s", []byte(s)) } }
	for _, c := range []struct {
		op, setting string
		set         func(message)
		opset       int64
		refuse      bool
	}{
		{"Clip", "min", func(a message) { a.set("f", float32(1)) }, 6, true},
		{"Clip", "max", func(a message) { a.set("f", float32(6)) }, 6, true},
		{"Gelu", "approximate", text("tanh"), 20, true},
		{"Gelu", "approximate", text("none"), 20, false},
		{"LogSoftmax", "axis", axis(1), 12, true},
		{"LogSoftmax", "axis", axis(-1), 12, false},
		{"LogSoftmax", "axis", axis(1), 13, false},
	} {
		kind, err := protoregistry.GlobalTypes.FindMessageByName("protos.ModelProto")
		if err != nil {
			t.Fatal(err)
		}
		file := message{kind.New()}
		if err := proto.Unmarshal(small(t, c.op, ""), file.Interface()); err != nil {
			t.Fatal(err)
		}
		file.Clear(file.field("opset_import"))
		message{file.list("opset_import").AppendMutable().Message()}.set("version", c.opset)
		a := message{file.in("graph").messages("node")[0].list("attribute").AppendMutable().Message()}
		a.set("name", c.setting)
		c.set(a)
		contents, err := proto.Marshal(file.Interface())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := read(contents, false); (err != nil) != c.refuse || err != nil && !strings.Contains(err.Error(), "its "+c.op+" has settings that cannot be read") {
			t.Errorf("%s of %s, opset %d: %v", c.setting, c.op, c.opset, err)
		}
	}
}

// FuzzRead: whatever is in a file, reading it ends, with an error or a network of one input and one output.
func FuzzRead(f *testing.F) {
	for _, c := range networks(f) {
		f.Add(c.ONNX, true)
		f.Add(c.ONNX, false)
	}
	for _, inside := range []string{"", "Constant", "ConstantOfShape"} {
		f.Add(small(f, "Add", inside, floats([]int64{1 << 28}, 1)), false)
		f.Add(small(f, "Add", inside, elsewhere), false)
		f.Add(small(f, "Resize", inside, floats([]int64{0}), floats([]int64{4}, 1, 1, 2, 2)), false)
	}
	f.Add([]byte{}, false)
	f.Fuzz(func(t *testing.T, contents []byte, withoutTop bool) {
		defer func() { _ = recover() }() // GoMLX's reader panics, and Layer makes a sentence of it
		n, err := read(contents, withoutTop)
		if err == nil && (n.output == "" || n.model.NumInputs() != 1) {
			t.Errorf("%q, %d inputs", n.output, n.model.NumInputs())
		}
	})
}
