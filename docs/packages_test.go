// Package docs_test checks the documentation against the code: pages, doc
// comments and the list of the public API.
package docs_test

import (
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

const kitPath = "gonblabs/mnistkit"

// packages are the kit's packages that a program can import, with their types.
type packages struct {
	types.Importer
	fset *token.FileSet
	list []*pkg
}

type pkg struct {
	path, name, dir string
	files           []string
}

// theKit lists and compiles the kit once for all tests. (go build keeps what it
// compiles, so this takes a second where the other tests have been built.)
var theKit = sync.OnceValues(func() (*packages, error) {
	const format = "{{.ImportPath}}\t{{.Export}}\t{{.Name}}\t{{.Dir}}\t{{join .GoFiles \" \"}} {{join .CgoFiles \" \"}}"
	cmd := exec.Command("go", "list", "-export", "-deps", "-f", format, kitPath+"/...",
		"github.com/janpfeifer/must", "github.com/janpfeifer/gonb/gonbui", "github.com/gomlx/gomlx/ml/layers", "math/rand/v2", "net/http/httptest", "os/signal", "testing")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	k := &packages{fset: token.NewFileSet()}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		exports[f[0]] = f[1]
		if strings.HasPrefix(f[0], kitPath) && f[2] != "main" && !strings.Contains(f[0], "/internal") {
			k.list = append(k.list, &pkg{f[0], f[2], f[3], strings.Fields(f[4])})
		}
	}
	k.Importer = importer.ForCompiler(k.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	return k, nil
})

func kit(t *testing.T) *packages {
	t.Helper()
	k, err := theKit()
	if err != nil {
		t.Fatal(err)
	}
	return k
}
