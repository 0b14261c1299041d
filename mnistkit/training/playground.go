package training

import (
	"encoding/binary"
	"fmt"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
)

// Playground is a trained model as plain data: a page answers with it as Predict does.
type Playground struct {
	Run      string           `json:"run"`
	Weights  string           `json:"weights"` // which ones answer: "best weights, epoch 14"
	Input    []int            `json:"input"`   // shape of one example
	Bytes    bool             `json:"bytes"`   // white is 255, not 1
	Loss     session.Loss     `json:"loss"`    // says what the values of the last step mean
	Classes  []string         `json:"classes,omitempty"`
	Steps    []PlaygroundStep `json:"steps"`
	Values   []byte           `json:"values"` // of all weights, in the order of the steps: float32, little-endian
	Encoder  encoder          `json:"encoder"`
	Examples [][]float64      `json:"examples"` // inputs of the test set
	Labels   []string         `json:"labels"`   // of the examples

	Refusal string `json:"-"` // says why no page can hold the model; "" if one can
}

// PlaygroundStep is a step of the model's plan, with the kind of its layer and how its window moves.
type PlaygroundStep struct {
	layer.Step
	Kind   string
	Window *layer.Window `json:",omitempty"`
	Pads   [2][2]int
}

// Playground is the run as plain data, for a page that answers without an engine.
//
//	p, err := lenet.Playground()
//
// The weights are those that answer for the run, or those of At. A model with more than 300,000
// weights, or with a layer that is a graph function, is not for a page: Refusal says so.
func (r Run) Playground() (p Playground, err error) {
	defer r.explain("Playground", &err)
	w, err := r.snapshot()
	if err != nil {
		return p, err
	}
	weights, err := ask(w, nil, session.Session.Weights)
	if err == nil {
		p, err = PlaygroundOf(w.record.Recipe, weights)
	}
	if err != nil {
		return p, err
	}
	p.Run, p.Weights = r.Name, w.weights.String()
	if p.Encoder, err = r.encoder(w); err != nil || p.Encoder.Text != nil {
		return p, err // reviews belong to those who wrote them, so a page shows none
	}
	image := len(p.Input) == 3 && p.Input[2] == 1
	if p.Encoder.Table == nil && !image && p.Refusal == "" {
		p.Refusal = fmt.Sprintf("its inputs, of shape %v, are neither grey images nor texts nor rows of a table", p.Input)
	}
	if r.Data == nil {
		return p, nil
	}
	test, err := r.Data.Test()
	_, set, err := r.asked(test, []error{err})
	if err != nil {
		return p, nil // it works without examples
	}
	most := 200
	if image {
		most = 12 // they are longer than rows
	}
	if image && set.Labels.I32 != nil {
		set = set.FirstPerClass(1)
	}
	for i := range min(set.Len(), most) {
		p.Examples = append(p.Examples, set.Inputs.At(i))
		p.Labels = append(p.Labels, set.Label(i))
	}
	return p, nil
}

// PlaygroundOf is a model with these weights as plain data, without examples.
//
//	p, err := training.PlaygroundOf(recipe, weights)
func PlaygroundOf(recipe session.Recipe, weights []session.Weight) (p Playground, err error) {
	steps, err := recipe.Steps()
	p = Playground{Input: recipe.Input, Bytes: recipe.InputType == "uint8", Loss: recipe.Loss, Classes: recipe.Classes}
	for _, s := range steps {
		step := PlaygroundStep{Step: s, Kind: s.Layer.Kind()}
		switch l := s.Layer.(type) {
		case layer.CustomLayer:
			p.Refusal = fmt.Sprintf("its layer %q is a graph function, which only the engine can compute", l.Name)
		case interface{ Window() layer.Window }:
			w := l.Window()
			step.Window, step.Pads = &w, w.Pads(s.In)
		}
		p.Steps = append(p.Steps, step)
	}
	const limit = 300_000
	if n := layer.Count(steps).Total; n > limit {
		p.Refusal = fmt.Sprintf("it has %s weights, and a page holds at most %s", show.Count(n), show.Count(limit))
	}
	for _, w := range weights {
		p.Values, _ = binary.Append(p.Values, binary.LittleEndian, w.Values) // fails for other types only
	}
	return p, err
}
