package runs

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// TestFormats: files of version 0.1 are read; what a newer version wrote, or
// somebody added, is a sentence and never read in part.
func TestFormats(t *testing.T) {
	d := open(t, "a")
	recipe := session.Recipe{Data: "x", Optimizer: session.Adam(1e-3), Model: layer.Stack{layer.Dense(3)}}
	last := Weights{Kind: "last", Epoch: 1}
	for _, err := range []error{
		d.WriteRecord(Record{Name: "a", Recipe: recipe}),
		d.SaveLast(fit.History{{Number: 1}}, session.Partial{}, weights("w")),
		d.AddScore(Score{Data: "x", Weights: last, Metrics: map[string]float64{"loss": 0.5}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	read := map[string]func() error{
		"run.json":        func() error { _, _, err := d.ReadRecord(); return err },
		"last/state.json": func() error { return d.Check("last") },
		"scores.json":     func() error { _, err := d.Scores(); return err },
	}
	edit := func(file, was, now string) {
		t.Helper()
		b, err := os.ReadFile(d.Path(file))
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(b), was, now, 1)
		if changed == string(b) {
			t.Fatalf("%s holds no %q: %s", file, was, b)
		}
		if object, err := unseal([]byte(changed)); err != nil { // as one who knows the format would
			changed = string(seal(object))
		}
		if err := os.WriteFile(d.Path(file), []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for file, read := range read {
		if err := read(); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		b, err := os.ReadFile(d.Path(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ was, now, want string }{
			{"{", `{"format": 99, "written_by": "gonblabs 7.0", "no": `, "damaged"},
			{`4`, `99`, file + " has format 99, written by gonblabs 0.2.0; this is gonblabs 0.2.0, which reads formats up to 4: update the checkout with git pull"},
			{"{", `{"other": 1,`, file + ` is damaged, or was changed since it was written by gonblabs 0.2.0 (json: unknown field "other"; this is gonblabs 0.2.0); `},
		} {
			edit(file, c.was, c.now)
			if err := read(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s with %s: got %v, want %q", file, c.now, err, c.want)
			}
			if err := os.WriteFile(d.Path(file), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	edit("run.json", `"units": 3`, `"units": 3, "sparse": true`)
	if err := read["run.json"](); err == nil || !strings.Contains(err.Error(), `layer 1, Dense: json: unknown field "sparse"`) {
		t.Errorf("a setting of a layer that is unknown: %v", err)
	}
	edit("run.json", `, "sparse": true`, "")

	// As format 3 wrote them: weights and scores without the sha256 of the numbers.
	if err := d.SaveLast(fit.History{{Number: 1}}, session.Partial{}, func(dir string) error {
		return os.WriteFile(filepath.Join(dir, "w.bin"), []byte("w"), 0o644)
	}); err != nil {
		t.Fatal(err)
	}
	const sum = "50e721e49c013f00c62cf59f2163542a9d8df02464efeb615d31051b0fddc326" // of "w"
	edit("last/state.json", `"format":4,`, `"format":3,`)
	edit("last/state.json", `"sha256":"`+sum+`",`, "")
	edit("scores.json", `"format": 4,`, `"format": 3,`)
	w, _, err := d.Weights()
	scores3, err3 := d.Scores()
	if err != nil || err3 != nil || w.SHA256 != sum || scores3["x"].SHA256 != "" || scores3["x"].Weights == w {
		t.Errorf("format 3 reads as %+v, %v, %v, %v", w, err, scores3, err3)
	}
	edit("last/state.json", `"format":3,`, `"format":4,`)

	// As version 0.1 wrote them.
	for _, file := range []string{"run.json", "last/state.json"} { // no checksums
		b, err := os.ReadFile(d.Path(file))
		if err != nil {
			t.Fatal(err)
		}
		object, err := unseal(b)
		if err != nil || os.WriteFile(d.Path(file), object, 0o644) != nil {
			t.Fatal(err)
		}
	}
	edit("run.json", `"format": 4,`, "")
	edit("run.json", `"written_by": "gonblabs 0.2.0",`, "")
	edit("last/state.json", `"format":4,"written_by":"gonblabs 0.2.0","epoch":1`, `"epoch":1,"partial":{"Batches":3,"Of":9,"Examples":96,"Seconds":2.5,"Sums":{"loss":"2821.5","mae":"+Inf"}}`)
	scores := `{"x": {"data": "x", "set": "", "test": false, "weights": "last", "epoch": 1, "metrics": {"loss": 0.5}}}`
	if err := os.WriteFile(d.Path("scores.json"), []byte(scores), 0o644); err != nil {
		t.Fatal(err)
	}
	record, ok, err := d.ReadRecord()
	if diff, _ := Differences(recipe, record.Recipe); err != nil || !ok || len(diff) != 0 {
		t.Errorf("the record of 0.1 reads as %+v, %v: %q", record, err, diff)
	}
	if _, h, p, err := d.Load(); err != nil || d.SavedEpoch("last") != 1 || len(h) != 1 || p.Sums["loss"] != 2821.5 || !math.IsInf(p.Sums["mae"], 1) {
		t.Errorf("the state of 0.1 reads as %+v, %v, %v", p, h, err)
	}
	if scores, err := d.Scores(); err != nil || scores["x"].Metrics["loss"] != 0.5 || scores["x"].Weights != last {
		t.Errorf("the scores of 0.1 read as %v, %v", scores, err)
	}
	edit("scores.json", `{"x"`, `{"y"`)
	if _, err := d.Scores(); err == nil || !strings.Contains(err.Error(), `the score of "x" stands under "y"`) {
		t.Errorf("a score under the name of other data: %v", err)
	}
}
