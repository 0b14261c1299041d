package mnistkit_test

import (
	"os/exec"
	"strings"
	"testing"
)

const (
	module = "gonblabs/mnistkit"
	gomlx  = "github.com/gomlx/"
	// The wire format of protocol buffers alone, without reflection.
	protowire = "google.golang.org/protobuf/"
	// As in the kernel's GOFLAGS: reading a tar archive needs os/user, which
	// without this tag would bring in C.
	cellTags = "osusergo"
	// What package files brings along.
	internalFiles = "gonblabs/mnistkit/files"
	flock         = "github.com/gofrs/flock"
	unix          = "golang.org/x/sys/unix"
	// What reads UTF-16 and Windows-1252.
	letters = "golang.org/x/text/"
)

// deps lists all packages that one package is built from.
func deps(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-tags", cellTags, "-deps", pkg).Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", pkg, err)
	}
	return strings.Fields(string(out))
}

// TestArrows holds which package may build on which: what a cell imports is
// light, and GoMLX stays behind the engine.
func TestArrows(t *testing.T) {
	for _, c := range []struct {
		pkg    string
		may    []string // own packages that it may reach
		others []string // modules outside the standard library that it may reach
	}{
		{"layer", nil, nil},
		{"data", nil, nil},
		{"table", []string{"data"}, []string{letters}},
		{"session", []string{"data", "layer"}, nil},
		{"exchange", []string{"data", "layer", "session"}, []string{protowire}},
		{"events", nil, []string{protowire}},
		{"grading", nil, nil},
		{"fit", []string{"data", "layer", "session", "events"}, []string{protowire}},
		{"runs", []string{"data", "layer", "session", "fit", "events"}, []string{protowire}},
		{"picture", []string{"data"}, []string{"golang.org/x/image/"}},
		{"text", []string{"data"}, nil},
		{"pipeline", []string{"data", "table"}, []string{letters}},
		{"score", []string{"data"}, nil},
		{"show", nil, []string{"github.com/janpfeifer/gonb/gonbui/protocol"}},
		{"chart", []string{"data", "layer", "session", "fit", "events", "score", "show"}, []string{protowire, "git.sr.ht/~sbinet/gg", "github.com/golang/freetype", "golang.org/x/image", "golang.org/x/text", "github.com/janpfeifer/gonb/gonbui/protocol"}},
		{"training", []string{"data", "layer", "session", "exchange", "fit", "events", "runs", "score", "show", "table", "text"},
			[]string{protowire, letters, "github.com/janpfeifer/gonb/gonbui/protocol"}}, // nothing that draws
		{"engine", []string{"data", "layer", "session", "engine/compiled"}, []string{"*"}},
		{"engine/onnx", []string{"data", "layer", "session", "engine/compiled", "engine"}, []string{"*"}},
	} {
		allowed := map[string]bool{module + "/" + c.pkg: true, module + "/internal/strict": true, internalFiles: true}
		for _, p := range c.may {
			allowed[module+"/"+p] = true
		}
		for _, dep := range deps(t, module+"/"+c.pkg) {
			switch {
			case strings.HasPrefix(dep, "gonblabs/"):
				if !allowed[dep] && !strings.HasPrefix(dep, module+"/internal/") {
					t.Errorf("%s reaches %s; it may reach %v", c.pkg, dep, c.may)
				}
			case strings.Contains(strings.SplitN(dep, "/", 2)[0], "."):
				if !reaches(append(c.others, flock, unix), dep) {
					t.Errorf("%s reaches %s", c.pkg, dep)
				}
			}
		}
	}
}

func reaches(allowed []string, dep string) bool {
	for _, a := range allowed {
		if a == "*" || strings.HasPrefix(dep, a) {
			return true
		}
	}
	return false
}

// TestCellsAreLight: what a cell imports reaches neither GoMLX nor the network
// nor C, nor the other packages that are slow to link.
func TestCellsAreLight(t *testing.T) {
	for _, dep := range deps(t, module) {
		if reaches([]string{gomlx, "net", "runtime/cgo", "gonum.org/", "golang.org/x/sys/cpu", "regexp", "crypto/md5"}, dep) {
			t.Errorf("kit reaches %s, which every cell would have to link", dep)
		}
	}
}

// TestOnlyOneImporter: GoMLX is behind engine, its reader of ONNX behind engine/onnx, GoNB's display behind show.
func TestOnlyOneImporter(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		pkg, imports, _ := strings.Cut(line, " ")
		for _, i := range strings.Fields(imports) {
			if strings.HasPrefix(i, gomlx) && pkg != module+"/engine/onnx" && (pkg != module+"/engine" || strings.Contains(i, "onnx")) {
				t.Errorf("%s imports %s; only engine may, and engine/onnx", pkg, i)
			}
			if strings.HasPrefix(i, "github.com/janpfeifer/gonb") && pkg != module+"/show" {
				t.Errorf("%s imports %s; only show may", pkg, i)
			}
		}
	}
}
