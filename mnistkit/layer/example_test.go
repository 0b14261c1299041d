package layer_test

import (
	"encoding/json"
	"fmt"

	"github.com/janpfeifer/must"

	"gonblabs/mnistkit/layer"
)

// A stack is planned for the shape of one example: shapes, names and weights
// follow, and nothing is computed.
func ExampleStack_Plan() {
	lenet := layer.Stack{
		layer.Rescale(1.0 / 255),
		layer.Conv2D(6, 5).Same().ReLU(), layer.AveragePool(2),
		layer.Conv2D(16, 5).ReLU(), layer.AveragePool(2),
		layer.Flatten(), layer.Dense(120).ReLU(), layer.Dense(84).ReLU(), layer.Dense(10),
	}
	steps := must.M1(lenet.Plan([]int{28, 28, 1}))
	for _, s := range steps[1:4] {
		fmt.Println(s.Name, layer.FormatShape(s.Out))
	}
	fmt.Println(layer.Count(steps).Total, "weights")
	// Output:
	// conv2d (None, 28, 28, 6)
	// average_pooling2d (None, 14, 14, 6)
	// conv2d_1 (None, 10, 10, 16)
	// 61706 weights
}

// A mistake is one sentence that names the layer and says what to do.
func ExampleStack_Plan_mistake() {
	_, err := layer.Stack{layer.Dense(10)}.Plan([]int{28, 28, 1})
	fmt.Println(err)
	// Output: layer 1, Dense: it takes a flat input, got shape [28 28 1]; put layer.Flatten() before it
}

// Where the stack changes the shape, the shortcut is a 1×1 convolution.
func ExampleResidual() {
	block := layer.Residual(layer.Conv2D(16, 3).Same().ReLU(), layer.Conv2D(16, 3).Same())
	for _, s := range must.M1(layer.Stack{block, layer.ReLU()}.Plan([]int{14, 14, 8})) {
		fmt.Println(s.Name, s.In, s.Out)
	}
	// Output:
	// conv2d [14 14 8] [14 14 16]
	// conv2d_1 [14 14 16] [14 14 16]
	// conv2d_2 [14 14 8] [14 14 16]
	// add [14 14 16] [14 14 16]
	// activation [14 14 16] [14 14 16]
}

// A model is plain data: it goes into JSON and comes back.
func ExampleStack_MarshalJSON() {
	text := must.M1(json.Marshal(layer.Stack{layer.Flatten(), layer.Dense(128).ReLU(), layer.Dropout(0.3), layer.Dense(10)}))
	fmt.Println(string(text))
	var again layer.Stack
	must.M(json.Unmarshal(text, &again))
	fmt.Println(len(again), again[2].Kind())
	// Output:
	// [{"layer":"Flatten"},{"layer":"Dense","units":128,"activation":"relu"},{"layer":"Dropout","rate":0.3},{"layer":"Dense","units":10}]
	// 4 Dropout
}
