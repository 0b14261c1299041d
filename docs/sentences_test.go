package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSentencesFollowResults asks the functions of the notebooks that make sentences of results about made-up
// histories in which the opposite is true. They must give the opposite sentence.
func TestSentencesFollowResults(t *testing.T) {
	functions := map[string]string{
		"01": "bestOfFirst gain", "03": "byHeart", "04": "drop", "09": "turning last rise course",
	}
	cases := []struct{ call, want string }{
		{`gain(made("val_accuracy", 0.5, 0.9), made("val_accuracy", 0.5, 0.8))`, "+10.00 points (validation)"},
		{`gain(made("val_accuracy", 0.5, 0.8), made("val_accuracy", 0.5, 0.9))`, "-10.00 points (validation)"},
		{`gain(made("val_accuracy", 0.5, 0.8, 1), made("val_accuracy", 0.5, 0.8))`, "+0.00 points (validation)"}, // within two epochs
		{`byHeart(made("accuracy", 0.9, 1, 1))`, "100 % in epoch 2"},
		{`byHeart(made("accuracy", 0.9, 0.999))`, "not in these epochs"},
		{`kit.Points(0, drop(append(make([]float64, 9), 0.8, 0.6, 0.7)))`, "-20.00 points"},
		{`kit.Points(0, drop(append(make([]float64, 9), 0.6, 0.7, 0.8)))`, "+0.00 points"},
		{`course(made("val_loss", 0.5, 0.3, 0.4))`, "turns in epoch 2, then rises by 0.100"},
		{`course(made("val_loss", 0.5, 0.4, 0.3))`, "still falls in the last epoch"},
	}
	program := `package main

import (
	"fmt"

	"github.com/janpfeifer/must"

	kit "gonblabs/mnistkit"
)

var count int

// made is a run with these values of a metric, one an epoch.
func made(metric string, values ...float64) kit.Run {
	count++
	l := kit.Loop{Name: fmt.Sprint("made/", count), Start: kit.Variables{"x": {0}}}
	must.M1(l.Fit(len(values), func(epoch int, _ kit.Variables) (kit.Metrics, error) {
		return kit.Metrics{"loss": 1, metric: values[epoch-1]}, nil
	}))
	return kit.Run{Name: l.Name}
}

func epochs() int { return 2 }
`
	for number, names := range functions {
		for _, name := range strings.Fields(names) {
			program += "\n" + function(t, number, name) + "\n"
		}
	}
	program += "\nfunc main() {\n"
	for _, c := range cases {
		program += "\tfmt.Println(\"says:\", " + c.call + ")\n"
	}
	main := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(main, []byte(program+"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", main)
	cmd.Env = append(os.Environ(), "MNISTKIT_RUNS="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, program)
	}
	var said []string
	for line := range strings.Lines(string(out)) {
		if sentence, ok := strings.CutPrefix(line, "says: "); ok {
			said = append(said, strings.TrimSpace(sentence))
		}
	}
	if len(said) != len(cases) {
		t.Fatalf("%d sentences for %d cases:\n%s", len(said), len(cases), out)
	}
	for i, c := range cases {
		if said[i] != c.want {
			t.Errorf("%s says %q, want %q", c.call, said[i], c.want)
		}
	}
}

// function is the source of a function that a notebook declares.
func function(t *testing.T, number, name string) string {
	t.Helper()
	files, _ := filepath.Glob(fmt.Sprintf("../notebooks/%s-*.ipynb", number))
	if len(files) != 1 {
		t.Fatalf("there is no notebook %s", number)
	}
	for _, source := range codeCells(t, files[0]) {
		declarations, _, _ := strings.Cut("package p\n\n"+strings.TrimPrefix(source, "%noautoget\n"), "\n%%")
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, "", declarations, 0)
		if err != nil {
			continue // TestNotebooks says so
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == name && f.Recv == nil {
				return declarations[set.Position(f.Pos()).Offset:set.Position(f.End()).Offset]
			}
		}
	}
	t.Fatalf("notebook %s declares no function %s", number, name)
	return ""
}
