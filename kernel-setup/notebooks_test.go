package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonblabs/mnistkit/files"
)

func trialProject(t *testing.T) *project {
	p := &project{root: t.TempDir()}
	for name, contents := range map[string]string{
		"go.mod":                         "module gonblabs\n\ngo 1.26.5\n\nrequire (\n\tgithub.com/janpfeifer/gonb v0.11.4\n\tgolang.org/x/tools v0.44.0 // indirect\n)\n",
		"notebooks/00-start-here.ipynb":  `{"source": "kit.MNIST().Train()"}`,
		"notebooks/02-fashion.ipynb":     `{"source": ["kit.FashionMNIST()", "kit.MNIST()"]}`,
		"notebooks/01-mnist-model.ipynb": `{"source": "no data here, MNIST( is a word"}`,
		"docs/data.md":                   "# Data",
	} {
		if err := files.Write(p.path(filepath.FromSlash(name)), []byte(contents)); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func TestFindNotebooks(t *testing.T) {
	p := trialProject(t)
	outside := filepath.Join(t.TempDir(), "mine.ipynb")
	if err := os.WriteFile(outside, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ names, want string }{
		{"", "00-start-here 01-mnist-model 02-fashion"},
		{"02", "02-fashion"},
		{"01-mnist-model 00", "01-mnist-model 00-start-here"},
		{"notebooks/01-mnist-model.ipynb", "01-mnist-model"},
		{outside, "mine"},
	}
	for _, test := range tests {
		found, err := p.findNotebooks(strings.Fields(test.names))
		var titles []string
		for _, notebook := range found {
			titles = append(titles, title(notebook))
		}
		if got := strings.Join(titles, " "); err != nil || got != test.want {
			t.Errorf("findNotebooks(%q) gives %q, %v; want %q", test.names, got, err, test.want)
		}
	}
	folder := filepath.Join(t.TempDir(), "folder.ipynb")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "MINE.ipynb") // would have the same page where case makes no difference
	if err := os.WriteFile(other, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := p.findNotebooks([]string{outside, other}); err == nil || !strings.Contains(err.Error(), "have one name") {
		t.Errorf("mine and MINE: %v", err)
	}
	if _, err := p.findNotebooks([]string{folder}); err == nil || !strings.Contains(err.Error(), "is not a file; name a notebook") {
		t.Errorf("a folder: %v", err)
	}
	_, err := p.findNotebooks([]string{"0"})
	if err == nil || !strings.Contains(err.Error(), `no notebook "0"; there are 00-start-here, 01-mnist-model, 02-fashion`) {
		t.Errorf("error is %v", err)
	}
}

func TestUsedData(t *testing.T) {
	p := trialProject(t)
	for name, want := range map[string][]string{
		"00-start-here": {"mnist"}, "01-mnist-model": nil, "02-fashion": {"mnist", "fashion-mnist"},
	} {
		if got := usedData(p.path("notebooks", name+".ipynb")); !slices.Equal(got, want) {
			t.Errorf("usedData(%s) is %q, want %q", name, got, want)
		}
	}
}

func TestVersion(t *testing.T) {
	p := trialProject(t)
	for module, want := range map[string]string{
		"github.com/janpfeifer/gonb": "v0.11.4", "golang.org/x/tools": "v0.44.0", "example.com/none": "unknown",
	} {
		if got := p.version(module); got != want {
			t.Errorf("version(%s) is %s, want %s", module, got, want)
		}
	}
}

func TestFirstCode(t *testing.T) {
	tests := []struct{ source, want string }{
		{"import (\n\t\"fmt\"\n)\n\n// A comment.\nvar x = 1\n%%\nuse(x)", "var x = 1"},
		{"%%\nkit.Show(digits)", "kit.Show(digits)"},
		{"import \"fmt\"", "import \"fmt\""},
		{"import ( \"fmt\" )\nuse(\n\tx,\n)\nnext()", "use("},
		{"%%\n" + strings.Repeat("x", 80), strings.Repeat("x", 49) + "..."},
	}
	for _, test := range tests {
		if got := firstCode(test.source); got != test.want {
			t.Errorf("firstCode(%q) is %q, want %q", test.source, got, test.want)
		}
	}
}

// The folder for temporary files belongs to all users of a machine: under a fixed name there, the second user's cell
// fails, or opens what the first one has put there.
func TestNotebooksWriteToNoSharedFolder(t *testing.T) {
	p := &project{root: ".."}
	all, err := p.notebooks()
	if err != nil {
		t.Fatal(err)
	}
	for _, notebook := range all {
		contents, err := os.ReadFile(notebook)
		if err != nil {
			t.Fatal(err)
		}
		for _, shared := range []string{"os.TempDir()", `\"/tmp`, "gonblabs-lab"} {
			if strings.Contains(string(contents), shared) {
				t.Errorf("%s uses %s", title(notebook), shared)
			}
		}
	}
}
