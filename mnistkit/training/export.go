package training

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"gonblabs/mnistkit/exchange"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
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
	defer r.explain("Export", &err)
	kind := strings.ToLower(filepath.Ext(path))
	if kind != ".onnx" && kind != ".safetensors" {
		return fmt.Errorf("the name %q ends in neither .onnx nor .safetensors, so the format is not known; Save writes the kit's own files", path)
	}
	if kind == ".safetensors" && len(options) > 0 {
		return fmt.Errorf("a file of safetensors holds the weights alone, so no part of the model can be left out of it; leave the option out, or export to a name in .onnx")
	}
	w, err := r.snapshot()
	if err == nil {
		err = cmp.Or(r.refuseShift(), files.Check(path))
	}
	if err != nil {
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

// onnx is the model as a file of ONNX.
func (r Run) onnx(w snapshot, weights []session.Weight, notes map[string]string, options []ExportOption) ([]byte, error) {
	o := exchange.Options{Notes: notes}
	whole := true
	for _, option := range options {
		o.Logits = o.Logits || option == WithoutSoftmax
		whole = whole && option != WithoutPreprocessing
	}
	o.Scaled = !whole
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
