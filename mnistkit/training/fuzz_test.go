package training

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"gonblabs/mnistkit/internal/strict"
	"gonblabs/mnistkit/table"
)

// FuzzVariables: whatever the file of a loop's variables holds, it is read or refused.
func FuzzVariables(f *testing.F) {
	for _, text := range []string{`{"W":[0,"NaN"],"b":[1e-3]}`, `{}`, `null`, `{"W":null}`, `{"W":[1e999]}`, `[]`} {
		f.Add([]byte(text))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, variablesFile), text, 0o644); err != nil {
			t.Fatal(err)
		}
		var s loopSession
		if err := s.Load(dir); err != nil {
			if len(err.Error()) > 600 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		if err := s.Save(dir); err != nil {
			t.Error(err)
		}
		was := s.variables
		if err := s.Load(dir); err != nil || len(s.variables) != len(was) {
			t.Errorf("written and read again: %v, %d of %d", err, len(s.variables), len(was))
		}
	})
}

// FuzzEncoder: whatever the file of an encoder holds, it encodes rows and sentences, or says why not.
func FuzzEncoder(f *testing.F) {
	var seeds []encoder
	if e, err := encoderOf(table.Iris().Normalized()); err == nil {
		seeds = append(seeds, e)
	} else {
		f.Fatal(err)
	}
	if e, err := encoderOf(table.AutoMPG().Normalized()); err == nil {
		seeds = append(seeds, e)
	}
	for _, e := range seeds {
		b, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, recipe := range []string{`{"words":4,"length":3}`, `{"words":4}`, `{"words":-4}`, `{"words":4,"length":-3}`, `{"words":1000000000000}`, `{"words":4,"length":1000000000000}`} {
		f.Add([]byte(`{"text":{"recipe":` + recipe + `,"source":"full","words":["the","film"]}}`))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var e encoder
		if strict.Unmarshal(text, &e) != nil {
			return
		}
		if e.Table != nil {
			_, _ = e.Table.Encode(table.Row{"petal length": 1.0, "species": "x"}, table.Row{})
		}
		if e.Text != nil {
			_, _ = e.Text.Encode("the film", "")
		}
	})
}
