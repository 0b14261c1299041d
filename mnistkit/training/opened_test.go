package training

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/text"
)

// within fails if do takes longer than a moment: it waits for a pipe, or reads without an end.
func within(t *testing.T, what string, do func()) {
	t.Helper()
	over := make(chan bool)
	go func() { defer close(over); do() }()
	select {
	case <-over:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s does not end", what)
	}
}

// recorded is a run's record with a data recipe.
func recorded(t *testing.T, kind string, recipe any) runs.Record {
	t.Helper()
	b, err := json.Marshal(recipe)
	if err != nil {
		t.Fatal(err)
	}
	return runs.Record{
		Name: "test/forged", DataKind: kind, Data: b,
		Recipe: session.Recipe{Input: []int{2}, InputType: "float32", Model: layer.Stack{layer.Dense(2)}, Loss: session.SparseCategoricalCrossentropy,
			Metrics: []string{"accuracy"}, Optimizer: session.Adam(1e-3), BatchSize: 1},
	}
}

// modelFile is a model file with a record and nothing trained.
func modelFile(t *testing.T, r runs.Record) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "forged.mnistkit")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	b = append([]byte(`{"format":2,"written_by":"gonblabs 0.2.0",`), b[strings.Index(string(b), `"name"`):]...)
	z := zip.NewWriter(file)
	for name, contents := range map[string]string{
		"run.json": string(b), "history.jsonl": `{"epoch":1,"learning_rate":0.1,"seconds":1,"loss":1,"accuracy":0.5}` + "\n",
		"last/state.json": `{"format":2,"written_by":"gonblabs 0.2.0","epoch":1}`,
		"last/a.bin":      strings.Repeat("\x00", 24), "last/checkpoint-a.json": `{"Variables":[{"ParameterName":"kernel","Dimensions":[2,2]}]}`,
	} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(contents))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// A model file may name a path in any text of any kind of data recipe. Nothing reads it: neither a
// pipe, which would be waited for, nor a device, which has no end, nor the reader's files.
func TestOpenReadsNoPath(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("MNISTKIT_DATA", "bundled")
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := exec.Command("mkfifo", pipe).Run(); err != nil {
		t.Skip("no named pipes here:", err)
	}
	secret := filepath.Join(dir, "secret.csv")
	if err := os.WriteFile(secret, []byte("x,species\n1,a\n2,b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	paths := []string{pipe, "/dev/zero", "/usr", secret, secret + ".gz", "~", "x.npz", "../../x", strings.Repeat("x", 1<<20)}
	for kind, zero := range dataKinds {
		for i := range reflect.TypeOf(zero).NumField() {
			if reflect.TypeOf(zero).Field(i).Type.Kind() != reflect.String {
				continue
			}
			for _, path := range paths {
				recipe := reflect.New(reflect.TypeOf(zero)).Elem()
				recipe.Set(reflect.ValueOf(map[string]any{"": data.MNIST(), "text": text.IMDB(), "table": table.Iris()}[kind]))
				field := reflect.TypeOf(zero).Field(i)
				recipe.Field(i).SetString(path)
				what := fmt.Sprintf("%s of %s is %.40s", field.Name, field.Type, path)
				within(t, what, func() {
					r, err := Open(modelFile(t, recorded(t, kind, recipe.Interface())))
					if err != nil {
						t.Errorf("%s: %v", what, err)
						return
					}
					_, failed := r.Data.Test()
					if failed == nil || strings.Contains(failed.Error(), "\n") || strings.Contains(failed.Error(), "secret.csv holds") || len(failed.Error()) > 2000 {
						t.Errorf("%s: %.2000v, want a short sentence", what, failed)
					}
					if strings.Contains("Dir Path", field.Name) && !strings.Contains(failed.Error(), "the kit reads no path that a file names; give the data yourself") {
						t.Errorf("%s: %v", what, failed)
					}
					_, byHand := r.With("test/again", nil).Fit(1)
					if byHand == nil || strings.Contains(byHand.Error(), "\n") {
						t.Errorf("%s: trained anew: %v", what, byHand)
					}
					id, _ := r.Data.ID() // "" where it has none
					if r.isTest(snapshot{record: runs.Record{Recipe: session.Recipe{Data: id}}}, &data.Set{Name: "mine"}) {
						t.Errorf("%s: any set is its test", what)
					}
				})
			}
		}
	}
}

// A variation of an opened model does not read the weights that the file names, until Initial is set anew.
func TestOpenReadsNoWeights(t *testing.T) {
	record := recorded(t, "", data.MNIST())
	record.Recipe.Initial = "file:/dev/zero"
	opened, err := Open(modelFile(t, record))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.With("test/again", func(r *Run) { r.Data = data.MNIST() }).Fit(1); err == nil || !strings.Contains(err.Error(), "the kit reads no path that a file names; set Initial") {
		t.Errorf("its own Initial: %v", err)
	}
	if _, err := opened.With("test/other", func(r *Run) { r.Initial, r.Data = "test/none@best", data.MNIST() }).Fit(1); err == nil || strings.Contains(err.Error(), "Initial") {
		t.Errorf("another Initial: %v", err)
	}
}

// The reader's own run names the reader's own path, and Load reads it. One trained on sets made by
// hand has data whose error says so.
func TestLoadReadsItsPath(t *testing.T) {
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	path := filepath.Join(t.TempDir(), "flowers.csv")
	if err := os.WriteFile(path, []byte("x,species\n1,a\n2,b\n3,a\n4,b\n5,a\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	load := func(record runs.Record) Run {
		dir, err := runs.Open("test/forged")
		if err == nil {
			err = dir.WriteRecord(record)
		}
		if err != nil {
			t.Fatal(err)
		}
		r, err := Load("test/forged")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := load(recorded(t, "table", table.CSV(path, "species").TestFraction(0.4)))
	if set, err := r.Data.Test(); err != nil || set.Len() != 2 {
		t.Errorf("the test set: %v, %v", set, err)
	}
	record := recorded(t, "", nil)
	record.Data, record.DataKind = nil, ""
	for part, read := range map[string]func() (*data.Set, error){"train": load(record).Data.Train, "validation": load(record).Data.Validation, "test": load(record).Data.Test} {
		if _, err := read(); err == nil || !strings.Contains(err.Error(), "trained on sets made by hand") {
			t.Errorf("%s: %v", part, err)
		}
	}
}

// What is no regular file is no model file, and is not waited for.
func TestOpenOnlyFiles(t *testing.T) {
	dir := t.TempDir()
	pipe, socket := filepath.Join(dir, "pipe"), filepath.Join(dir, "socket")
	if err := exec.Command("mkfifo", pipe).Run(); err != nil {
		t.Skip("no named pipes here:", err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for path, want := range map[string]string{pipe: "is a named pipe", socket: "is a socket", dir: "is a folder", "/dev/zero": "is a device", "": "is not the path of a file"} {
		within(t, path, func() {
			if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", path, err)
			}
		})
	}
}
