package session_test

import (
	"math"
	"strings"
	"testing"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// TestRates: no optimiser at all is Keras' default; a rate of zero, which is what
// 1/1000 is in Go, is never taken for it.
func TestRates(t *testing.T) {
	for _, c := range []struct {
		given session.Optimizer
		want  string // the rate, or what the error says
	}{
		{session.Optimizer{}, "Adam(0.001)"},
		{session.Adam(0.5), "Adam(0.5)"},
		{session.Optimizer{Name: "rmsprop", LearningRate: 0.25}, "RMSprop(0.25)"},
		//lint:ignore SA4025 this mistake is what the error is about
		{session.SGD(1 / 1000), "in Go 1/1000 is 0"},
		{session.Adam(0), "in Go 1/1000 is 0"},
		{session.RMSprop(0), "in Go 1/1000 is 0"},
		{session.Optimizer{Name: "adam"}, "in Go 1/1000 is 0"},
		{session.SGD(0).WithMomentum(0.9), "in Go 1/1000 is 0"},
		{session.Optimizer{Name: "sgd", LearningRate: 0.1, Rho: 0.9}, "sgd is given settings of another optimiser"},
		{session.RMSprop(0.1).WithNesterov(), "rmsprop is given settings of another optimiser"},
		{session.Optimizer{Name: "adam", LearningRate: 0.1, Beta1: 5}, "optimiser adam: Beta1 is 5; it must be at least 0 and below 1"},
		{session.Adam(0.1).WithNesterov(), "adam is given settings of another optimiser"},
		{session.SGD(0.1).WithMomentum(math.Inf(1)), "Momentum is +Inf; it must be at least 0 and below 1"},
		{session.SGD(-1), "optimiser sgd: LearningRate is -1; it must be above 0: in Go"},
		{session.AdamW(0.5), "AdamW(0.5)"},
		{session.AdamW(0.5).WithWeightDecay(0.1), "AdamW(0.5).WithWeightDecay(0.1)"},
		{session.AdamW(0.5).WithWeightDecay(0), "AdamW(0.5).WithWeightDecay(0)"},
		{session.Optimizer{Name: "adamw", LearningRate: 0.5, Beta2: 0.9}, "AdamW(0.5), Beta2 0.9"},
		{session.SGD(0.5).WithMomentum(0.9).WithClipNorm(1).WithNesterov(), "SGD(0.5).WithMomentum(0.9).WithClipNorm(1).WithNesterov()"},
		{session.Adam(0.5).WithEMA(0.99), "Adam(0.5).WithEMA(0.99)"},
		{session.Adam(0.5).WithEMA(1), "optimiser adam: EMA is 1; it must be at least 0 and below 1"},
		{session.AdamW(0.5).WithMomentum(0.9), "adamw has no momentum to set; its beta_1 plays that part"},
		{session.Adam(0.5).WithClipNorm(1).WithClipValue(1), "adam is told to clip gradients in two ways; set one of ClipNorm, ClipValue and GlobalClipNorm"},
		{session.Adam(0.5).WithGlobalClipNorm(math.Inf(1)), "optimiser adam: GlobalClipNorm is +Inf"},
		{session.Adam(0.5).WithWeightDecay(-1), "optimiser adam: WeightDecay is -1; it must be at least 0"},
		{session.SGD(1e300), "LearningRate is 1e+300"},
	} {
		r, err := session.Recipe{
			Model: layer.Stack{layer.Dense(3)}, Input: []int{2}, InputType: "float32", Optimizer: c.given,
		}.Complete("int32")
		got := r.Optimizer.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%+v: got %q, want %q", c.given, got, c.want)
		}
	}
}

// TestSmoothing: only labels that are classes can be smoothed.
func TestSmoothing(t *testing.T) {
	for labels, want := range map[string]string{
		"int32":   "",
		"float32": "LabelSmoothing is for classes, but the loss is mean_squared_error; leave it out",
	} {
		_, err := session.Recipe{Model: layer.Stack{layer.Dense(1)}, Input: []int{2}, InputType: "float32", LabelSmoothing: 0.1}.Complete(labels)
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("labels of type %s: %v, want %q", labels, err, want)
		}
	}
}

// TestPrecision: a model without convolutions has nothing that would multiply in bf16.
func TestPrecision(t *testing.T) {
	for precision, want := range map[string]string{
		"bf16": "Precision is that of convolutions, and the model has none; leave it out",
		"fp8":  `Precision "fp8" is unknown; known are [bf16]`,
	} {
		_, err := session.Recipe{Model: layer.Stack{layer.Dense(1)}, Input: []int{2}, InputType: "float32", Precision: precision}.Complete("float32")
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %q", precision, err, want)
		}
	}
}

// TestDevices: a batch that devices cannot share evenly is one sentence.
func TestDevices(t *testing.T) {
	for devices, want := range map[int]string{
		4:  "",
		3:  "Devices is 3, and a BatchSize of 32 cannot be split evenly over them; make it a multiple of 3",
		-1: "Devices is -1; it must be at least 0 and at most 64",
	} {
		_, err := session.Recipe{Model: layer.Stack{layer.Dense(1)}, Input: []int{2}, InputType: "float32", Devices: devices}.Complete("float32")
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%d devices: %v, want %q", devices, err, want)
		}
	}
}

// TestStructDefaults: an optimiser written as a struct has Keras' other settings.
func TestStructDefaults(t *testing.T) {
	for name, want := range map[string]session.Optimizer{"sgd": session.SGD(0.1), "adam": session.Adam(0.1), "adamw": session.AdamW(0.1), "rmsprop": session.RMSprop(0.1)} {
		given := session.Optimizer{Name: name, LearningRate: 0.1}
		for range 2 {
			r, err := session.Recipe{Model: layer.Stack{layer.Dense(1)}, Input: []int{2}, InputType: "float32", Optimizer: given}.Complete("float32")
			if err != nil || r.Optimizer != want || given.String() != want.String() {
				t.Errorf("%s: got %+v, %v, want %+v", given, r.Optimizer, err, want)
			}
			want.Epsilon /= 2 // where that one is set, the others are Keras' all the same
			given.Epsilon = want.Epsilon
		}
	}
	if got := (session.Optimizer{}).String(); got != "Adam(0.001)" {
		t.Errorf("no optimiser is spoken of as %s", got)
	}
	without := session.Adam(0.1)
	without.Beta1 = 0
	r, err := session.Recipe{Model: layer.Stack{layer.Dense(1)}, Input: []int{2}, InputType: "float32", Optimizer: without}.Complete("float32")
	if err != nil || r.Optimizer != without {
		t.Errorf("a zero that was set: got %+v, %v, want %+v", r.Optimizer, err, without)
	}
}
