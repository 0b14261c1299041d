package runs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"gonblabs/mnistkit/session"
)

// mostValues is the largest example that a layer of a model file may take or
// give: batches of it have to fit into memory.
const mostValues = 1 << 22

// checkModel compares a model file's recipe with its weights, so that a forged
// recipe cannot make the engine use much more memory than the file has bytes.
func checkModel(c session.Recipe, files map[string][]byte) error {
	if _, ok := size(c.Input, mostValues); !ok || len(c.Input) == 0 {
		return fmt.Errorf("its examples of shape %v are none that a model takes; write it anew with Run.Save", c.Input)
	}
	steps, err := c.Model.Plan(c.Input)
	if err != nil {
		return err
	}
	packed := 0
	for name, b := range files {
		if path.Ext(name) == ".bin" {
			packed += len(b)
		}
	}
	most := int(mostUnpacked(packed) / 4) // float32 values
	left := most
	for _, s := range steps {
		if _, ok := size(s.Out, mostValues); !ok {
			return fmt.Errorf("layer %s gives examples of shape %v, more than fit into memory; write it anew with Run.Save", s.Name, s.Out)
		}
		for _, p := range s.Params {
			n, ok := size(p.Shape, left)
			if !ok {
				return fmt.Errorf("its %s/%s %v is more than its weights hold; write it anew with Run.Save", s.Name, p.Name, p.Shape)
			}
			left -= n
		}
	}
	if err := checkVariables(files, most); err != nil {
		return err
	}
	return checkEpoch(files)
}

// checkVariables compares the arrays that a checkpoint lists with its size.
func checkVariables(files map[string][]byte, left int) error {
	for name, b := range files {
		if path.Ext(name) != ".json" || !strings.HasPrefix(name, "last/checkpoint") {
			continue
		}
		var listed struct {
			Variables []struct {
				ParameterName string
				Dimensions    []int
			}
		}
		if err := json.Unmarshal(b, &listed); err != nil {
			return fmt.Errorf("its %s is damaged (%w); write it anew with Run.Save", name, err)
		}
		for _, v := range listed.Variables {
			n, ok := size(v.Dimensions, left)
			if !ok {
				return fmt.Errorf("its %s %v is more than its weights hold; write it anew with Run.Save", v.ParameterName, v.Dimensions)
			}
			left -= n
		}
	}
	return nil
}

// checkEpoch compares the state with the history.
func checkEpoch(files map[string][]byte) error {
	var s state
	if err := decode(files["last/"+stateFile], &s); err != nil {
		return fmt.Errorf("its %s %w; or write it anew with Run.Save", stateFile, err)
	}
	if lines := bytes.Count(files["history.jsonl"], []byte("\n")); s.Epoch < 0 || s.Epoch > lines {
		return fmt.Errorf("its weights are of epoch %d but its history ends at %d; write it anew with Run.Save", s.Epoch, lines)
	}
	return nil
}

// size is the number of values of a shape; ok is false for more than most, and
// for what is no shape.
func size(shape []int, most int) (n int, ok bool) {
	n = 1
	for _, d := range shape {
		if d < 1 || d > most/n {
			return 0, false
		}
		n *= d
	}
	return n, n <= most
}
