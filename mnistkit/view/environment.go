package view

import (
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/training"
)

// Environment is a table of what this notebook runs on.
func Environment() (show.Block, error) {
	v := training.Versions()
	rows := [][]string{{"Go", strings.TrimPrefix(v["go"], "go") + " on " + runtime.GOOS + "/" + runtime.GOARCH}}
	delete(v, "go")
	var names []string
	for name := range v {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
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
		return "pure Go: needs nothing, but is several times slower than XLA; go run ./kernel-setup doctor says why XLA is not used"
	}
	return config
}

// shortPath is a folder as seen from the checkout or from the reader's home,
// so that a saved notebook does not tell where its author's files lie.
func shortPath(dir string) string {
	if root, err := session.Root(); err == nil {
		if rel, ok := below(root, dir); ok {
			return rel
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		if rel, ok := below(home, dir); ok {
			return filepath.Join("~", rel)
		}
	}
	return dir
}

func below(base, dir string) (string, bool) {
	rel, err := filepath.Rel(base, dir)
	return rel, err == nil && filepath.IsAbs(dir) && rel != ".." && !strings.HasPrefix(rel, "../")
}
