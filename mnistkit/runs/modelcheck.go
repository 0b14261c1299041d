package runs

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
)

// maxValues is how many numbers an example may have where a layer of a model
// file takes or gives it: batches of it have to fit into memory.
const maxValues = 1 << 22

// checkModel reports a model file whose parts are missing or contradict each
// other, before anything is unpacked; name is the last part of the run's.
func checkModel(model fs.FS) (name string, err error) {
	lacking := errors.New("it lacks weights, history or name of a model; write it with Run.Save")
	contents := map[string][]byte{}
	for _, file := range []string{"run.json", "history.jsonl", "last/" + stateFile} {
		contents[file], err = fs.ReadFile(model, file)
		if errors.Is(err, fs.ErrNotExist) {
			return "", lacking
		}
		if err != nil {
			return "", fmt.Errorf("%s is damaged (%w); write it anew with Run.Save", file, err)
		}
	}
	var record Record
	if err := decode(contents["run.json"], &record); err != nil {
		return "", fmt.Errorf("its run.json %w; write it anew with Run.Save", err)
	}
	name = path.Base(record.Name)
	if !fit.ValidName(name) {
		return "", lacking
	}
	var s state
	if err := decode(contents["last/"+stateFile], &s); err != nil {
		return "", fmt.Errorf("its %s %w; write it anew with Run.Save", stateFile, err)
	}
	if epochs := bytes.Count(contents["history.jsonl"], []byte("\n")); s.Epoch > epochs {
		return "", fmt.Errorf("its weights are of epoch %d but its history ends at %d; write it anew with Run.Save", s.Epoch, epochs)
	}
	return name, checkWeights(record.Recipe, model)
}

// checkWeights compares a recipe with the weights, so that a forged one cannot
// make the engine use much more memory than the file has bytes.
func checkWeights(r session.Recipe, model fs.FS) error {
	if _, ok := data.SizeOf(r.Input, maxValues); !ok || len(r.Input) == 0 {
		return fmt.Errorf("its examples have the shape %v, which no model takes; write it anew with Run.Save", r.Input)
	}
	steps, err := r.Steps()
	if err != nil {
		return err
	}
	arrayBytes := int64(0)
	arrays, _ := fs.Glob(model, "last/*.bin")
	for _, name := range arrays {
		b, err := fs.ReadFile(model, name)
		if err != nil || bytes.HasPrefix(b, []byte("gomlx_checkpoint")) { // which unpacks to any size
			return fmt.Errorf("%s is damaged (%w); write it anew with Run.Save", name, cmp.Or(err, errors.New("its numbers are packed")))
		}
		arrayBytes += int64(len(b))
	}
	limit := int(maxUnpacked(arrayBytes) / 4) // float32 values
	left := limit
	for _, s := range steps {
		if _, ok := data.SizeOf(s.Out, maxValues); !ok {
			return fmt.Errorf("layer %s gives examples of shape %v, more than fit into memory; write it anew with Run.Save", s.Name, s.Out)
		}
		for _, p := range s.Params {
			n, ok := data.SizeOf(p.Shape, left)
			if !ok {
				return fmt.Errorf("its %s/%s %v is more than its weights hold; write it anew with Run.Save", s.Name, p.Name, p.Shape)
			}
			left -= n
		}
	}
	return checkVariables(model, limit)
}

// checkVariables compares the arrays that a checkpoint lists with its size.
func checkVariables(model fs.FS, left int) error {
	lists, _ := fs.Glob(model, "last/checkpoint*.json")
	for _, name := range lists {
		var list struct {
			Variables []struct {
				ParameterName string
				Dimensions    []int
			}
		}
		b, err := fs.ReadFile(model, name)
		if err == nil {
			err = json.Unmarshal(b, &list)
		}
		if err != nil {
			return fmt.Errorf("its %s is damaged (%w); write it anew with Run.Save", name, err)
		}
		for _, v := range list.Variables {
			n, ok := data.SizeOf(v.Dimensions, left)
			if !ok {
				return fmt.Errorf("its %s %v is more than its weights hold; write it anew with Run.Save", v.ParameterName, v.Dimensions)
			}
			left -= n
		}
	}
	return nil
}
