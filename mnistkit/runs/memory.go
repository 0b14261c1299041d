package runs

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"gonblabs/mnistkit/session"
)

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
	list, err := variables(file)
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
	steps, failed := m.Record.Recipe.Steps()
	if err := cmp.Or(err, failed); err != nil {
		return err
	}
	for _, s := range steps {
		for _, p := range s.Params {
			name := s.Name + "/" + p.Name
			if len(found[name]) != p.Size() {
				return fmt.Errorf("its weights lack %s %v; write it anew with Run.Save", name, p.Shape)
			}
			m.Values = append(m.Values, session.Weight{Name: name, Shape: p.Shape, Values: found[name]})
		}
	}
	return nil
}
