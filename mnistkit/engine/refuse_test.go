package engine

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/cpu"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// TestPutErrors is a table of data sets that do not suit the model.
func TestPutErrors(t *testing.T) {
	c := small()
	c.Model = append(c.Model[:len(c.Model)-1:len(c.Model)-1], layer.Dense(2))
	e := opened(t, started[0], c)
	line := opened(t, started[0], session.Recipe{Model: layer.Stack{layer.Dense(1)}, Input: []int{2}, Loss: session.BinaryCrossentropy})
	with := func(change func(s *data.Set)) *data.Set {
		s := blobs(3)
		s.Labels.I32 = []int32{0, 1, 1}
		change(s)
		return s
	}
	for _, c := range []struct {
		set  *data.Set
		want string
	}{
		{nil, `data set "train" is empty; a set needs at least one example`},
		{&data.Set{}, `data set "train" is empty`},
		{with(func(s *data.Set) { s.Labels.I32[2] = 4 }), `labels of data set "blobs" go up to 4 but the model ends in 2 units; end it with layer.Dense(5)`},
		{with(func(s *data.Set) { s.Labels.I32[1] = -1 }), `label 1 of data set "blobs" is -1; class numbers start at 0`},
		{with(func(s *data.Set) { s.Inputs.Shape = []int{36} }), `data set "blobs" holds examples of shape [36] but the model was made for [6 6 1]`},
		{with(func(s *data.Set) { s.Labels = data.Array{F32: []float32{0, 1, 1}} }), `data set "blobs" has labels of type float32 but the loss sparse_categorical_crossentropy takes class numbers (int32)`},
		{with(func(s *data.Set) { s.Labels = data.Array{Shape: []int{2}, I32: make([]int32, 6)} }), `data set "blobs" has labels of shape [2]; give one value for each example`},
	} {
		err := e.Put("train", c.set, 0)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
	two := &data.Set{Name: "two", Inputs: data.Array{Shape: []int{2}, F32: []float32{1, 2}}, Labels: data.Array{I32: []int32{2}}}
	oneSentence(t, line.Put("train", two, 0), "labels of data set \"two\" go up to 2 but the loss binary_crossentropy takes 0 and 1")
	if len(e.sets)+len(line.sets) != 0 {
		t.Error("a data set that was refused is there")
	}
}

// TestPrecision: convolutions in bf16 train a little otherwise, and are refused where the processor lacks it.
// What was trained answers everywhere.
func TestPrecision(t *testing.T) {
	had := cpu.X86
	defer func() { cpu.X86 = had }()
	onBackends(t, func(t *testing.T, b compute.Backend) {
		c := small()
		loss := func(precision string, able bool) (float64, error) {
			cpu.X86.HasAVX512BF16, cpu.X86.HasAMXBF16 = able, false
			c.Precision = precision
			e := opened(t, b, c)
			put(t, e, "train", blobs(8))
			_, err := e.Train(t.Context(), session.Epoch{Set: "train", Number: 1, Order: firstIndices(8), LearningRate: 0.01}, nil)
			return evaluated(t, e, "train", nil)["loss"], err
		}
		want, err := loss("", false)
		got, errHalf := loss("bf16", true)
		if err != nil || errHalf != nil || got == want || math.Abs(got-want) > 0.01*want {
			t.Errorf("loss %v in bf16 (%v), %v in float32 (%v)", got, errHalf, want, err)
		}
		_, err = loss("bf16", false)
		oneSentence(t, err, "this processor does not multiply in bf16 (it has neither AVX512_BF16 nor AMX); leave out Precision")
	})
}

// TestUnknownData: what was not handed over, or is not in it, cannot be used.
func TestUnknownData(t *testing.T) {
	e := opened(t, started[0], small())
	ctx := context.Background()
	_, err := e.Train(ctx, session.Epoch{Set: "train", Order: firstIndices(3)}, nil)
	oneSentence(t, err, `no data set "train"`)
	_, err = e.Evaluate(ctx, "test", nil)
	oneSentence(t, err, `no data set "test"`)
	_, err = e.Predict(ctx, "test")
	oneSentence(t, err, `no data set "test"`)

	put(t, e, "train", blobs(3))
	_, err = e.Train(ctx, session.Epoch{Set: "train"}, nil)
	oneSentence(t, err, "no examples")
	_, err = e.Train(ctx, session.Epoch{Set: "train", Order: []int32{0, 3}}, nil)
	oneSentence(t, err, "example 3 was asked for but the data set holds 3")
	_, err = e.Evaluate(ctx, "train", []int32{-1})
	oneSentence(t, err, "example -1 was asked for but the data set holds 3")
	_, err = e.Evaluate(stopAfter(0), "train", nil)
	oneSentence(t, err, "stopped before the end")
}

// TestSetWeightsErrors: weights that do not fit change nothing.
func TestSetWeightsErrors(t *testing.T) {
	e := opened(t, started[0], small())
	before := weightsOf(t, e)
	good := session.Weight{Name: "dense/bias", Shape: []int{8}, Values: []float32{1, 2, 3, 4, 5, 6, 7, 8}}
	for _, c := range []struct {
		bad   session.Weight
		words []string
	}{
		{session.Weight{Name: "dense_9/bias"}, []string{`no weights "dense_9/bias"; Weights names those that it has`}},
		{session.Weight{Name: "dense/kernel", Shape: []int{8}, Values: make([]float32, 8)}, []string{`"dense/kernel" are of shape [27 8]`, "[8] (8 values)"}},
		{session.Weight{Name: "dense/kernel", Shape: []int{27, 8}, Values: make([]float32, 8)}, []string{"[27 8] (8 values)"}},
	} {
		oneSentence(t, e.SetWeights([]session.Weight{good, c.bad}), c.words...)
	}
	if diff := cmp.Diff(before, weightsOf(t, e)); diff != "" {
		t.Error(diff)
	}
	if err := e.SetWeights([]session.Weight{good}); err != nil {
		t.Fatal(err)
	}
	near(t, "bias", weightsOf(t, e)["dense/bias"], good.Values, 0)
}

// TestLoadErrors: what another model saved is refused, and nothing changes.
func TestLoadErrors(t *testing.T) {
	saved := filepath.Join(t.TempDir(), "small")
	if err := opened(t, started[0], small()).Save(saved); err != nil {
		t.Fatal(err)
	}
	wider, deeper, momentum := small(), small(), small()
	wider.Model = append(wider.Model[:6:6], layer.Dense(9).ReLU(), layer.Dense(3))
	deeper.Model = append(deeper.Model[:7:7], layer.Dense(8), layer.Dense(3))
	momentum.Optimizer = session.SGD(0.1).WithMomentum(0.9)
	for name, c := range map[string]session.Recipe{"wider": wider, "deeper": deeper, "another optimiser": momentum} {
		t.Run(name, func(t *testing.T) {
			e := opened(t, started[0], c)
			before := weightsOf(t, e)
			oneSentence(t, e.Load(saved), "cannot load the saved model", "it was saved by another model")
			if diff := cmp.Diff(before, weightsOf(t, e)); diff != "" {
				t.Errorf("the refused weights changed the model: %s", diff)
			}
		})
	}
	e := opened(t, started[0], small())
	oneSentence(t, e.Load(filepath.Join(t.TempDir(), "nowhere")), "there are no saved weights at", "nowhere")
	oneSentence(t, e.Load(t.TempDir()), "cannot load the saved model")
}

// TestConfigErrors is a table of models that cannot be trained.
func TestConfigErrors(t *testing.T) {
	for _, c := range []struct {
		change func(c *session.Recipe)
		want   string
	}{
		{func(c *session.Recipe) { c.Loss = "hinge" }, `Loss "hinge" is unknown; known are [sparse`},
		{func(c *session.Recipe) { c.Optimizer.Name = "lion" }, `optimiser "lion" is unknown; use kit.SGD, kit.Adam, kit.AdamW or kit.RMSprop`},
		{func(c *session.Recipe) { c.Optimizer.LearningRate = -1 }, "optimiser adam: LearningRate is -1; it must be above 0"},
		{func(c *session.Recipe) { c.BatchSize = 0 }, "BatchSize is 0; it must be at least 1"},
		{func(c *session.Recipe) { c.Metrics = []string{"top_k"} }, `metric "top_k" is unknown; known are [accuracy mae mse rmse binary_accuracy auc precision recall]`},
		{func(c *session.Recipe) { c.Metrics = []string{"auc"} }, `metric "auc" does not suit the loss sparse_categorical_crossentropy; it is of two classes, with the loss binary_crossentropy`},
		{func(c *session.Recipe) { c.Metrics = []string{"accuracy", "accuracy"} }, `metric "accuracy" is named twice`},
		{func(c *session.Recipe) { c.Metrics = []string{"mae"} }, `metric "mae" does not suit the loss sparse_categorical_crossentropy`},
		{func(c *session.Recipe) { c.Loss = session.MeanSquaredError }, `metric "accuracy" does not suit the loss mean_squared_error`},
		{func(c *session.Recipe) { c.Loss, c.Metrics = session.MeanSquaredError, nil }, "the model ends in 3 units but the loss is mean_squared_error; end it with layer.Dense(1)"},
		{func(c *session.Recipe) { c.Loss = session.BinaryCrossentropy }, "the model ends in 3 units but the loss is binary_crossentropy; end it with layer.Dense(1)"},
		{func(c *session.Recipe) { c.Model = c.Model[:3] }, "the model ends in shape [6 6 2]; end it with layer.Flatten() and layer.Dense"},
		{func(c *session.Recipe) { c.Model = nil }, "the model has no layers"},
		{func(c *session.Recipe) { c.ClassWeights = []float32{1} }, "there are 1 class weights but the model tells 3 classes apart; give one for each class"},
	} {
		config := small()
		c.change(&config)
		s, err := Open(config)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
		if s != nil {
			t.Errorf("%s: there is a session beside the error", c.want)
		}
	}
}

// TestBackendErrors: a backend that is not there is one sentence.
func TestBackendErrors(t *testing.T) {
	for _, config := range []string{"abacus", "xla:/nowhere/pjrt_plugin.so"} {
		_, err := startBackend(config)
		oneSentence(t, err, "cannot start the backend", config, "go run ./kernel-setup doctor", "GOMLX_BACKEND=go")
	}
}

// TestClose may be called twice.
func TestClose(t *testing.T) {
	e := opened(t, started[0], small())
	put(t, e, "train", blobs(3))
	for range 2 {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}
