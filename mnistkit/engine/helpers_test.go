package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// started are the backends that the tests run on: pure Go always, and XLA
// where $GOMLX_BACKEND names its plugin.
var started []compute.Backend

func TestMain(m *testing.M) {
	os.Setenv("MNISTKIT_COMPILED", "off") // each run compiles anew, but for TestKept
	for _, config := range []string{"go", os.Getenv("GOMLX_BACKEND")} {
		if config == "" || config == "go" && len(started) > 0 {
			continue
		}
		b, err := startBackend(config)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		started = append(started, b)
		fmt.Println("backend", backendName(b), "from", config)
	}
	os.Exit(m.Run())
}

// onBackends runs f on every backend as a subtest.
func onBackends(t *testing.T, f func(t *testing.T, b compute.Backend)) {
	for _, b := range started {
		t.Run(backendName(b), func(t *testing.T) { f(t, b) })
	}
}

// opened is an engine on b, closed with the test.
func opened(t *testing.T, b compute.Backend, c session.Recipe) *Engine {
	t.Helper()
	if c.BatchSize == 0 {
		c.BatchSize = 4
	}
	if c.Optimizer.Name == "" {
		c.Optimizer = session.SGD(0.1)
	}
	if c.Loss == "" {
		c.Loss = session.SparseCategoricalCrossentropy
	}
	e, err := newEngine(b, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// small is a model that has all that a resume could get wrong: moving
// averages, dropout's random numbers, branches, an optimiser with a memory.
func small() session.Recipe {
	return session.Recipe{
		Model: layer.Stack{
			layer.Rescale(1.0 / 255), layer.Conv2D(2, 3).Same().ReLU(), layer.BatchNorm(), layer.MaxPool(2),
			layer.Residual(layer.Conv2D(3, 3).Same().ReLU(), layer.Dropout(0.3)),
			layer.Flatten(), layer.Dense(8).ReLU().L2(1e-3), layer.Dense(3),
		},
		Input: []int{6, 6, 1}, InputType: "uint8",
		Loss: session.SparseCategoricalCrossentropy, Metrics: []string{"accuracy"},
		Optimizer: session.Adam(0.01), BatchSize: 4, Seed: 7,
	}
}

// blobs are n images of 6×6 pixels in three classes that a model can learn.
func blobs(n int) *data.Set {
	set := &data.Set{Name: "blobs", Inputs: data.Array{Shape: []int{6, 6, 1}}, Classes: []string{"a", "b", "c"}}
	noise := uint32(1)
	for i := range n {
		class := i * 7 % 3
		for p := range 36 {
			noise = noise*1664525 + 1013904223
			v := noise >> 26
			if p/12 == class {
				v += 150
			}
			set.Inputs.U8 = append(set.Inputs.U8, uint8(v))
		}
		set.Labels.I32 = append(set.Labels.I32, int32(class))
	}
	return set
}

func put(t *testing.T, s session.Session, name string, set *data.Set) {
	t.Helper()
	if err := session.PutSet(s, name, set.Chunks()); err != nil {
		t.Fatal(err)
	}
}

// train does an epoch over set "train" in the order given.
func train(t *testing.T, s session.Session, ep session.Epoch) session.Partial {
	t.Helper()
	if ep.Set == "" {
		ep.Set = "train"
	}
	p, err := s.Train(context.Background(), ep, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// stopAfter is a context that ends a training after n batches: the engine
// asks it before each.
func stopAfter(n int) context.Context { return &batches{context.Background(), n} }

type batches struct {
	context.Context
	left int
}

func (b *batches) Err() error {
	if b.left--; b.left < 0 {
		return context.Canceled
	}
	return nil
}

func evaluated(t *testing.T, s session.Session, set string, indices []int32) map[string]float64 {
	t.Helper()
	m, err := s.Evaluate(context.Background(), set, indices)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func weightsOf(t *testing.T, s session.Session) map[string][]float32 {
	t.Helper()
	list, err := s.Weights()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]float32{}
	for _, w := range list {
		all[w.Name] = w.Values
	}
	return all
}

// near fails where got is farther from want than tolerance·max(1, |want|).
func near(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= tolerance*max(1, math.Abs(float64(want[i])))) {
			t.Errorf("%s: value %d is %g, want %g", what, i, got[i], want[i])
			return
		}
	}
}

func nearOne(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s: %g, want %g", what, got, want)
	}
}

// oneSentence holds an error against the words that it must have.
func oneSentence(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one that says %q", words)
		return
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error has more than one line: %q", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error %q does not say %q", err, w)
		}
	}
}

// fixture reads a file of Keras' numbers.
func fixture(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "keras", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// tensor is an array of weights or gradients in a fixture, "0/kernel" being
// the kernel of the first layer.
type tensor struct {
	Name   string
	Shape  []int
	Values []float32
}

// set gives the engine's weights the values of a fixture.
func setWeights(t *testing.T, e *Engine, list []tensor) {
	t.Helper()
	var weights []session.Weight
	for _, w := range list {
		weights = append(weights, session.Weight{Name: e.weightName(t, w.Name), Shape: w.Shape, Values: w.Values})
	}
	if err := e.SetWeights(weights); err != nil {
		t.Fatal(err)
	}
}

// weightName turns "0/kernel" into the engine's "dense/kernel".
func (e *Engine) weightName(t *testing.T, name string) string {
	t.Helper()
	var i int
	var param string
	if _, err := fmt.Sscanf(name, "%d/%s", &i, &param); err != nil || i >= len(e.plan) {
		t.Fatalf("fixture weight %q: %v", name, err)
	}
	return e.plan[i].Name + "/" + param
}
