package engine

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/exchange"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/training"
)

// playgroundCase is a model as a page gets it, inputs, and what the engine makes of them.
type playgroundCase struct {
	Name    string              `json:"name"`
	Model   training.Playground `json:"model"`
	Inputs  [][]float32         `json:"inputs"`
	Outputs [][]float32         `json:"outputs"`
	ONNX    []byte              `json:"onnx"`
}

// TestPlaygroundCases takes each row of the table of layers, and each activation, to a page's form. A
// model with a layer that is a graph function is refused; of the others it writes inputs and outputs
// into $PLAYGROUND_CASES, where the test of the page's script finds them.
func TestPlaygroundCases(t *testing.T) {
	rows := layerTable
	for _, name := range layer.Activations {
		row := layerTable[0]
		row.stack, row.in, row.out = layer.Stack{layer.Activation(name)}, []int{40}, []int{40}
		rows = append(slices.Clip(rows), row)
	}
	var cases []playgroundCase
	for _, row := range rows {
		text, err := json.Marshal(row.stack)
		if err != nil {
			t.Fatal(err)
		}
		l := newProbed(t, started[0], row.stack, row.in, row.out)
		weights, err := l.e.Weights()
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range weights {
			if _, average, ok := strings.Cut(w.Name, "moving_"); ok {
				for k := range w.Values {
					weights[i].Values[k] = 0.3 + 0.2*float32(k+len(average)%3)
				}
			}
		}
		if err := l.e.SetWeights(weights); err != nil {
			t.Fatal(err)
		}
		p, err := training.PlaygroundOf(session.Recipe{Model: row.stack, Input: row.in}, weights)
		if err != nil {
			t.Fatal(err)
		}
		file, err := exchange.ONNX(string(text), session.Recipe{Model: row.stack, Input: row.in}, weights, exchange.Options{})
		if (err != nil) != (p.Refusal != "") {
			t.Errorf("%s: %v", text, err)
		}
		if custom := slices.Contains(kindsIn(text), "Custom"); custom != (p.Refusal != "") {
			t.Errorf("%s: the refusal is %q", text, p.Refusal)
		} else if !custom {
			cases = append(cases, playgroundCase{string(text), p, rowsOfThree(l.Input), rowsOfThree(l.evaluated(t)), file})
		}
	}
	if file := os.Getenv("PLAYGROUND_CASES"); file != "" {
		text, err := json.Marshal(cases)
		if err == nil {
			err = os.WriteFile(file, text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// evaluated is what the stack gives for its inputs when it does not train.
func (l *probedLayer) evaluated(t *testing.T) []float32 {
	t.Helper()
	exec, err := model.NewExec(l.e.backend, l.e.store, func(scope *model.Scope, in []*graph.Node) *graph.Node {
		return (&pass{e: l.e}).forward(in[0])
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Call(tensors.FromFlatDataAndDimensions(l.Input, append([]int{l.Batch}, l.InputShape...)...))
	if err != nil {
		t.Fatal(err)
	}
	return flat(t, out[0])
}

// rowsOfThree cuts the values of three examples apart.
func rowsOfThree(values []float32) [][]float32 {
	return slices.Collect(slices.Chunk(values, len(values)/3))
}
