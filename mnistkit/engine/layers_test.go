package engine

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// layerTable has each kind of layer at least once, with the shape and the
// weights that Keras gives it.
var layerTable = []struct {
	stack              layer.Stack
	in, out            []int
	params, notTrained int
}{
	{layer.Stack{layer.Flatten()}, []int{2, 3, 2}, []int{12}, 0, 0},
	{layer.Stack{layer.RescaleLayer{Scale: 0.5, Offset: -1}}, []int{2, 3, 1}, []int{2, 3, 1}, 0, 0},
	{layer.Stack{layer.Activation("gelu")}, []int{5}, []int{5}, 0, 0},
	{layer.Stack{layer.Dropout(0.3)}, []int{20}, []int{20}, 0, 0},
	{layer.Stack{layer.BatchNorm().Momentum(0.9)}, []int{3, 2, 2}, []int{3, 2, 2}, 8, 4},
	{layer.Stack{layer.Dense(3).Tanh().L1(0.01).L2(0.02)}, []int{4}, []int{3}, 15, 0},
	{layer.Stack{layer.Dense(3).NoBias().Init("he_normal")}, []int{4}, []int{3}, 12, 0},
	{layer.Stack{layer.Conv2D(2, 3).Same().Stride(2).ReLU().L2(0.02)}, []int{5, 4, 2}, []int{3, 2, 2}, 38, 0},
	{layer.Stack{layer.Conv2DLayer{Filters: 3, Kernel: [2]int{2, 4}, Strides: &[2]int{1, 2}}}, []int{5, 6, 2}, []int{4, 2, 3}, 51, 0},
	{layer.Stack{layer.MaxPool(2)}, []int{5, 4, 2}, []int{2, 2, 2}, 0, 0},
	{layer.Stack{layer.MaxPool(3).Same().Stride(2)}, []int{5, 4, 2}, []int{3, 2, 2}, 0, 0},
	{layer.Stack{layer.AveragePool(2).Same()}, []int{5, 4, 2}, []int{3, 2, 2}, 0, 0},
	{layer.Stack{layer.GlobalAveragePool()}, []int{5, 4, 2}, []int{2}, 0, 0},
	{layer.Stack{layer.Embedding(9, 2).MaskZero(), layer.GlobalAveragePool1D()}, []int{7}, []int{2}, 18, 0},
	{layer.Stack{layer.Embedding(9, 2).MaskZero(), layer.Residual(layer.Activation("tanh")), layer.GlobalAveragePool1D()}, []int{7}, []int{2}, 18, 0},
	{layer.Stack{layer.RandomTranslation(0.2, 0.1)}, []int{6, 5, 2}, []int{6, 5, 2}, 0, 0},
	{layer.Stack{layer.RandomRotation(0.1)}, []int{6, 5, 2}, []int{6, 5, 2}, 0, 0},
	{layer.Stack{layer.RandomZoomLayer{Height: 0.2, Width: 0.1, FillMode: layer.FillMode{Fill: "nearest"}}}, []int{6, 5, 2}, []int{6, 5, 2}, 0, 0},
	{layer.Stack{layer.RandomElasticTransform(3, 2)}, []int{6, 5, 2}, []int{6, 5, 2}, 0, 0},
	{layer.Stack{scaled}, []int{4}, []int{4}, 4, 0},
	{layer.Stack{layer.Residual(layer.Conv2D(2, 3).Same().Activation("tanh"), layer.BatchNorm(), layer.Dropout(0.3))}, []int{4, 3, 2}, []int{4, 3, 2}, 46, 4},
	{layer.Stack{layer.Residual(layer.Conv2D(3, 3).Same().Stride(2).L2(0.02))}, []int{4, 3, 2}, []int{2, 2, 3}, 66, 0},
	{layer.Stack{layer.Parallel(layer.Stack{layer.Dense(3)}, layer.Stack{layer.Residual(layer.Dense(2).L1(0.01)), scaled}, layer.Stack{})}, []int{4}, []int{9}, 37, 0},
	{layer.Stack{layer.Parallel(layer.Stack{layer.Dense(3)}, layer.Stack{layer.Dense(3).Sigmoid()}).Add()}, []int{4}, []int{3}, 30, 0},
}

