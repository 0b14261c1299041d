package docs_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNotebooks compiles the cells of all notebooks, in their order.
func TestNotebooks(t *testing.T) {
	files, err := filepath.Glob("../notebooks/*.ipynb")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no notebooks ", err)
	}
	for _, file := range files {
		var book struct {
			Cells []struct {
				Kind   string `json:"cell_type"`
				Source []string
			}
		}
		b, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(b, &book)
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		n := newNotebook(t)
		n.imports["rand"] = "math/rand/v2"
		for i, cell := range book.Cells {
			source := strings.TrimPrefix(strings.Join(cell.Source, ""), "%test\n")
			if cell.Kind != "code" || strings.HasPrefix(source, "!") {
				continue
			}
			for _, problem := range n.run(source) {
				t.Errorf("%s, cell %d: %s", filepath.Base(file), i+1, problem)
			}
		}
	}
}
