package engine

import (
	"path/filepath"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"golang.org/x/sys/cpu"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// onDevices is an engine on n devices; a test of several needs XLA.
func onDevices(t *testing.T, n int, c session.Recipe) *Engine {
	t.Helper()
	b := started[len(started)-1]
	if backendName(b) != "xla:cpu" {
		t.Skip("needs XLA on the CPU, which has as many devices as are wanted")
	}
	b, err := withDevices(b, n)
	if err != nil {
		t.Fatal(err)
	}
	c.Devices = n
	return opened(t, b, c)
}

// convolved has both ways to convolve, statistics and random numbers of a batch, and averages; batches of 8
// leave 6 examples of 46, which 4 devices cannot split.
func convolved() session.Recipe {
	c := small()
	c.Model = layer.Stack{
		layer.RandomTranslation(0.2, 0.2), layer.Rescale(1.0 / 255), layer.Conv2D(4, 3).Same().ReLU(), layer.BatchNorm(), layer.MaxPool(2),
		layer.Conv2D(4, 3).Same().ReLU(), layer.Dropout(0.3), layer.Flatten(), layer.Dense(3).L2(1e-3),
	}
	c.BatchSize, c.Optimizer = 8, session.Adam(0.01).WithEMA(0.9).WithGlobalClipNorm(1)
	return c
}

// TestDevices: 2 and 4 devices give the losses, weights and answers of one, to a hundred-thousandth or as bf16 rounds.
func TestDevices(t *testing.T) {
	counted := session.Recipe{
		Model: layer.Stack{layer.Dense(8).ReLU(), layer.Dropout(0.3), layer.Dense(3)}, Input: []int{640}, Metrics: []string{"accuracy"},
		Optimizer: session.SGD(0.1).WithMomentum(0.9).WithSchedule(session.Cosine(2)), BatchSize: 16, Seed: 3,
	}
	noisy := small()
	noisy.Model = layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), Layer("noisy", func(scope *model.Scope, x *graph.Node) *graph.Node {
		x = BatchNorm(scope.In("norm"), graph.Tanh(graph.MatMul(x, Weight(scope, x, "kernel", "glorot_uniform", 36, 8))))
		if scope.IsTraining(x.Graph()) {
			x = graph.Mul(x, scope.RandomUniform(x.Graph(), shapes.Make(dtypes.Float32, x.Shape().Dimensions...)))
		}
		return x
	}), layer.Dense(3)}
	reads, reviews := words()
	rounded := small()
	rounded.Precision = "bf16"
	for name, c := range map[string]struct {
		recipe    session.Recipe
		set       *data.Set
		devices   []int
		tolerance float64
	}{
		"images": {convolved(), blobs(46), []int{2, 4}, 1e-5}, "sparse": {counted, countWords(90), []int{2}, 1e-5},
		"words": {reads, reviews, []int{4}, 1e-5}, "layer of one's own": {noisy, blobs(46), []int{2}, 1e-5},
		"in bf16": {rounded, blobs(46), []int{2}, 0.05},
	} {
		t.Run(name, func(t *testing.T) {
			if c.recipe.Precision != "" && !cpu.X86.HasAVX512BF16 && !cpu.X86.HasAMXBF16 {
				t.Skip("this processor does not multiply in bf16")
			}
			learn := func(n int) map[string][]float32 {
				e := onDevices(t, n, c.recipe)
				put(t, e, "train", c.set)
				var losses []float32
				for epoch := 1; epoch <= 2; epoch++ {
					p := train(t, e, session.Epoch{Number: epoch, Order: firstIndices(c.set.Len()), LearningRate: 0.01})
					losses = append(losses, float32(p.Means()["loss"]), float32(evaluated(t, e, "train", firstIndices(9))["loss"]))
				}
				answers, err := e.Predict(t.Context(), "train")
				if err != nil {
					t.Fatal(err)
				}
				all := weightsOf(t, e)
				all["losses"], all["answers"] = losses, answers.F32
				return all
			}
			want := learn(1)
			for _, n := range c.devices {
				for what, got := range learn(n) {
					near(t, what, got, want[what], c.tolerance)
				}
			}
		})
	}
}

// TestDevicesResumed: a training that stops on two devices goes on with one.
func TestDevicesResumed(t *testing.T) {
	epoch := session.Epoch{Number: 1, Set: "train", Order: firstIndices(46), LearningRate: 0.01}
	after := func(devices ...int) map[string][]float32 {
		folder := ""
		for i, n := range devices {
			e := onDevices(t, n, convolved())
			put(t, e, "train", blobs(46))
			if folder != "" {
				if err := e.Load(folder); err != nil {
					t.Fatal(err)
				}
			}
			if i == len(devices)-1 {
				train(t, e, epoch)
				return weightsOf(t, e)
			}
			var err error
			if epoch.From, err = e.Train(stopAfter(2), epoch, nil); err != nil || epoch.From.Batches != 2 {
				t.Fatal(epoch.From, err)
			}
			folder = filepath.Join(t.TempDir(), "weights")
			if err := e.Save(folder); err != nil {
				t.Fatal(err)
			}
		}
		return nil
	}
	want := after(1)
	for what, got := range after(2, 1) {
		near(t, what, got, want[what], 1e-5)
	}
}

// gpu is a machine with one.
type gpu struct{ compute.Backend }

func (gpu) Name() string        { return "xla" }
func (gpu) Description() string { return "cuda" }
func (gpu) NumDevices() int     { return 1 }

// TestDevicesMissing: more than a machine has are one sentence.
func TestDevicesMissing(t *testing.T) {
	_, err := withDevices(gpu{}, 2)
	oneSentence(t, err, "Devices is 2, but xla:cuda finds 1 in this machine; set it to that, or less")
	if b := started[0]; backendName(b) == "go" {
		_, err := withDevices(b, 2)
		oneSentence(t, err, "Devices is 2, but pure Go computes on one; leave it out")
	}
}
