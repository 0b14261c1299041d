package runs

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// FuzzModelFile: nothing breaks the reader, and what it takes is a model.
func FuzzModelFile(f *testing.F) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, contents := range map[string]string{"run.json": `{"name":"a/b","recipe":{"input":[4],"model":[{"layer":"Dense","units":2}]}}`, "history.jsonl": "", "last/state.json": `{"epoch":0}`, "last/w.bin": "w"} {
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
		m, err := openModel(bytes.NewReader(contents), int64(len(contents)))
		dir := t.TempDir()
		if err != nil || os.CopyFS(dir, m) != nil {
			return
		}
		size := uint64(0)
		for _, f := range m.File {
			info, err := os.Lstat(filepath.Join(dir, f.Name))
			if err != nil {
				t.Fatal(err)
			}
			size += uint64(info.Size())
		}
		if !fit.ValidName(m.name()) || len(m.File) > maxFiles || size > maxUnpacked(int64(len(contents))) {
			t.Errorf("%q, %d files of %d bytes", m.name(), len(m.File), size)
		}
	})
}

// FuzzModelRecipe: no recipe breaks the check of a model file, and one that
// passes has no more weights than the file pays for.
func FuzzModelRecipe(f *testing.F) {
	for _, recipe := range []string{
		`{"input":[4],"model":[{"layer":"Dense","units":2}]}`,
		`{"input":[8,8,1],"model":[{"layer":"Conv2D","filters":2,"kernel_size":[3,3]},{"layer":"MaxPooling2D","pool_size":[2,2]},{"layer":"Flatten"},{"layer":"Dense","units":3}]}`,
		`{"input":[5],"model":[{"layer":"Embedding","input_dim":10,"output_dim":4},{"layer":"GlobalAveragePooling1D"}]}`,
	} {
		f.Add([]byte(recipe), []byte(`{"Variables":[{"ParameterName":"w","Dimensions":[4,2]}]}`))
	}
	f.Fuzz(func(t *testing.T, recipe, variables []byte) {
		var c session.Recipe
		if json.Unmarshal(recipe, &c) != nil {
			return
		}
		if checkWeights(c, fstest.MapFS{"last/checkpoint-1.json": {Data: variables}, "last/checkpoint-1.bin": {Data: []byte{1, 2, 3, 4}}}) != nil {
			return
		}
		steps, err := c.Model.Plan(c.Input)
		if err != nil {
			t.Fatal(err)
		}
		if n := layer.Count(steps).Total; n < 0 || uint64(n) > maxUnpacked(4)/4 {
			t.Errorf("%d weights pass", n)
		}
	})
}
