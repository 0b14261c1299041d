package onnx

import (
	"fmt"
	"slices"
	"strings"

	reader "github.com/gomlx/onnx-gomlx/onnx"
	"github.com/gomlx/onnx-gomlx/onnx/parser"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"gonblabs/mnistkit/data"
)

// network is a file that has been read: what is between its input and the output that is wanted.
type network struct {
	model         reader.Model
	input, output string
	learned       map[string]bool // the weights that training changes, as the reader calls them
}

// Numbers of types in onnx.proto.
const (
	typeFloat, typeUint8 = 1, 2 // of arrays
	typeTensor           = 4    // of attributes
)

// message is a part of a file; onnx.proto has the names of its fields.
type message struct{ protoreflect.Message }

func (m message) field(name string) protoreflect.FieldDescriptor {
	return m.Descriptor().Fields().ByName(protoreflect.Name(name))
}

func (m message) get(name string) protoreflect.Value { return m.Get(m.field(name)) }

func (m message) set(name string, value any) { m.Set(m.field(name), protoreflect.ValueOf(value)) }

func (m message) in(name string) message { return message{m.Mutable(m.field(name)).Message()} }

func (m message) list(name string) protoreflect.List { return m.Mutable(m.field(name)).List() }

func all[T any](m message, name string, value func(protoreflect.Value) T) []T {
	l := m.list(name)
	values := make([]T, l.Len())
	for i := range values {
		values[i] = value(l.Get(i))
	}
	return values
}

func (m message) messages(name string) []message {
	return all(m, name, func(v protoreflect.Value) message { return message{v.Message()} })
}

func (m message) names(name string) []string { return all(m, name, protoreflect.Value.String) }

func (m message) ints(name string) []int {
	return all(m, name, func(v protoreflect.Value) int { return int(v.Int()) })
}

func (m message) replace(name string, messages []message) {
	m.Clear(m.field(name))
	for _, each := range messages {
		m.list(name).Append(protoreflect.ValueOfMessage(each.Message))
	}
}

func (m message) is(ops ...string) bool { return slices.Contains(ops, m.get("op_type").String()) }

// read takes the part of the file that is wanted and writes it as GoMLX's reader knows it: with what leads to the output
// alone, with any number of examples, and with constants in place of arrays that are not weights.
func read(contents []byte, withoutTop bool) (*network, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName("protos.ModelProto") // as the reader calls it
	if err != nil {
		return nil, err
	}
	file := message{kind.New()}
	if err := proto.Unmarshal(contents, file.Interface()); err != nil {
		return nil, fmt.Errorf("it is not a file of ONNX, or cut short; write it again")
	}
	graph := file.in("graph")
	outputs := graph.messages("output")
	if len(outputs) != 1 {
		return nil, fmt.Errorf("the network has %d outputs; write one with one output", len(outputs))
	}
	n := &network{output: outputs[0].get("name").String(), learned: map[string]bool{}}
	nodes, err := n.until(graph.messages("node"), withoutTop)
	if err != nil {
		return nil, err
	}
	known, err := n.arrays(graph, nodes)
	if err != nil {
		return nil, err
	}
	inputs := slices.DeleteFunc(graph.messages("input"), func(m message) bool {
		name := m.get("name").String()
		return known[name] || !slices.ContainsFunc(nodes, func(n message) bool { return slices.Contains(n.names("input"), name) })
	})
	if len(inputs) != 1 {
		return nil, fmt.Errorf("the network takes %d inputs; write one that takes one", len(inputs))
	}
	n.input = inputs[0].get("name").String()
	known[n.input], known[""] = true, true // an input that may be left out is ""
	var opset int64
	for _, set := range file.messages("opset_import") {
		if domain := set.get("domain").String(); domain == "" || domain == "ai.onnx" {
			opset = set.get("version").Int()
		}
	}
	for _, node := range nodes {
		for _, name := range node.names("input") {
			if !known[name] {
				return nil, fmt.Errorf("it is damaged: nothing gives the array %q before it is used; write it again", name)
			}
		}
		for _, name := range node.names("output") {
			known[name] = true
		}
		if err := plain(node, opset); err != nil {
			return nil, err
		}
	}
	tensor := inputs[0].in("type").in("tensor_type")
	if tensor.get("elem_type").Int() == typeUint8 { // which networks cast to float32
		tensor.set("elem_type", int32(typeFloat))
	}
	if sides := tensor.in("shape").messages("dim"); len(sides) > 0 { // the first is the batch: any
		sides[0].Clear(sides[0].field("dim_value"))
		sides[0].Clear(sides[0].field("dim_param"))
	}
	graph.replace("input", inputs)
	graph.replace("output", nil)
	graph.replace("node", append(graph.messages("node"), nodes...))
	contents, err = proto.Marshal(file.Interface())
	if err == nil {
		n.model, err = parser.Parse(contents)
	}
	if err == nil {
		n.model.DisableFusion() // which has no gradients
	}
	return n, err
}

