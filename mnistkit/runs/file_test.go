package runs

import (
	"archive/zip"
	"bytes"
	"testing"
)

// FuzzModelFile: nothing breaks the reader, and what it takes is a model.
func FuzzModelFile(f *testing.F) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, contents := range map[string]string{"run.json": `{"name":"a/b"}`, "history.jsonl": "", "last/state.json": `{"epoch":0}`, "last/w.bin": "w"} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(contents))
		}
		if err != nil {
			f.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, contents []byte) {
		z, err := zip.NewReader(bytes.NewReader(contents), int64(len(contents)))
		if err != nil {
			return
		}
		files, name, err := readModel(z)
		if err != nil {
			return
		}
		if !goodName(name) || files["run.json"] == nil || len(files) > mostFiles {
			t.Errorf("%q, %d files", name, len(files))
		}
	})
}
