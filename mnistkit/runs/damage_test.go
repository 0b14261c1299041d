package runs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

type vocabulary struct{ Words string }

// whole is a run with every file that a run can have.
func whole(t testing.TB) Dir {
	t.Helper()
	d := open(t, "a/b")
	checkpoint := func(dir string) error {
		for name, text := range map[string]string{"checkpoint-1.bin": "\x00\x01\x02\x03numbers", "checkpoint-1.json": `{"Variables":[]}`} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				return err
			}
		}
		return nil
	}
	for _, err := range []error{
		d.WriteRecord(Record{Name: "a/b", Recipe: session.Recipe{Data: "x", Model: layer.Stack{layer.Dense(3)}, Optimizer: session.Adam(1e-3)}}),
		d.WriteEncoder(vocabulary{"the and"}),
		d.SaveLast(epochs(3), session.Partial{Batches: 2, Of: 7, Examples: 64, Sums: session.Numbers{"loss": 1.5}}, checkpoint),
		d.SaveBest(2, checkpoint),
		d.SaveAs("cp-0001", "cp", 0, 1, checkpoint),
		d.AddScore(Score{Data: "x", Weights: Weights{Kind: "best", Epoch: 2}, Metrics: map[string]float64{"loss": 0.5}}),
		d.SavePredictions("x", Weights{Kind: "best", Epoch: 2}, 2, []float32{0.25, 0.75}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// readers are all that reads the files of a run, each with what it finds.
func readers(d Dir) map[string]func() (any, error) {
	return map[string]func() (any, error){
		"run.json":     func() (any, error) { r, _, err := d.ReadRecord(); return r, err },
		"encoder.json": func() (any, error) { var e vocabulary; _, err := d.ReadEncoder(&e); return e, err },
		"history":      func() (any, error) { h, err := d.History(); return h, err },
		"last":         func() (any, error) { _, h, p, err := d.Load(); return []any{h, p}, orElse(err, d.Check("last")) },
		"best":         func() (any, error) { w, _, err := d.Weights(); return w, orElse(err, d.Check("best")) },
		"checkpoints":  func() (any, error) { w, _, err := d.Named("cp-0001"); return w, orElse(err, d.Check("cp-0001")) },
		"list":         func() (any, error) { l, err := d.Checkpoints(); return len(l), err },
		"scores":       func() (any, error) { s, err := d.Scores(); return s, err },
		"predictions": func() (any, error) {
			u, v, ok, err := d.Predictions("x", Weights{Kind: "best", Epoch: 2})
			return []any{u, v, ok}, err
		},
	}
}

func inJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func orElse(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func filesOf(t *testing.T, d Dir) (list []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(d.Path()), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			list = append(list, name)
		}
		return err
	})
	if err != nil || len(list) != 15 {
		t.Fatalf("the run has the files %q, %v", list, err)
	}
	return list
}