// until leaves out a softmax or sigmoid at the end, and the top if that is wanted. It gives the nodes that remain.
func (n *network) until(nodes []message, withoutTop bool) ([]message, error) {
	cut := func(at int) {
		n.output = nodes[at].names("input")[0]
		nodes = leading(nodes, n.output)
	}
	nodes = leading(nodes, n.output)
	for len(nodes) > 0 && nodes[len(nodes)-1].is("Identity", "Softmax", "Sigmoid") {
		cut(len(nodes) - 1)
	}
	if withoutTop {
		at := len(nodes) - 1
		for at >= 0 && !nodes[at].is("Gemm", "MatMul") {
			at--
		}
		if at < 0 {
			return nil, fmt.Errorf("it has no dense layer (Gemm or MatMul) to leave out; leave out onnx.WithoutTop")
		}
		cut(at)
	}
	if len(nodes) == 0 {
		return nil, fmt.Errorf("nothing of the network is left to be a layer; give a network with more layers")
	}
	return nodes, nil
}

// leading are the nodes that lead to an output; they stand in the order in which they are computed.
func leading(nodes []message, output string) (kept []message) {
	needed := map[string]bool{output: true}
	for _, n := range slices.Backward(nodes) {
		if slices.ContainsFunc(n.names("output"), func(name string) bool { return needed[name] }) {
			kept = append(kept, n)
			for _, name := range n.names("input") {
				needed[name] = true
			}
		}
	}
	slices.Reverse(kept)
	return kept
}

// arrays leaves those arrays in the graph that the nodes use and that are float32: the weights. Others become constants, the
// graph's first nodes. It gives the names of all.
func (n *network) arrays(graph message, nodes []message) (names map[string]bool, err error) {
	names = map[string]bool{}
	var weights []message
	graph.replace("node", nil)
	for _, array := range graph.messages("initializer") {
		name := array.get("name").String()
		size, err := whole(array, name)
		learned, fixed := false, size == 0
		for _, node := range nodes {
			at := slices.Index(node.names("input"), name)
			names[name] = names[name] || at >= 0
			// What other operators take is a setting, as are a single factor and the statistics of BatchNormalization.
			learned = learned || at >= 0 && (node.is("Conv", "Gemm", "MatMul", "Gather", "LSTM", "LayerNormalization", "Transpose", "Reshape") ||
				node.is("Mul", "Add") && size > 1 || node.is("BatchNormalization") && at < 3)
			fixed = fixed || at > 0 && node.is("Resize") // whose result has a shape by them
		}
		switch {
		case !names[name]:
		case err != nil:
			return nil, err
		case array.get("data_type").Int() == typeFloat && !fixed:
			weights = append(weights, array)
			n.learned[strings.ReplaceAll(name, "/", "|")] = learned
		default:
			constant := message{graph.list("node").AppendMutable().Message()}
			constant.set("op_type", "Constant")
			constant.list("output").Append(protoreflect.ValueOf(name))
			value := message{constant.list("attribute").AppendMutable().Message()}
			value.set("name", "value")
			value.set("type", protoreflect.EnumNumber(typeTensor))
			value.set("t", array.Message)
		}
	}
	graph.replace("initializer", weights)
	return names, nil
}

// whole gives the number of an array's values, and refuses one whose values are not all in the file: the reader would take
// memory for what the shape says.
func whole(array message, name string) (size int, err error) {
	shape := array.ints("dims")
	size, ok := data.SizeOf(shape, data.MaxValues)
	if len(shape) > 0 && slices.Min(shape) == 0 { // such as Resize's region of interest
		size, ok = 0, true
	}
	switch {
	case array.list("external_data").Len() > 0:
		return 0, fmt.Errorf("its weights are in another file; write it as one file (in PyTorch with external_data=False)")
	case !ok || size > proto.Size(array.Interface()):
		return 0, fmt.Errorf("the array %q of shape %v is cut short; write the file again", name, shape)
	}
	return size, nil
}

// plain takes settings from a node that the reader refuses and that change nothing, and refuses what it would misread.
func plain(node message, opset int64) error {
	settings := map[string]message{}
	for _, a := range node.messages("attribute") {
		settings[a.get("name").String()] = a
		if a.Has(a.field("t")) {
			if _, err := whole(a.in("t"), strings.Join(node.names("output"), ", ")); err != nil {
				return err
			}
		}
	}
	are := func(name string, want int) bool {
		a, ok := settings[name]
		return !ok || !slices.ContainsFunc(a.ints("ints"), func(v int) bool { return v != want })
	}
	node.replace("attribute", slices.DeleteFunc(node.messages("attribute"), func(a message) bool {
		name := a.get("name").String()
		return name == "momentum" && node.is("BatchNormalization") || name == "dilations" && are(name, 1) ||
			name == "count_include_pad" && are("pads", 0) || name == "auto_pad" && string(a.get("s").Bytes()) == "VALID"
	}))
	has := func(name string) bool { _, ok := settings[name]; return ok }
	last := func() bool { return has("axis") && settings["axis"].get("i").Int() == -1 }
	switch {
	case !has("strides") && node.is("MaxPool", "AveragePool"):
		return fmt.Errorf("its %s has no strides, whose default differs; write the network with them", node.get("op_type"))
	case node.is("Clip") && (has("min") || has("max")), node.is("Gelu") && has("approximate") && string(settings["approximate"].get("s").Bytes()) == "tanh",
		node.is("Softmax", "LogSoftmax") && opset < 13 && !last(): // there it goes over all axes from this one on
		return fmt.Errorf("its %s has settings that cannot be read; write the network with opset 18, and Gelu without an approximation", node.get("op_type"))
	case node.is("If", "Loop", "Scan"):
		return fmt.Errorf("unimplemented ONNX op %q", node.get("op_type"))
	}
	return nil
}
