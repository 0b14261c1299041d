package layer_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/layer"
)

// block is one of custom2's three, with or without its two regularisers.
func block(filters int, norm, drop bool) layer.Stack {
	s := layer.Stack{layer.Conv2D(filters, 3).Same().ReLU()}
	if norm {
		s = append(s, layer.BatchNorm())
	}
	s = append(s, layer.Conv2D(filters, 3).Same().ReLU(), layer.MaxPool(2))
	if drop {
		s = append(s, layer.Dropout(0.3))
	}
	return s
}

func custom(norm, drop bool) layer.Stack {
	var s layer.Stack
	for _, filters := range []int{32, 64, 128} {
		s = append(s, block(filters, norm, drop)...)
	}
	s = append(s, layer.Flatten(), layer.Dense(128).ReLU())
	if drop {
		s = append(s, layer.Dropout(0.4))
	}
	return append(s, layer.Dense(10))
}

// stage is a block of the small ResNet.
func stage(filters, stride int) layer.Stack {
	return layer.Stack{
		layer.Residual(layer.Conv2D(filters, 3).Same().Stride(stride), layer.BatchNorm(), layer.ReLU(),
			layer.Conv2D(filters, 3).Same(), layer.BatchNorm()),
		layer.ReLU(),
	}
}

// models are the seven of the MNIST notebook, without the rescaling in front,
// and two with branches.
var models = map[string]layer.Stack{
	"mlp": {layer.Flatten(), layer.Dense(128).ReLU(), layer.Dense(10)},
	"lenet": {
		layer.Conv2D(6, 5).Same().ReLU(), layer.MaxPool(2),
		layer.Conv2D(16, 5).ReLU(), layer.MaxPool(2), layer.Flatten(),
		layer.Dense(120).ReLU(), layer.Dense(84).ReLU(), layer.Dense(10),
	},
	"custom1": {
		layer.Conv2D(32, 3).Same().ReLU(), layer.MaxPool(2),
		layer.Conv2D(64, 3).ReLU(), layer.MaxPool(2), layer.Conv2D(64, 3).ReLU(),
		layer.Flatten(), layer.Dense(64).ReLU(), layer.Dense(10),
	},
	"custom2": custom(true, true),
	"custom3": custom(false, false),
	"custom4": custom(false, true),
	"custom5": custom(true, false),
	"resnet": slices.Concat(layer.Stack{layer.Conv2D(16, 3).Same(), layer.BatchNorm(), layer.ReLU()},
		stage(16, 1), stage(32, 2), stage(64, 2), layer.Stack{layer.GlobalAveragePool(), layer.Dense(10)}),
	"inception": {
		layer.Conv2D(8, 3).Same().ReLU(),
		layer.Parallel(
			layer.Stack{layer.Conv2D(8, 1)},
			layer.Stack{layer.Conv2D(4, 1).ReLU(), layer.Conv2D(8, 3).Same()},
			layer.Stack{layer.Conv2D(4, 1).ReLU(), layer.Residual(layer.Conv2D(4, 5).Same())},
			layer.Stack{layer.MaxPool(3).Stride(1).Same()},
			layer.Stack{}),
		layer.MaxPool(2), layer.Flatten(), layer.Dense(10),
	},
}

