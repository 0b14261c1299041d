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
		n := newNotebook(t)
		n.imports["rand"] = "math/rand/v2"
		for i, source := range codeCells(t, file) {
			for _, problem := range n.run(source) {
				t.Errorf("%s, code cell %d: %s", filepath.Base(file), i+1, problem)
			}
		}
	}
}

// TestNotebooksAreListed: a reader finds each notebook in the README and in notebook 00.
func TestNotebooksAreListed(t *testing.T) {
	files, _ := filepath.Glob("../notebooks/*.ipynb") // TestNotebooks looks whether there are any
	readme, start := read(t, "../README.md"), read(t, "../notebooks/00-start-here.ipynb")
	for i, file := range files {
		if name := filepath.Base(file); !strings.Contains(readme, "(notebooks/"+name+")") || i > 0 && !strings.Contains(start, "("+name+")") {
			t.Errorf("README.md or notebook 00 does not list %s", name)
		}
	}
}

// codeCells are the Go cells of a notebook.
func codeCells(t *testing.T, file string) (sources []string) {
	t.Helper()
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
	for _, cell := range book.Cells {
		source := strings.TrimPrefix(strings.Join(cell.Source, ""), "%test\n")
		if cell.Kind == "code" && !strings.HasPrefix(source, "!") {
			sources = append(sources, source)
		}
	}
	return sources
}
