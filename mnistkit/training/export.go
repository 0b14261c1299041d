package training

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gonblabs/mnistkit/exchange"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
)

// ExportOption leaves a part of the model out of what Export writes.
type ExportOption int

const (
	// WithoutSoftmax ends the model in logits, before softmax or sigmoid.
	WithoutSoftmax ExportOption = iota
	// WithoutPreprocessing begins the model after its first Rescale layers, and after the normalisation of a table's columns.
	WithoutPreprocessing
)

// Export writes the model for other programs: as ONNX, or its weights alone as safetensors, by the end of the name.
//
//	must.M(lenet.Export("lenet.onnx"))
//	must.M(lenet.Export("lenet.safetensors"))
//
// The ONNX model answers as Predict does: it takes pixels, word numbers or a table's features as the training did, and gives
// probabilities of classes, or values; see ExportOption. What is in its input and output stands in its metadata. The weights
// in safetensors have Keras' names, shapes and order. Both have the weights that answer for the run, or those of At.
func (r Run) Export(path string, options ...ExportOption) (err error) {
	defer explain(r.label()+".Export", &err)
	kind := strings.ToLower(filepath.Ext(path))
	if kind != ".onnx" && kind != ".safetensors" {
		return fmt.Errorf("the name %q ends in neither .onnx nor .safetensors, so the format is not known; Save writes the kit's own files", path)
	}
	if kind == ".safetensors" && len(options) > 0 {
		return fmt.Errorf("a file of safetensors holds the weights alone, so no part of the model can be left out of it; leave the option out, or export to a name in .onnx")
	}
	w, err := r.snapshot()
	if err = cmp.Or(err, r.refuseShift(), files.Check(path)); err != nil {
		return err
	}
	weights, err := ask(w, nil, session.Session.Weights)
	if err != nil {
		return err
	}
	notes := map[string]string{"run": r.Name, "weights": w.weights.String(), "written_by": "gonblabs " + runs.Version}
	var file []byte
	if kind == ".safetensors" {
		notes["format"] = "keras"
		file, err = exchange.Safetensors(weights, notes)
	} else {
		file, err = r.onnx(w, weights, notes, options)
	}
	if err != nil {
		return err
	}
	return files.Write(path, file)
}

func (r Run) onnx(w snapshot, weights []session.Weight, notes map[string]string, options []ExportOption) ([]byte, error) {
	whole := !slices.Contains(options, WithoutPreprocessing)
	o := exchange.Options{Notes: notes, Logits: slices.Contains(options, WithoutSoftmax), Scaled: !whole}
	recipe := w.record.Recipe
	e, err := r.encoder(w)
	if err != nil {
		return nil, err
	}
	input := fmt.Sprintf("examples of shape %v", recipe.Input)
	switch {
	case e.Table != nil:
		names := make([]string, len(e.Table.Features))
		for i, f := range e.Table.Features {
			names[i] = f.Name
			if whole {
				o.Mean, o.Deviation = append(o.Mean, float32(f.Mean)), append(o.Deviation, float32(f.Deviation))
			}
		}
		input = "a row of the table: " + strings.Join(names, ", ") + " (of a name with = it is 1 if the column has that value, else 0)"
	case e.Text != nil:
		input = "numbers of words, see the metadata vocabulary"
	case recipe.InputType == "uint8":
		input = fmt.Sprintf("images of shape %v with bytes from 0 to 255", recipe.Input)
	}
	if e.Table != nil || e.Text != nil {
		encoded, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		notes["encoder"] = string(encoded)
	}
	output := "values"
	if recipe.Loss.Classifies() {
		if output = "probabilities of the classes"; o.Logits {
			output = "logits of the classes"
		}
		if recipe.Classes != nil {
			output += " " + strings.Join(recipe.Classes, ", ")
		}
	}
	notes["input"], notes["output"] = input, output
	o.About = fmt.Sprintf("%s (%s), trained with gonblabs. Input: %s. Output: %s.", r.Name, w.weights, input, output)
	return exchange.ONNX(r.Name, recipe, weights, o)
}

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
	defer explain(r.label()+".Playground", &err)
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
