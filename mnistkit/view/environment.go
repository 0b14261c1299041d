package view

import (
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/training"
)

// Environment shows a table of what this notebook runs on.
func Environment() (show.Block, error) {
	v := training.Versions()
	rows := [][]string{{"Go", strings.TrimPrefix(v["go"], "go") + " on " + runtime.GOOS + "/" + runtime.GOARCH}}
	delete(v, "go")
	for _, name := range slices.Sorted(maps.Keys(v)) {
		rows = append(rows, []string{name[strings.LastIndex(name, "/")+1:], v[name]})
	}
	rows = append(rows, []string{"backend", backendInWords(session.ChosenBackend())})
	for _, recipe := range []data.Recipe{data.MNIST(), data.FashionMNIST()} {
		d, err := recipe.Describe()
		if err != nil {
			return nil, err
		}
		rows = append(rows, []string{d.Title, shortPath(d.Found)})
	}
	rows = append(rows, []string{"results are kept in", shortPath(runs.Root())})
	return show.Table{Caption: "This environment", Rows: rows}, nil
}

// backendInWords tells a backend's configuration to a reader.
func backendInWords(config string) string {
	kind, plugin, _ := strings.Cut(config, ":")
	switch {
	case kind == "xla" && strings.Contains(plugin, "cuda"):
		return "XLA on the GPU"
	case kind == "xla":
		return "XLA on the CPU (" + filepath.Base(filepath.Dir(plugin)) + ", " + filepath.Base(plugin) + ")"
	case kind == "go":
		return "pure Go: needs nothing, but is several times slower than XLA; " + files.Command("doctor") + " says why XLA is not used"
	}
	return config
}

// shortPath is a folder relative to the checkout or to the user's home, so that a
// saved notebook does not say where its author keeps files.
func shortPath(dir string) string {
	for _, above := range []struct {
		name   string
		folder func() (string, error)
	}{{"", session.Root}, {"~", os.UserHomeDir}} {
		folder, err := above.folder()
		rel, notBelow := filepath.Rel(folder, dir)
		if err == nil && notBelow == nil && filepath.IsLocal(rel) {
			return filepath.Join(above.name, rel)
		}
	}
	return dir
}
