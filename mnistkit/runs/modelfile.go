package runs

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
)

// modelFile is what a model file says of its weights.
type modelFile struct {
	*zip.Reader
	record Record
	state  state
}

// openModel reports a model file whose parts are missing or contradict each other, before anything is unpacked.
func openModel(file io.ReaderAt, size int64) (m modelFile, err error) {
	if m.Reader, err = zip.NewReader(file, size); err != nil {
		return m, fmt.Errorf("it is not a model file, or cut short (%w); write one with Run.Save", err)
	}
	if err := checkNames(m.Reader, maxUnpacked(size)); err != nil {
		return m, err
	}
	lacking := errors.New("it lacks weights, history or name of a model; write it with Run.Save")
	contents := map[string][]byte{}
	for _, file := range []string{"run.json", "history.jsonl", "last/" + stateFile} {
		contents[file], err = fs.ReadFile(m, file)
		if errors.Is(err, fs.ErrNotExist) {
			return m, lacking
		}
		if err != nil {
			return m, fmt.Errorf("%s is damaged (%w); write it anew with Run.Save", file, err)
		}
	}
	if err := decode(contents["run.json"], &m.record); err != nil {
		return m, fmt.Errorf("its run.json %w; write it anew with Run.Save", err)
	}
	if !fit.ValidName(m.name()) {
		return m, lacking
	}
	if err := decode(contents["last/"+stateFile], &m.state); err != nil {
		return m, fmt.Errorf("its %s %w; write it anew with Run.Save", stateFile, err)
	}
	if epochs := bytes.Count(contents["history.jsonl"], []byte("\n")); m.state.Epoch > epochs {
		return m, fmt.Errorf("its weights are of epoch %d but its history ends at %d; write it anew with Run.Save", m.state.Epoch, epochs)
	}
	return m, checkWeights(m.record.Recipe, m)
}

// name is the last part of the run's.
func (m modelFile) name() string { return path.Base(m.record.Name) }

// checkWeights compares a recipe with the weights, so that a forged one cannot
// make the engine use much more memory than the file has bytes.
func checkWeights(r session.Recipe, model fs.FS) error {
	const maxValues = 1 << 22 // of an example where a layer takes or gives it: batches of it have to fit into memory
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
	left = limit // of the arrays that the checkpoint lists
	list, err := variables(model)
	for _, v := range list {
		n, ok := data.SizeOf(v.Dimensions, left)
		if !ok {
			return fmt.Errorf("its %s %v is more than its weights hold; write it anew with Run.Save", v.ParameterName, v.Dimensions)
		}
		left -= n
	}
	return err
}

// variable is an array in a checkpoint of GoMLX, whose numbers are bytes of the file beside the list.
type variable struct {
	ParameterName, DType string
	Dimensions           []int
	Pos, Length          int
	file                 string
}

// variables are those that the checkpoints of a model file list.
func variables(model fs.FS) (all []variable, err error) {
	lists, _ := fs.Glob(model, "last/checkpoint*.json")
	for _, name := range lists {
		var list struct{ Variables []variable }
		b, err := fs.ReadFile(model, name)
		if err = cmp.Or(err, json.Unmarshal(b, &list)); err != nil {
			return nil, fmt.Errorf("its %s is damaged (%w); write it anew with Run.Save", name, err)
		}
		for _, v := range list.Variables {
			v.file = strings.TrimSuffix(name, ".json") + ".bin"
			all = append(all, v)
		}
	}
	return all, nil
}

// Model is the contents of a model file, in memory.
type Model struct {
	Record  Record
	Weights Weights
	Values  []session.Weight
	Encoder []byte // JSON of what turns rows or texts into the model's inputs; nil for none
}

// ReadModel reads a model file, such as one that go:embed put into a program. It writes nothing.
//
//	m, err := runs.ReadModel(files, "digits.mnistkit")
func ReadModel(fsys fs.FS, name string) (m Model, err error) {
	contents, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("there is no file %s; write one with Run.Save", name)
	}
	var file modelFile
	if err == nil {
		file, err = openModel(bytes.NewReader(contents), int64(len(contents)))
	}
	if err == nil {
		err = m.read(file)
	}
	if err != nil {
		return m, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

func (m *Model) read(file modelFile) error {
	file.state.name = "last"
	m.Record, m.Weights = file.record, file.state.weights()
	parts := map[string][]byte{}
	for _, f := range file.File {
		contents, err := fs.ReadFile(file, f.Name)
		if err != nil {
			return fmt.Errorf("it is damaged (%w); write it anew with Run.Save", err)
		}
		parts[f.Name] = contents
	}
	for name, sum := range file.state.Files {
		if checksum(parts["last/"+name]) != sum {
			return fmt.Errorf("its weights are damaged, or were changed since they were written; write it anew with Run.Save")
		}
	}
	if encoder, ok := parts[encoderFile]; ok {
		object, err := unseal(encoder)
		if err != nil {
			return fmt.Errorf("its %s is damaged (%w); write it anew with Run.Save", encoderFile, err)
		}
		m.Encoder = object
	}
	list, _ := variables(file) // openModel has read them, and planned the model
	found := map[string][]float32{}
	for _, v := range list {
		numbers := parts[v.file]
		if v.DType != "Float32" || v.Pos < 0 || v.Length < 0 || v.Pos > len(numbers)-v.Length {
			continue // it is missed below
		}
		values := make([]float32, v.Length/4)
		_, _ = binary.Decode(numbers[v.Pos:], binary.LittleEndian, values) // they are all there
		found[strings.TrimPrefix(v.ParameterName, "var:/model/")] = values
	}
	steps, _ := m.Record.Recipe.Steps()
	for _, s := range steps {
		for _, p := range s.Params {
			name := s.Name + "/" + p.Name
			values := found[name]
			if p.Trainable && m.Record.Recipe.Optimizer.EMA > 0 { // the average answers
				values = found["var:/optimizer/"+name+"/average"]
			}
			if len(values) != p.Size() {
				return fmt.Errorf("its weights lack %s %v; write it anew with Run.Save", name, p.Shape)
			}
			m.Values = append(m.Values, session.Weight{Name: name, Shape: p.Shape, Values: values})
		}
	}
	return nil
}