// TestEveryLayer walks each row of the table through everything: shape and
// weights, JSON and gob, gradients against central differences, and all
// backends against each other. A kind that no row has, or that no fixture of
// Keras has, fails.
func TestEveryLayer(t *testing.T) {
	rows, fixtures := map[string]bool{}, kindsOfFixtures(t)
	for _, c := range layerTable {
		text, err := json.Marshal(c.stack)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range kindsIn(text) {
			rows[kind] = true
		}
		t.Run(string(text), func(t *testing.T) {
			steps, err := c.stack.Plan(c.in)
			if err != nil {
				t.Fatal(err)
			}
			if out := steps[len(steps)-1].Out; !cmp.Equal(out, c.out) {
				t.Errorf("output shape %v, want %v", out, c.out)
			}
			if n := layer.Count(steps); n.Total != c.params || n.NonTrainable != c.notTrained {
				t.Errorf("%+v, want %d, %d of them not trained", n, c.params, c.notTrained)
			}
			carried(t, c.stack)
			var first [2]map[string][]float32
			for _, b := range started {
				l := newProbed(t, b, c.stack, c.in, c.out)
				for i, training := range []bool{false, true} {
					got := l.run(t, l.e, training)
					if b != started[0] {
						for name, values := range first[i] {
							near(t, backendName(b)+", "+name, got[name], values, 1e-4)
						}
						continue
					}
					first[i] = got
					l.differences(t, training, got)
				}
			}
		})
	}
	for _, kind := range layer.Kinds() {
		if !rows[kind] {
			t.Errorf("no row of the table has the layer %s", kind)
		}
		// Keras has no functions of ours, and warps by another rule.
		if !fixtures[kind] && kind != "Custom" && kind != "RandomElasticTransform" {
			t.Errorf("no fixture of Keras has the layer %s", kind)
		}
	}
}

// kindsIn are the layers that a JSON text names.
func kindsIn(text []byte) (kinds []string) {
	for _, part := range strings.Split(string(text), `"layer":`)[1:] {
		part = strings.TrimLeft(part, ` "`)
		kinds = append(kinds, part[:strings.Index(part, `"`)])
	}
	return kinds
}

func kindsOfFixtures(t *testing.T) map[string]bool {
	kinds := map[string]bool{}
	for _, name := range []string{"layers.json", "steps.json", "augment.json"} {
		var text json.RawMessage
		fixture(t, name, &text)
		for _, kind := range kindsIn(text) {
			kinds[kind] = true
		}
	}
	return kinds
}

// carried takes a stack through JSON and gob, and back.
func carried(t *testing.T, s layer.Stack) {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var read, decoded layer.Stack
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	var pipe bytes.Buffer
	if err := gob.NewEncoder(&pipe).Encode(s); err != nil {
		t.Fatal(err)
	}
	if err := gob.NewDecoder(&pipe).Decode(&decoded); err != nil {
		t.Fatal(err)
	}
	for how, back := range map[string]layer.Stack{"JSON": read, "gob": decoded, "Map": s.Map(func(l layer.Layer) layer.Layer { return l })} {
		if diff := cmp.Diff(s, back, cmpopts.IgnoreUnexported(layer.CustomLayer{}), cmpopts.EquateEmpty(), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("%s: %s", how, diff)
		}
	}
}

// probedLayer is a stack with inputs, weights and a probe: what is
// differentiated is the sum of output times probe.
type probedLayer struct {
	layerCase
	e *Engine
}