// TestEveryByte: whatever bit of whatever byte of whatever file is changed, a reader finds what was
// written or says in a sentence that it does not.
func TestEveryByte(t *testing.T) {
	d := whole(t)
	all := readers(d)
	want := map[string]string{}
	for name, read := range all {
		found, err := read()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want[name] = inJSON(t, found)
	}
	for _, file := range filesOf(t, d) {
		b, err := os.ReadFile(d.Path(file))
		if err != nil {
			t.Fatal(err)
		}
		noticed := 0
		for at := range b {
			changed := bytes.Clone(b)
			changed[at] ^= 1 << (at % 8)
			if err := os.WriteFile(d.Path(file), changed, 0o644); err != nil {
				t.Fatal(err)
			}
			for name, read := range all {
				found, err := read()
				if err != nil {
					noticed++
					sentence(t, fmt.Sprintf("%s, byte %d", file, at), err)
				} else if lost := name == "predictions" && !found.([]any)[2].(bool); !lost && inJSON(t, found) != want[name] {
					t.Fatalf("%s, byte %d: %s gives %s without a word", file, at, name, inJSON(t, found))
				}
			}
		}
		if noticed < len(b)-1 { // the line break at the end may become another space
			t.Errorf("%s: %d errors for %d bytes", file, noticed, len(b))
		}
		if err := os.WriteFile(d.Path(file), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// sentence holds that an error is one sentence of the run and of moderate length.
func sentence(t *testing.T, what string, err error) {
	t.Helper()
	if text := err.Error(); !strings.HasPrefix(text, `run "a/b": `) || strings.Contains(text, "\n") || len(text) > 700 {
		t.Errorf("%s: %q", what, err)
	}
}

// TestDamageCostsLittle: what is damaged is named; everything else can still be read.
func TestDamageCostsLittle(t *testing.T) {
	d := whole(t)
	for file, c := range map[string]struct{ want, readers string }{
		"last/checkpoint-1.bin":                 {"last (epoch 3) is damaged, or was changed since it was written; Reset the run to train it anew (At answers with what is whole: best, cp-0001)", "last"},
		"best/checkpoint-1.bin":                 {"best (epoch 2) is damaged, or was changed since it was written; Reset the run to train it anew (At answers with what is whole: last, cp-0001)", "best"},
		"checkpoints/cp-0001/checkpoint-1.json": {"cp-0001 (epoch 1) is damaged", "checkpoints"},
		"checkpoints/cp-0001/state.json":        {"checkpoints/cp-0001/state.json is damaged", "checkpoints"},
		"scores.json":                           {"scores.json is damaged", "scores"},
		"history.jsonl":                         {"of history.jsonl is damaged", "history last"},
		"encoder.json":                          {"encoder.json is damaged", "encoder.json"},
		"run.json":                              {"run.json is damaged", "run.json"},
	} {
		for how, damage := range map[string]func(string, []byte) error{
			"cut short": func(path string, b []byte) error { return os.Truncate(path, int64(len(b)/3)) },
			"zeros":     func(path string, b []byte) error { return os.WriteFile(path, make([]byte, len(b)), 0o644) },
			"a long line": func(path string, b []byte) error {
				return os.WriteFile(path, []byte(`{"epoch":1,"loss":"`+strings.Repeat("x", 2<<20)+`"}`), 0o644)
			},
			"null": func(path string, b []byte) error { return os.WriteFile(path, []byte("null"), 0o644) },
		} {
			b, err := os.ReadFile(d.Path(file))
			if err == nil {
				err = damage(d.Path(file), b)
			}
			if err != nil {
				t.Fatal(err)
			}
			for name, read := range readers(d) {
				_, err := read()
				if hurt := strings.Contains(" "+c.readers+" ", " "+name+" "); hurt != (err != nil) {
					t.Errorf("%s %s: %s gives %v", file, how, name, err)
				} else if hurt {
					sentence(t, file+" "+how, err)
					if !strings.Contains(err.Error(), c.want) {
						t.Errorf("%s %s: %v\nwant %s", file, how, err, c.want)
					}
				}
			}
			if err := os.WriteFile(d.Path(file), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestScoresAreMeasuredAgain: a damaged file of scores is replaced by the next score; that of a
// newer version is not.
func TestScoresAreMeasuredAgain(t *testing.T) {
	d := whole(t)
	s := Score{Data: "y", Metrics: map[string]float64{"loss": 1}}
	for _, text := range []string{"null", "", `{"scores":{"x":`, `{"format":3,"scores":null}`} {
		if err := os.WriteFile(d.Path("scores.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := d.AddScore(s); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if scores, err := d.Scores(); err != nil || len(scores) != 1 {
			t.Errorf("%q: then %v, %v", text, scores, err)
		}
	}
	newer := `{"format":99,"written_by":"gonblabs 9","scores":{}}`
	if err := os.WriteFile(d.Path("scores.json"), []byte(newer), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := d.AddScore(s); err == nil || !strings.Contains(err.Error(), "update the checkout") {
		t.Errorf("a newer file: %v", err)
	}
	if b, err := os.ReadFile(d.Path("scores.json")); err != nil || string(b) != newer {
		t.Errorf("it was replaced by %s, %v", b, err)
	}
}

// TestImpossibleNumbers: what no run can have is damage, also with the right checksum.
func TestImpossibleNumbers(t *testing.T) {
	for file, texts := range map[string][]string{
		"last/state.json": {`{"epoch":-1}`, `{"epoch":1,"partial":{"Batches":-3}}`, `{"epoch":1,"partial":{"Batches":9,"Of":8}}`, `{"epoch":1e300}`, `{"epoch":4}`, `[]`, `7`},
		"predictions/": {`{"data":"x","weights":"best","epoch":2,"units":2,"values":4611686018427387904}`, `{"data":"x","weights":"best","epoch":2,"units":2,"values":-2}`,
			`{"data":"x","weights":"best","epoch":2,"units":0,"values":2}`, `{"data":"x","weights":"best","epoch":2,"units":-1,"values":2}`, `{"data":"x","weights":"best","epoch":2,"units":3,"values":2}`,
			`{"data":"x","weights":"best","epoch":2,"units":4611686018427387904,"values":2}`},
	} {
		for _, text := range texts {
			d := whole(t)
			if file == "predictions/" {
				file += predictionsFile("x") + ".json"
			}
			if err := os.WriteFile(d.Path(file), seal([]byte(text)), 0o644); err != nil {
				t.Fatal(err)
			}
			_, _, _, err := d.Load()
			_, _, ok, err2 := d.Predictions("x", Weights{Kind: "best", Epoch: 2})
			if err = orElse(err, d.Check("last"), err2); err == nil {
				t.Fatalf("%s %s: accepted, %v", file, text, ok)
			}
			sentence(t, text, err)
		}
	}
}

// FuzzRunFiles: nothing in a run's files breaks a reader.
func FuzzRunFiles(f *testing.F) {
	names := []string{"run.json", "history.jsonl", "last/state.json", "scores.json", "predictions/" + predictionsFile("x") + ".json", "encoder.json", "last/checkpoint-1.json"}
	for i, text := range []string{
		`{"name":"a","recipe":{"input":[4],"model":[{"layer":"Dense","units":2}]}}`, "{\"epoch\":1,\"loss\":\"NaN\"}\n{\"epoch\":2,\"notes\":[\"a\"]}\n",
		`{"format":3,"epoch":1,"partial":{"Batches":1,"Of":2,"Sums":{"loss":"NaN"}},"files":{"w":"0x00000000"}}`, `{"format":3,"scores":{"x":{"epoch":1}}}`,
		`{"data":"x","weights":"best","epoch":2,"units":2,"values":2}`, `{"table":{}}`, `{"Variables":[]}`,
	} {
		f.Add(i, []byte(text), true)
		f.Add(i, []byte(text), false)
	}
	f.Setenv("MNISTKIT_RUNS", "") // a worker has that of its parent
	d := whole(f)
	f.Fuzz(func(t *testing.T, which int, text []byte, sealed bool) {
		name := names[uint(which)%uint(len(names))]
		was, err := os.ReadFile(d.Path(name))
		if err != nil {
			t.Fatal(err)
		}
		defer os.WriteFile(d.Path(name), was, 0o644)
		if object := bytes.TrimSuffix(text, []byte("\n")); sealed && json.Valid(object) && len(object) > 2 && object[0] == '{' {
			text = seal(bytes.Clone(object))
		}
		if err := os.WriteFile(d.Path(name), text, 0o644); err != nil {
			t.Fatal(err)
		}
		for what, read := range readers(d) {
			if _, err := read(); err != nil && len(err.Error()) > 2000 {
				t.Errorf("%s of %s: an error of %d bytes", what, name, len(err.Error()))
			}
		}
	})
}

// TestWithoutState: weights that lack their state are damage, as those without numbers are; neither other weights
// answer for them, nor is the run trained anew.
func TestWithoutState(t *testing.T) {
	for _, name := range []string{"last", "best", "cp-0001"} {
		d := whole(t)
		if err := os.Remove(d.Path(weightsFolder(name, ""), stateFile)); err != nil {
			t.Fatal(err)
		}
		want := name + " is damaged, or was changed since it was written (it lacks state.json); Reset the run"
		if err := d.Check(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if _, h, _, err := d.Load(); err != nil || len(h) != 3 {
			t.Errorf("without the state of %s: %d epochs, %v", name, len(h), err)
		}
		if w, _, err := d.Weights(); w.Kind != "best" || (err != nil) != (name == "best") {
			t.Errorf("without the state of %s answer the %v, %v", name, w, err)
		}
	}
}

// TestPipes: in the place of a file of a run, what nobody ends to read is an error of every reader of that file.
func TestPipes(t *testing.T) {
	d := whole(t)
	for _, file := range filesOf(t, d) {
		b, err := os.ReadFile(d.Path(file))
		if err == nil {
			err = os.Remove(d.Path(file))
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := makePipe(d.Path(file)); err != nil {
			t.Skip(err)
		}
		refused := 0
		for name, read := range readers(d) {
			if _, err := read(); err != nil {
				refused++
				sentence(t, file+", "+name, err)
				if !strings.Contains(err.Error(), "is a named pipe, not a file with contents") {
					t.Errorf("%s, %s: %v", file, name, err)
				}
			}
		}
		if refused == 0 {
			t.Errorf("%s: nobody says that it is a pipe", file)
		}
		if err := os.Remove(d.Path(file)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(d.Path(file), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHiddenFiles: what a file manager leaves beside the weights is no damage; another file of weights is.
func TestHiddenFiles(t *testing.T) {
	d := whole(t)
	for name, want := range map[string]string{".DS_Store": "", "desktop.ini": "", "Thumbs.db": "", "checkpoint-2.bin": "last (epoch 3) is damaged, or was changed since it was written"} {
		if err := os.WriteFile(d.Path("last", name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := d.Check("last"); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
		file := filepath.Join(t.TempDir(), "b.mnistkit")
		err := d.Export(file, Weights{Kind: "last", Epoch: 3}, d.Path("last"))
		if (err == nil) != (want == "") {
			t.Errorf("%s: exported, %v", name, err)
		}
		if b, _ := os.ReadFile(file); bytes.Contains(b, []byte(name)) {
			t.Errorf("%s is in the model file", name)
		}
		if err := os.Remove(d.Path("last", name)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCheckWhileSaved: weights that another program replaces meanwhile are not taken for damaged.
func TestCheckWhileSaved(t *testing.T) {
	d := open(t, "a")
	save(t, d, 1, "first")
	saved := make(chan error)
	go func() {
		var err error
		for i := range 30 {
			if err == nil {
				err = d.SaveLast(epochs(1), session.Partial{}, weights(fmt.Sprint("number ", i)))
			}
		}
		saved <- err
	}()
	for checks := 1; ; checks++ {
		if err := d.Check("last"); err != nil {
			t.Fatalf("check %d: %v", checks, err)
		}
		select {
		case err := <-saved:
			if err != nil || checks < 10 {
				t.Errorf("%d checks, %v", checks, err)
			}
			return
		default:
		}
	}
}
