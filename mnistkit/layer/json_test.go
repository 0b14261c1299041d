package layer_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"gonblabs/mnistkit/layer"
)

var everyLayer = layer.Stack{
	layer.RandomTranslation(0.1, 0.2), layer.RandomRotation(0.03), layer.RandomZoomLayer{Height: 0.1, Width: 0.2, FillMode: layer.FillMode{Fill: "nearest"}},
	layer.RandomElasticTransform(34, 4),
	layer.RescaleLayer{Scale: 1.0 / 255, Offset: -0.5},
	layer.Conv2D(6, 5).Same().Stride(2).ReLU().L1(1e-4),
	layer.Conv2DLayer{Filters: 3, Kernel: [2]int{3, 2}, Strides: &[2]int{1, 2}, Weighted: layer.Weighted{NoBias: true}},
	layer.BatchNorm(), layer.BatchNormLayer{Epsilon: 1e-5}.Momentum(0.9), layer.BatchNorm().Momentum(0),
	layer.MaxPool(2), layer.MaxPool(3).Same().Stride(2), layer.AveragePool(2).Same(), layer.AveragePool(2).Stride(1),
	layer.GlobalAveragePool(), layer.Flatten(), layer.Activation("elu"), layer.ReLU(), layer.Dropout(0.3),
	layer.Dense(7).Init("he_normal").L2(0.5).Tanh(), layer.Dense(1).Sigmoid(),
	layer.CustomLayer{Name: "mine", Fingerprint: "0123456789abcdef"},
	layer.Embedding(9, 2).MaskZero(), layer.GlobalAveragePool1D(),
	layer.Residual(layer.Dense(3), layer.Parallel(layer.Stack{layer.Dense(2).L2(0.1)}, layer.Stack{})),
}

// TestText is what a run's record shows of a model: defaults left out.
func TestText(t *testing.T) {
	for _, c := range []struct {
		layer layer.Layer
		want  string
	}{
		{layer.Flatten(), `[{"layer":"Flatten"}]`},
		{layer.Dense(10), `[{"layer":"Dense","units":10}]`},
		{layer.Dense(10).ReLU().L2(0.001), `[{"layer":"Dense","units":10,"activation":"relu","l2":0.001}]`},
		{layer.Conv2D(6, 5).Same(), `[{"layer":"Conv2D","filters":6,"kernel":[5,5],"padding":"same"}]`},
		{layer.MaxPool(2), `[{"layer":"MaxPooling2D","pool":[2,2]}]`},
		{layer.Dropout(0.3), `[{"layer":"Dropout","rate":0.3}]`},
		{layer.BatchNorm(), `[{"layer":"BatchNormalization"}]`},
		{layer.Residual(layer.ReLU()), `[{"layer":"Add","branches":[[{"layer":"Activation","activation":"relu"}],[]]}]`},
		{layer.Parallel(layer.Stack{layer.Flatten()}, nil), `[{"layer":"Concatenate","branches":[[{"layer":"Flatten"}],[]]}]`},
	} {
		got, err := json.Marshal(layer.Stack{c.layer})
		if err != nil || string(got) != c.want {
			t.Errorf("%s, %v; want %s", got, err, c.want)
		}
	}
}

// FuzzUnmarshalJSON: no text makes it panic, and what it takes it gives back.
func FuzzUnmarshalJSON(f *testing.F) {
	text, err := json.Marshal(everyLayer)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(text), `[]`, `null`, `[null]`, `[{"layer":"Dense","units":-1,"l1":-0}]`,
		`[{"layer":"Conv2D","kernel":[1,2,3],"strides":[]}]`, `[{"LAYER":"Custom","args":null,"name":"\u0000"}]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var s layer.Stack
		if json.Unmarshal(text, &s) != nil {
			return
		}
		_, _ = s.Plan([]int{28, 28, 1})
		once, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("%s decodes but does not encode: %v", text, err)
		}
		var again layer.Stack
		if err := json.Unmarshal(once, &again); err != nil {
			t.Fatalf("%s does not decode again: %v", once, err)
		}
		if twice, err := json.Marshal(again); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%s became %s (%v)", once, twice, err)
		}
	})
}