func newProbed(t *testing.T, b compute.Backend, s layer.Stack, in, out []int) *probedLayer {
	size := func(shape []int) int { return layer.Param{Shape: shape}.Size() }
	l := &probedLayer{layerCase: layerCase{Layers: s, InputShape: in, OutputShape: out, Batch: 3}}
	l.e = opened(t, b, session.Recipe{Model: s, Input: in})
	n := 3 * size(in)
	for i := range n { // all differ, so that a pool has one maximum
		x := float32(i*37%n-n/2) / 8
		if l.words() {
			x = float32(i * 5 % 9)
		}
		l.Input = append(l.Input, x)
	}
	for i := range 3 * size(out) {
		l.Probe = append(l.Probe, float32(i*7%11-5)/4)
	}
	var weights []session.Weight
	for _, v := range l.e.trainable() {
		w := session.Weight{Name: v.Path()[len(modelScope)+1:], Shape: v.Shape().Dimensions}
		for i := range v.Shape().Size() {
			w.Values = append(w.Values, float32(0.4*math.Sin(float64(3*i+len(w.Name)))))
		}
		weights = append(weights, w)
	}
	if err := l.e.SetWeights(weights); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *probedLayer) words() bool { return l.Layers[0].Kind() == "Embedding" }

// differences holds gradients against central differences of the probed sum.
func (l *probedLayer) differences(t *testing.T, training bool, gradients map[string][]float32) {
	t.Helper()
	const h = 1.0 / 64
	exec, err := model.NewExec(l.e.backend, l.e.store, func(scope *model.Scope, in []*graph.Node) *graph.Node {
		p := &pass{e: l.e, training: training}
		if training {
			p.key = graph.Const(in[0].Graph(), uint32(1))
		}
		return p.forward(in[0])
	})
	if err != nil {
		t.Fatal(err)
	}
	sum := func() (total float64) {
		out, err := exec.Call(tensors.FromFlatDataAndDimensions(l.Input, append([]int{l.Batch}, l.InputShape...)...))
		if err != nil {
			t.Fatal(err)
		}
		for i, y := range flat(t, out[0]) {
			total += float64(y) * float64(l.Probe[i])
		}
		return total
	}
	slopes := func(values []float32, set func()) []float32 {
		list := make([]float32, len(values))
		for i, was := range values {
			values[i] = was + h
			set()
			up := sum()
			values[i] = was - h
			set()
			list[i] = float32((up - sum()) / (2 * h))
			values[i] = was
		}
		set()
		return list
	}
	if !l.words() {
		near(t, "gradient of the input against differences", gradients["input"], slopes(l.Input, func() {}), 2e-3)
	}
	for _, v := range l.e.trainable() {
		name := v.Path()[len(modelScope)+1:]
		values := flat(t, v.MustValue())
		set := func() {
			if err := l.e.SetWeights([]session.Weight{{Name: name, Shape: v.Shape().Dimensions, Values: values}}); err != nil {
				t.Fatal(err)
			}
		}
		near(t, "gradient of "+name+" against differences", gradients[name], slopes(values, set), 2e-3)
	}
}

// TestBranchesDoNotHang: eight convolutions that wait for nothing but the same
// input train on every backend. Backends have been seen to wait for ever there.
func TestBranchesDoNotHang(t *testing.T) {
	var branches []layer.Stack
	for range 8 {
		branches = append(branches, layer.Stack{layer.Conv2D(4, 3).Same().ReLU(), layer.MaxPool(2)})
	}
	c := small()
	c.Model = layer.Stack{layer.Rescale(1.0 / 255), layer.Parallel(branches...), layer.Flatten(), layer.Dense(3)}
	onBackends(t, func(t *testing.T, b compute.Backend) {
		e := opened(t, b, c)
		put(t, e, "train", blobs(32))
		done := make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			_, err := e.Train(ctx, session.Epoch{Set: "train", Number: 1, Order: firstIndices(32), LearningRate: rate}, nil)
			done <- err
		}()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(2 * time.Minute):
			t.Fatal("no end after two minutes")
		}
	})
}
