package runs

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
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
	var z *zip.Reader
	if err == nil {
		if z, err = zip.NewReader(bytes.NewReader(contents), int64(len(contents))); err != nil {
			err = fmt.Errorf("it is not a model file, or cut short (%w); write one with Run.Save", err)
		}
	}
	if err == nil {
		err = m.read(z, int64(len(contents)))
	}
	if err != nil {
		return m, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

func (m *Model) read(z *zip.Reader, size int64) error {
	if err := checkNames(z, maxUnpacked(size)); err != nil {
		return err
	}
	if _, err := checkModel(z); err != nil {
		return err
	}
	parts := map[string][]byte{}
	for _, f := range z.File {
		contents, err := fs.ReadFile(z, f.Name)
		if err != nil {
			return fmt.Errorf("it is damaged (%w); write it anew with Run.Save", err)
		}
		parts[f.Name] = contents
	}
	var s state
	for name, v := range map[string]any{"run.json": &m.Record, "last/" + stateFile: &s} {
		if err := decode(parts[name], v); err != nil {
			return fmt.Errorf("its %s %w; write it anew with Run.Save", name, err)
		}
	}
	for file, sum := range s.Files {
		if checksum(parts["last/"+file]) != sum {
			return fmt.Errorf("its weights are damaged, or were changed since they were written; write it anew with Run.Save")
		}
	}
	s.name = "last"
	m.Weights = s.weights()
	if encoder, ok := parts[encoderFile]; ok {
		object, err := unseal(encoder)
		if err != nil {
			return fmt.Errorf("its %s is damaged (%w); write it anew with Run.Save", encoderFile, err)
		}
		m.Encoder = object
	}
	return m.values(parts)
}

// values reads the weights from GoMLX' checkpoint: a list of arrays, and their numbers in another file.
func (m *Model) values(parts map[string][]byte) error {
	found := map[string][]float32{}
	for name, list := range parts {
		numbers, ok := parts[strings.TrimSuffix(name, ".json")+".bin"]
		if !ok || !strings.HasPrefix(name, "last/") {
			continue
		}
		var saved struct {
			Variables []struct {
				ParameterName, DType string
				Pos, Length          int
			}
		}
		if err := json.Unmarshal(list, &saved); err != nil {
			return err
		}
		for _, v := range saved.Variables {
			if v.DType != "Float32" || v.Pos < 0 || v.Length < 0 || v.Pos > len(numbers)-v.Length {
				continue // it is missed below
			}
			values := make([]float32, v.Length/4)
			for i := range values {
				values[i] = math.Float32frombits(binary.LittleEndian.Uint32(numbers[v.Pos+4*i:]))
			}
			found[strings.TrimPrefix(v.ParameterName, "var:/model/")] = values
		}
	}
	steps, err := m.Record.Recipe.Steps()
	if err != nil {
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
