package engine

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

type layerCase struct {
	Name       string
	Layers     layer.Stack
	InputShape []int `json:"input_shape"`
	Batch      int
	Weights    []tensor
	Input      []float32
	Probe      []float32
	Output     []float32

	OutputShape             []int     `json:"output_shape"`
	InputGradient           []float32 `json:"input_gradient"`
	WeightGradients         []tensor  `json:"weight_gradients"`
	OutputTraining          []float32 `json:"output_training"`
	InputGradientTraining   []float32 `json:"input_gradient_training"`
	WeightGradientsTraining []tensor  `json:"weight_gradients_training"`
	WeightsAfterTraining    []tensor  `json:"weights_after_training"`
	Penalty                 *float64
	PenaltyGradients        []tensor `json:"penalty_gradients"`
}

// TestKerasLayers holds every layer's output and gradients against Keras'.
func TestKerasLayers(t *testing.T) {
	var file struct{ Cases []layerCase }
	fixture(t, "layers.json", &file)
	onBackends(t, func(t *testing.T, b compute.Backend) {
		for _, c := range file.Cases {
			t.Run(c.Name, func(t *testing.T) { c.check(t, b) })
		}
	})
}

func (c layerCase) check(t *testing.T, b compute.Backend) {
	e := opened(t, b, session.Recipe{Model: c.Layers, Input: c.InputShape})
	setWeights(t, e, c.Weights)
	if out := e.plan[len(e.plan)-1].Out; !cmp.Equal(out, c.OutputShape) {
		t.Errorf("output shape %v, want %v", out, c.OutputShape)
	}
	out := c.run(t, e, false)
	near(t, "output", out["output"], c.Output, 1e-5)
	near(t, "gradient of the input", out["input"], c.InputGradient, 2e-5)
	for _, w := range c.WeightGradients {
		near(t, "gradient of "+w.Name, out[e.weightName(t, w.Name)], w.Values, 2e-5)
	}
	if c.Penalty != nil {
		near(t, "penalty", out["penalty"], []float32{float32(*c.Penalty)}, 1e-5)
		for _, w := range c.PenaltyGradients {
			near(t, "gradient of the penalty by "+w.Name, out["penalty "+e.weightName(t, w.Name)], w.Values, 2e-5)
		}
	} else if out["penalty"] != nil {
		t.Error("there is a penalty where Keras has none")
	}
	if c.OutputTraining == nil {
		return
	}
	out = c.run(t, e, true)
	near(t, "output in training", out["output"], c.OutputTraining, 1e-5)
	near(t, "gradient of the input in training", out["input"], c.InputGradientTraining, 2e-5)
	for _, w := range c.WeightGradientsTraining {
		near(t, "gradient of "+w.Name+" in training", out[e.weightName(t, w.Name)], w.Values, 2e-5)
	}
	after := weightsOf(t, e)
	for _, w := range c.WeightsAfterTraining {
		near(t, w.Name+" after training", after[e.weightName(t, w.Name)], w.Values, 1e-5)
	}
}

// run takes the input through the model; the results are named "output",
// "input" for its gradient, "penalty", and by the weights for theirs.
func (c layerCase) run(t *testing.T, e *Engine, training bool) map[string][]float32 {
	t.Helper()
	var names []string
	exec, err := model.NewExec(e.backend, e.store, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		p := &pass{e: e, training: training}
		if training {
			p.key = graph.Const(in[0].Graph(), uint32(1))
		}
		over, weightNames := []*graph.Node{in[0]}, []string{}
		for _, v := range e.trainable() {
			over = append(over, v.NodeValue(in[0].Graph()))
			weightNames = append(weightNames, v.Path()[len(modelScope)+1:])
		}
		y := p.forward(in[0])
		results := append([]*graph.Node{y}, graph.Gradient(graph.ReduceAllSum(graph.Mul(y, in[1])), over...)...)
		names = append([]string{"output", "input"}, weightNames...)
		if p.penalty != nil {
			results = append(append(results, p.penalty), graph.Gradient(p.penalty, over[1:]...)...)
			names = append(names, "penalty")
			for _, n := range weightNames {
				names = append(names, "penalty "+n)
			}
		}
		return results
	})
	if err != nil {
		t.Fatal(err)
	}
	x := tensors.FromFlatDataAndDimensions(c.Input, append([]int{c.Batch}, c.InputShape...)...)
	probe := tensors.FromFlatDataAndDimensions(c.Probe, append([]int{c.Batch}, c.OutputShape...)...)
	out, err := exec.Call(x, probe)
	if err != nil {
		t.Fatal(err)
	}
	results := map[string][]float32{}
	for i, o := range out {
		if results[names[i]], err = tensors.CopyFlatData[float32](o); err != nil {
			t.Fatal(err)
		}
	}
	return results
}
