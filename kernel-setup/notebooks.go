package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// notebooks lists the notebooks of the project in reading order.
func (p *project) notebooks() ([]string, error) {
	found := glob(p.path("notebooks"), "*.ipynb")
	if len(found) == 0 {
		return nil, fmt.Errorf("there are no notebooks in %s", p.path("notebooks"))
	}
	return found, nil
}

// findNotebooks resolves what the command line names: "01", "01-mnist-models", or a path. No name
// means all notebooks.
func (p *project) findNotebooks(names []string) ([]string, error) {
	all, err := p.notebooks()
	if err != nil || len(names) == 0 {
		return all, err
	}
	var chosen []string
	for _, name := range names {
		notebook, err := findNotebook(all, name)
		if err != nil {
			return nil, err
		}
		if slices.Contains(chosen, notebook) {
			continue
		}
		if i := slices.IndexFunc(chosen, func(other string) bool { return strings.EqualFold(title(other), title(notebook)) }); i >= 0 {
			return nil, usageError(fmt.Sprintf("%s and %s have one name, and so would their pages; give them one after the other.", chosen[i], notebook))
		}
		chosen = append(chosen, notebook)
	}
	return chosen, nil
}

func findNotebook(all []string, name string) (string, error) {
	if strings.HasSuffix(name, ".ipynb") && exists(name) {
		if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
			return "", usageError(name + " is not a file; name a notebook.")
		}
		return filepath.Abs(name)
	}
	var titles []string
	for _, notebook := range all {
		this := title(notebook)
		if number, _, _ := strings.Cut(this, "-"); this == title(name) || number == title(name) {
			return notebook, nil
		}
		titles = append(titles, this)
	}
	return "", usageError(fmt.Sprintf("there is no notebook %q; there are %s.", name, strings.Join(titles, ", ")))
}

// title is a notebook's name without folder and ending.
func title(notebook string) string {
	return strings.TrimSuffix(filepath.Base(notebook), ".ipynb")
}