// TestModels holds names, inputs, shapes and counts, step by step, against Keras'.
func TestModels(t *testing.T) {
	var keras struct {
		InputShape []int `json:"input_shape"`
		Models     []struct {
			Name   string
			Layers layer.Stack
			Rows   []struct {
				Name         string
				From         []int
				OutputShape  []int `json:"output_shape"`
				Params       int
				NonTrainable int `json:"non_trainable"`
			}
			Total, Trainable int
			NonTrainable     int `json:"non_trainable"`
		}
	}
	b, err := os.ReadFile("../engine/testdata/keras/params.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &keras); err != nil {
		t.Fatal(err)
	}
	if len(keras.Models) != len(models) {
		t.Fatalf("params.json holds %d models, this test %d", len(keras.Models), len(models))
	}
	for _, want := range keras.Models {
		for origin, stack := range map[string]layer.Stack{"written in Go": models[want.Name], "read from JSON": want.Layers} {
			t.Run(want.Name+" "+origin, func(t *testing.T) {
				steps, err := stack.Plan(keras.InputShape)
				if err != nil {
					t.Fatal(err)
				}
				if len(steps) != len(want.Rows) {
					t.Fatalf("%d layers, want %d", len(steps), len(want.Rows))
				}
				for i, row := range want.Rows {
					c := layer.Count(steps[i : i+1])
					if steps[i].Name != row.Name || !cmp.Equal(steps[i].From, row.From) {
						t.Errorf("step %d is %s from %v, want %s from %v", i, steps[i].Name, steps[i].From, row.Name, row.From)
					}
					if !cmp.Equal(steps[i].Out, row.OutputShape) || c.Total != row.Params || c.NonTrainable != row.NonTrainable {
						t.Errorf("%s: %v, %d parameters, %d of them not trained; want %v, %d, %d",
							steps[i].Name, steps[i].Out, c.Total, c.NonTrainable, row.OutputShape, row.Params, row.NonTrainable)
					}
				}
				counts := layer.Counts{Total: want.Total, Trainable: want.Trainable, NonTrainable: want.NonTrainable}
				if diff := cmp.Diff(counts, layer.Count(steps)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// TestTotals holds the counts against those of the original homework.
func TestTotals(t *testing.T) {
	for name, want := range map[string]layer.Counts{
		"mlp":     {Total: 101_770, Trainable: 101_770},
		"lenet":   {Total: 61_706, Trainable: 61_706},
		"custom1": {Total: 121_994, Trainable: 121_994},
		"custom2": {Total: 436_202, Trainable: 435_754, NonTrainable: 448},
	} {
		steps, err := append(layer.Stack{layer.Rescale(1.0 / 255)}, models[name]...).Plan([]int{28, 28, 1})
		if err != nil {
			t.Fatal(err)
		}
		if got := layer.Count(steps); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// TestNames holds the layers' names against those that Keras gives.
func TestNames(t *testing.T) {
	steps, err := append(models["custom2"][:7:7], layer.AveragePool(2), layer.GlobalAveragePool(),
		layer.Activation("tanh"), layer.Rescale(2), layer.Dense(3), layer.Dense(2)).Plan([]int{28, 28, 1})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range steps {
		got = append(got, s.Name+" "+layer.FormatShape(s.Out))
	}
	want := []string{
		"conv2d (None, 28, 28, 32)", "batch_normalization (None, 28, 28, 32)", "conv2d_1 (None, 28, 28, 32)",
		"max_pooling2d (None, 14, 14, 32)", "dropout (None, 14, 14, 32)",
		"conv2d_2 (None, 14, 14, 64)", "batch_normalization_1 (None, 14, 14, 64)",
		"average_pooling2d (None, 7, 7, 64)", "global_average_pooling2d (None, 64)",
		"activation (None, 64)", "rescaling (None, 64)", "dense (None, 3)", "dense_1 (None, 2)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestWindow is a table of output sizes and paddings by TensorFlow's rule.
func TestWindow(t *testing.T) {
	for _, c := range []struct {
		name  string
		layer layer.Layer
		in    []int
		out   []int
	}{
		{"same, stride 2, odd", layer.Conv2D(4, 3).Same().Stride(2), []int{5, 4, 1}, []int{3, 2, 4}},
		{"valid, stride 2", layer.Conv2D(4, 3).Stride(2), []int{5, 4, 1}, []int{2, 1, 4}},
		{"stride larger than the kernel", layer.Conv2D(4, 2).Same().Stride(3), []int{5, 4, 1}, []int{2, 2, 4}},
		{"pool drops the odd row", layer.MaxPool(2), []int{5, 4, 3}, []int{2, 2, 3}},
		{"pool keeps the odd row", layer.MaxPool(2).Same(), []int{5, 4, 3}, []int{3, 2, 3}},
		{"overlapping pool", layer.AveragePool(3).Stride(1), []int{5, 4, 3}, []int{3, 2, 3}},
		{"average, same", layer.AveragePool(2).Same(), []int{3, 3, 1}, []int{2, 2, 1}},
	} {
		out, err := c.layer.Output(c.in)
		if err != nil || !cmp.Equal(out, c.out) {
			t.Errorf("%s: %v, %v; want %v", c.name, out, err, c.out)
		}
	}
	w := layer.Window{Size: [2]int{2, 4}, Strides: [2]int{1, 1}, Padding: "same"}
	if got, want := w.Pads([]int{7, 7, 1}), [2][2]int{{0, 1}, {1, 2}}; got != want {
		t.Errorf("padding %v, want the odd one after: %v", got, want)
	}
}
