package layer_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"gonblabs/mnistkit/layer"
)

// TestErrors is a table of models that cannot be: each error is one sentence
// that names the layer and says what to do.
func TestErrors(t *testing.T) {
	image := []int{28, 28, 1}
	unfinished := layer.CustomLayer{Name: "never declared"}
	refusing := layer.Custom("mine", func([]int) (layer.Function, error) { return layer.Function{}, errors.New("it takes words") })
	for _, c := range []struct {
		stack layer.Stack
		in    []int
		want  string
	}{
		{nil, image, "the model has no layers; give it at least one, such as layer.Dense(10)"},
		{layer.Stack{layer.Flatten(), nil}, image, "layer 2 of the model is nil; remove it or put a layer there"},
		{layer.Stack{layer.Dense(10)}, image, "layer 1, Dense: it takes a flat input, got shape [28 28 1]; put layer.Flatten() before it"},
		{layer.Stack{layer.Flatten(), layer.Dense(0)}, image, "layer 2, Dense: Units is 0; it must be at least 1"},
		{layer.Stack{layer.Flatten(), layer.Dense(3).Activation("rellu")}, image, `layer 2, Dense: Activation "rellu" is unknown; known are [linear relu`},
		{layer.Stack{layer.Flatten(), layer.Dense(3).Init("he")}, image, `layer 2, Dense: Initializer "he" is unknown; known are [glorot_uniform`},
		{layer.Stack{layer.Flatten(), layer.Dense(3).L2(-1)}, image, "layer 2, Dense: L2 is -1; it must be at least 0"},
		{layer.Stack{layer.Activation("rellu")}, image, `layer 1, Activation: Name "rellu" is unknown`},
		{layer.Stack{layer.Flatten(), layer.Conv2D(3, 3)}, image, "layer 2, Conv2D: it takes images of shape [height width channels], got [784]; put it before layer.Flatten()"},
		{layer.Stack{layer.Conv2D(0, 3)}, image, "layer 1, Conv2D: Filters is 0; it must be at least 1"},
		{layer.Stack{layer.Conv2D(3, 0)}, image, "layer 1, Conv2D: Kernel is 0; it must be at least 1 and at most 4096"},
		{layer.Stack{layer.Conv2D(3, 3).Stride(-1)}, image, "layer 1, Conv2D: Strides is -1; it must be at least 1"},
		{layer.Stack{layer.Conv2D(3, 3).Stride(0)}, image, "layer 1, Conv2D: Strides is 0; it must be at least 1"},
		{layer.Stack{layer.Conv2D(3, 3).Same().Stride(0)}, image, "layer 1, Conv2D: Strides is 0; it must be at least 1"},
		{layer.Stack{layer.MaxPool(2).Stride(0)}, image, "layer 1, MaxPooling2D: Strides is 0; it must be at least 1"},
		{layer.Stack{layer.AveragePool(2).Stride(0)}, image, "layer 1, AveragePooling2D: Strides is 0; it must be at least 1"},
		//lint:ignore SA4025 this mistake is what the error is about
		{layer.Stack{layer.Rescale(1 / 255)}, image, "layer 1, Rescaling: its scale is 0, which makes every image black: in Go 1/255 is 0; write 1.0 / 255"},
		{layer.Stack{layer.RescaleLayer{Offset: 1}}, image, "layer 1, Rescaling: its scale is 0"},
		{layer.Stack{layer.Conv2D(3, 3).Activation("x")}, image, `layer 1, Conv2D: Activation "x" is unknown`},
		{layer.Stack{layer.MaxPool(14), layer.MaxPool(3)}, image, "layer 2, MaxPooling2D: a window of 3×3 pixels does not fit an image of 2×2; make it smaller or pad with Same()"},
		{layer.Stack{layer.MaxPool(0)}, image, "layer 1, MaxPooling2D: Pool is 0; it must be at least 1 and at most 4096"},
		{layer.Stack{layer.Flatten(), layer.GlobalAveragePool()}, image, "layer 2, GlobalAveragePooling2D: it takes images"},
		{layer.Stack{layer.Dropout(1)}, image, "layer 1, Dropout: Rate is 1; it must be at least 0 and below 1: a share"},
		{layer.Stack{layer.BatchNorm().Momentum(1)}, image, "layer 1, BatchNormalization: Momentum is 1; it must be at least 0 and below 1"},
		{layer.Stack{layer.BatchNorm()}, nil, "layer 1, BatchNormalization: it takes inputs with at least one axis"},
		{layer.Stack{layer.RandomTranslation(0.1, 1.5)}, image, "layer 1, RandomTranslation: Width is 1.5; it must be at least 0 and at most 1: a share of the width"},
		{layer.Stack{layer.RandomRotation(10)}, image, "layer 1, RandomRotation: Factor is 10; it must be at least 0 and at most 1: a share of a full turn; 10 degrees are 10.0/360"},
		{layer.Stack{layer.RandomZoom(1)}, image, "layer 1, RandomZoom: Height is 1; it must be at least 0 and below 1"},
		{layer.Stack{layer.RandomElasticTransform(3, 0)}, image, "layer 1, RandomElasticTransform: Sigma is 0; it must be above 0 and at most 10000"},
		{layer.Stack{layer.Flatten(), layer.RandomRotation(0.1)}, image, "layer 2, RandomRotation: it takes images of shape [height width channels], got [784]; put it before layer.Flatten()"},
		{layer.Stack{layer.RandomZoomLayer{FillMode: layer.FillMode{Fill: "reflect"}}}, image, `layer 1, RandomZoom: Fill "reflect" is unknown; known are [constant nearest]`},
		{layer.Stack{layer.Residual()}, image, "layer 1, Add: it needs at least two branches, and a layer in one of them"},
		{layer.Stack{layer.Parallel(layer.Stack{layer.ReLU()})}, image, "layer 1, Concatenate: it needs at least two branches, and a layer in one of them"},
		{layer.Stack{layer.ReLU(), layer.Residual(layer.Dense(3))}, image, "layer 2, Add: branch 1: layer 1, Dense: it takes a flat input"},
		{layer.Stack{layer.Residual(layer.Conv2D(3, 3))}, image, "layer 1, Add: its layers turn shape [28 28 1] into [26 26 3], and no projection of the input fits that; pad convolutions with Same()"},
		{layer.Stack{layer.Parallel(layer.Stack{layer.MaxPool(2)}, layer.Stack{layer.MaxPool(4)}).Add()}, image, "layer 1, Add: its branches give the shapes [[14 14 1] [7 7 1]], which cannot be added; make them equal"},
		{layer.Stack{layer.Parallel(layer.Stack{layer.MaxPool(2)}, layer.Stack{})}, image, "layer 1, Concatenate: its branches give the shapes [[14 14 1] [28 28 1]], which differ in more than their channels; pad convolutions with Same()"},
		{layer.Stack{layer.Residual(layer.RandomZoom(0.1))}, image, "layer 1, Add: branch 1: layer 1, RandomZoom: it would move the pixels of one branch only; put it before the branches"},
		{layer.Stack{layer.Parallel(layer.Stack{layer.Embedding(9, 2)}, layer.Stack{layer.Embedding(9, 3)})}, []int{5}, "layer 1, Concatenate: branch 1: layer 1, Embedding: it takes the data's word numbers; make it the model's first layer"},
		{layer.Stack{layer.ReLU(), layer.Embedding(9, 2)}, []int{5}, "layer 2, Embedding: it takes the data's word numbers; make it the model's first layer"},
		{layer.Stack{layer.Rescale(math.NaN())}, image, "layer 1, Rescaling: Scale is NaN; it must be a number from"},
		{layer.Stack{layer.Flatten(), layer.Dense(1 << 40)}, image, "layer 2, Dense: Units is 1099511627776; it must be at least 1 and a number from 0 to 2147483647"},
		{layer.Stack{layer.Flatten(), layer.Dense(1 << 30)}, image, "layer 2, Dense: it makes an array of shape [784 1073741824], with more than 2147483647 values; make it, or its input, smaller"},
		{layer.Stack{layer.Flatten()}, []int{1 << 40, 1 << 40}, "layer 1, Flatten: it makes an array of shape [4611686018427387904]"},
		{layer.Stack{&layer.DenseLayer{Units: 3}}, image, "layer 1 is a pointer, *layer.DenseLayer; give the layer itself"},
		{layer.Stack{unfinished}, image, `layer 1, Custom: the function of layer "never declared" is not in this program; declare it with engine.Layer("never declared", …)`},
		{layer.Stack{refusing}, image, "layer 1, Custom: it takes words"},
	} {
		_, err := c.stack.Plan(c.in)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

// TestErrorsOfJSON is a table of texts that are no model.
func TestErrorsOfJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                                "a model is a JSON list of layers: ",
		`[{"layer":"Flatten"},{}]`:          `layer 2 is of the unknown kind ""; known are Activation, Add, AveragePooling2D, `,
		`[{"layer":"LSTM"}]`:                `layer 1 is of the unknown kind "LSTM"; known are `,
		`[7]`:                               "layer 1: ",
		`[{"layer":"Dense","units":"ten"}]`: "layer 1, Dense: ",
	} {
		var s layer.Stack
		if err := json.Unmarshal([]byte(text), &s); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s…", text, err, want)
		}
	}
	if _, err := json.Marshal(layer.Stack{nil}); err == nil || !strings.Contains(err.Error(), "layer 1 of the model is nil") {
		t.Errorf("a stack with nil in it: %v", err)
	}
}
