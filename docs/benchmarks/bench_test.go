package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	kit "gonblabs/mnistkit"
)

// TestCases holds that every case can be trained and that names are unique.
func TestCases(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	seen := map[string]bool{}
	for _, c := range cases {
		if dataSets[c.Data] == nil {
			t.Fatalf("%s: the data %q are not known", c.Name, c.Data)
		}
		if _, err := c.plan(); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		if seen[c.Name] || strings.Contains(c.Name, ",") {
			t.Errorf("the name %q is there already, or has a comma, which parts names on the command line", c.Name)
		}
		seen[c.Name] = true
		if c.Epochs < 2 || c.Rows < c.Batch || c.Test < 1 {
			t.Errorf("%s: %d epochs of %d rows in batches of %d; the first epoch is warm-up", c.Name, c.Epochs, c.Rows, c.Batch)
		}
		for _, name := range c.Skip {
			if len(chosen(c, []string{name}, false)) != 1 {
				t.Errorf("%s leaves out %q, which is no peer", c.Name, name)
			}
		}
	}
}

// The peers take each case, and no optimiser with a setting that not all of them follow.
func TestPeersTakeTheCases(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip(err)
	}
	read := func(c Case) error {
		file := filepath.Join(t.TempDir(), "job.json")
		contents, err := json.Marshal(Job{Case: c})
		return errors.Join(err, os.WriteFile(file, contents, 0o600), exec.Command("python3", "-c", `import sys, types
sys.modules["numpy"], sys.dont_write_bytecode = types.ModuleType("numpy"), True
sys.path.insert(0, "peers")
import common
common.read_job(starts=True)`, file).Run())
	}
	for _, name := range []string{"custom2", "auto-mpg", "imdb", "parity-iris"} {
		if err := read(named(t, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := named(t, "mlp")
	for _, o := range []kit.Optimizer{kit.Adam(1e-3).WithEMA(0.99), kit.Adam(1e-3).WithSchedule(kit.Cosine(3)), {Name: "adam", LearningRate: 1e-3, Beta1: 0.8}, kit.SGD(0.1).WithMomentum(0.9)} {
		if c.Optimizer = o; read(c) == nil {
			t.Errorf("the peers take %s", o)
		}
	}
}

// What the peers read is that of the recipe as it is now.
func TestExportOfNewData(t *testing.T) {
	b, iris := &bench{scratch: t.TempDir()}, dataSets["iris"]
	defer func() { dataSets["iris"] = iris }()
	if err := os.Mkdir(filepath.Join(b.scratch, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	first := b.export(Case{Data: "iris"})
	dataSets["iris"] = kit.Iris().Normalized()
	if b.export(Case{Data: "iris"}) == first {
		t.Error("the peers get the data of an earlier recipe")
	}
}

// A reading of the seeds together, also of a single one, does not replace what is kept of a seed.
func TestKeepStudy(t *testing.T) {
	b := &bench{here: t.TempDir()}
	if err := os.Mkdir(filepath.Join(b.here, "accuracy"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.keepStudy(Study{Model: "net", Seeds: []uint64{1}, Seconds: 9})
	b.keepStudy(Study{Model: "net", Seeds: []uint64{1}, WrongFor: []int{0}})
	if kept, _ := filepath.Glob(filepath.Join(b.here, "accuracy", "net-seed-1.json")); len(kept) != 1 {
		t.Fatal(kept)
	} else if contents, err := os.ReadFile(kept[0]); err != nil || !strings.Contains(string(contents), `"seconds": 9`) {
		t.Errorf("of the seed is kept %s, %v", contents, err)
	}
}

func TestChosen(t *testing.T) {
	for _, c := range []struct {
		name  string
		asked []string
		torch bool
		want  string
	}{
		{"mlp", nil, false, "kit keras keras-jit jax jax-scan"},
		{"lenet", nil, false, "kit keras keras-jit jax"},
		{"lenet", []string{"kit", "jax-scan"}, false, "kit jax-scan"},
		{"parity-mlp", nil, true, "kit keras-jit"},
		{"mlp", nil, true, "kit keras keras-jit jax jax-scan torch torch-last torch-compile"},
	} {
		var got []string
		for _, p := range chosen(named(t, c.name), c.asked, c.torch) {
			got = append(got, p.Name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s, asked for %v: %v, want %s", c.name, c.asked, got, c.want)
		}
	}
}

func named(t *testing.T, name string) Case {
	t.Helper()
	for _, c := range cases {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no case %q", name)
	return Case{}
}

func TestPerEpoch(t *testing.T) {
	for _, c := range []struct {
		ends []float64
		want float64
	}{
		{[]float64{0, 5, 7, 10}, 2.5},
		{[]float64{0, 5}, 5}, // one epoch only: with its warm-up
	} {
		if got := perEpoch(c.ends); got != c.want {
			t.Errorf("%v: %v, want %v", c.ends, got, c.want)
		}
	}
}

// TestGoals measures ours against the best of the others.
func TestGoals(t *testing.T) {
	peer := func(name, family string, step float64) PeerResult {
		return PeerResult{Peer: name, Family: family, Step: Spread{Median: step}, Parameters: 7}
	}
	r := Results{Cases: []CaseResult{{Outline: Outline{Name: "lenet", Group: "train"}, Peers: []PeerResult{
		peer("kit", "mnistkit", 1), peer("keras", "Keras", 9), peer("keras-jit", "Keras", 5), peer("jax", "JAX", 8),
		peer("kit-bf16", "mnistkit, bf16", 0.8), peer("torch-bf16", "PyTorch, bf16", 0.4),
		{Peer: "torch", Family: "PyTorch", Failure: "it died"},
	}}}}
	want := map[string]string{
		"lenet: step to the best peer":       "≤ 0.90 0.200 (keras-jit) met",
		"lenet bf16: step to the best peer":  "≤ 0.90 2.00 (torch-bf16) not met",
		"lenet: evaluation to the best peer": "≤ 0.90 not measured –",
	}
	for _, row := range r.goals() {
		if w, ok := want[row[0]]; ok && w != strings.Join(row[1:], " ") {
			t.Errorf("%q, want %s", row, w)
		}
		delete(want, row[0])
	}
	if len(want) > 0 {
		t.Errorf("no such goals: %v", want)
	}
}

// TestApart holds the limits of parity.
func TestApart(t *testing.T) {
	for _, c := range []struct {
		metric     string
		ours, peer float64
		want       string
	}{
		{"accuracy", 0.981, 0.979, "+0.20 points met"},
		{"accuracy", 0.975, 0.979, "-0.40 points not met"},
		{"mae", 1.92, 2, "-4.0 % met"},
		{"mae", 2.2, 2, "+10.0 % not met"},
	} {
		difference, _, verdict := apart(c.metric, c.ours, c.peer)
		if got := difference + " " + verdict; got != c.want {
			t.Errorf("%s %g against %g: %s, want %s", c.metric, c.ours, c.peer, got, c.want)
		}
	}
}

// TestCompact holds that results stay the same JSON.
func TestCompact(t *testing.T) {
	in := Results{Versions: map[string]string{"Go": "1"}, Cases: []CaseResult{{Outline: Outline{Name: "a"}, Peers: []PeerResult{{Peer: "kit", Step: Spread{1, 0.5, 2}}}}}}
	contents, err := json.MarshalIndent(in, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	var out Results
	if err := json.Unmarshal(compact(contents), &out); err != nil {
		t.Fatal(err)
	}
	if out.Cases[0].Peers[0].Step != in.Cases[0].Peers[0].Step || !strings.Contains(string(compact(contents)), `{"median": 1, "low": 0.5, "high": 2}`) {
		t.Errorf("%s", compact(contents))
	}
}

// TestSpreads holds that figures of processes find their fields by name.
func TestSpreads(t *testing.T) {
	var p PeerResult
	outcomes := []Outcome{}
	for _, first := range []float64{3, 1, 2} {
		outcomes = append(outcomes, Outcome{
			Figures: map[string]float64{"first_s": first, "epoch_s": 3, "fixed_s": 1}, Metrics: map[string]float64{"accuracy": 0.912345}, Parameters: 7,
		})
	}
	p.summarise(Outline{Batch: 10, Rows: 50, Whole: 100, Metric: "accuracy"}, outcomes)
	// Two of three seconds grow with the epoch, which is half of the whole one.
	if p.First != (Spread{2, 1, 3}) || p.Epoch.Median != 5 || p.Step.Median != 500 || p.Learned.Low != 0.9123 || len(p.Seeds) != 3 || p.Parameters != 7 {
		t.Errorf("%+v", p)
	}
	defer func() {
		if recover() == nil {
			t.Error("a figure that no result holds was lost")
		}
	}()
	spreads([]map[string]float64{{"typo_s": 1}}, &p)
}

// TestReadCells holds that a cell's figures in Python are those of a result.
func TestReadCells(t *testing.T) {
	cells := readCells([]byte(`[[{"cell": "test", "figures": {"go_s": 0.4, "ratio": 2}}], [{"cell": "test", "figures": {"go_s": 0.6, "ratio": 3}}]]`))
	if len(cells) != 1 || cells[0].Sessions != 2 || cells[0].Go != (Spread{0.5, 0.4, 0.6}) || cells[0].Ratio.Median != 2.5 || cells[0].Python != (Spread{}) {
		t.Errorf("%+v", cells)
	}
}

// TestServices holds a service against its rivals.
func TestServices(t *testing.T) {
	var s Services
	printed := `{"busy": ["1.5", "2.5"], "list": [
		{"name": "XLA", "rival": "FastAPI", "rounds": [{"rate_8": 1000, "half_8": 8, "ratio_8": 0.4, "memory_mb": 90}, {"rate_8": 500, "half_8": 16, "ratio_8": 1.2, "memory_mb": 110}]},
		{"name": "FastAPI", "rival": "", "rounds": [{"rate_8": 400}, {"rate_8": 600}]}]}`
	if err := json.Unmarshal([]byte(printed), &s); err != nil {
		t.Fatal(err)
	}
	table := s.markdown()
	for _, want := range []string{"| XLA | 8 | 750 (500–1,000) | 12.0 (8.00–16.0) | – | – | – | 100 |", "| FastAPI | 64 |", "1.5 before them, and 2.5 after"} {
		if !strings.Contains(table, want) {
			t.Errorf("%q is not in\n%s", want, table)
		}
	}
	goals := s.goals()
	if len(goals) != 7 || strings.Join(goals[1], " ") != "service, XLA: time an answer to FastAPI, 8 at once ≤ 1.00 0.800 (0.400–1.20) met" || goals[6][3] != "not met" {
		t.Errorf("%q", goals)
	}
	if (*Services)(nil).markdown() != "" || (*Services)(nil).goals() != nil {
		t.Error("results without services have a table of them")
	}
}

// TestGrowth holds tasks against one process, and many runs against a second.
func TestGrowth(t *testing.T) {
	var g Growth
	printed := `{"date": "2026-11-30", "sizes": [
		{"name": "8 runs by one process", "rounds": [{"cpu_s": 20, "ratio": 1, "apart": 1}]},
		{"name": "8 runs by 1 task", "rounds": [{"cpu_s": 16, "ratio": 0.8, "apart": 0.8, "alone": 1}]},
		{"name": "8 runs by 8 tasks", "rounds": [{"cpu_s": 24, "ratio": 1.2, "apart": 0.9, "alone": 1.1}, {"ratio": 1.3, "apart": 1, "alone": 1.2}]},
		{"name": "Curves of 100 runs", "rounds": [{"wall_s": 0.1}]},
		{"name": "Curves of 1,000 runs", "rounds": [{"wall_s": 0.4, "ratio": 4}]},
		{"name": "Curves of 10,000 runs", "rounds": [{"wall_s": 5, "ratio": 12.5}]}]}`
	if err := json.Unmarshal([]byte(printed), &g); err != nil {
		t.Fatal(err)
	}
	var goals []string
	for _, row := range g.goals() {
		goals = append(goals, strings.Join(row, " "))
	}
	want := []string{
		"8 runs by 1 task: processor time to one process, without the start ≤ 1.05 0.800 met",
		"8 runs by 8 tasks: processor time to one process, without the start ≤ 1.05 0.950 (0.900–1.00) met",
		"8 runs by 8 tasks: processor time to one task, without the start ≤ 1.05 1.15 (1.10–1.20) not met",
		"Curves of 1,000 runs: seconds ≤ 1 0.400 met",
		"Curves of 1,000 runs: processor time to a tenth of them ≤ 12 4.00 met",
		"Curves of 10,000 runs: processor time to a tenth of them ≤ 12 12.5 not met",
	}
	if !slices.Equal(goals, want) {
		t.Errorf("%q, want %q", goals, want)
	}
	if table := g.markdown(); !strings.Contains(table, "| 8 runs by 8 tasks | – | 24.0 | 1.25 (1.20–1.30) |") {
		t.Error(table)
	}
	if (*Growth)(nil).markdown() != "" || (*Growth)(nil).goals() != nil {
		t.Error("results without growth have a table of it")
	}
}

// TestStore: what is stored can be shown.
func TestStore(t *testing.T) {
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	store(3)
	block, err := kit.Leaderboard("grid/*")()
	if err != nil || strings.Count(block.Text(), "10/10") != 3 || !strings.Contains(block.Text(), "test accuracy") {
		t.Errorf("%v, %v", block, err)
	}
}

// TestFLOP counts by hand: lenet's second convolution has 150 products for each
// of its 1,600 outputs.
func TestFLOP(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	for name, want := range map[string]float64{
		"mlp":   609_792 - 200_704,
		"lenet": 3*(235_200+480_000+96_000+20_160+1_680) - 235_200,
		"imdb":  3 * 544, // its table learns too
	} {
		if got := named(t, name).flop(); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// TestTables: the README is made from the newest results, and earlier ones can
// still be read.
func TestTables(t *testing.T) {
	files, err := filepath.Glob("results/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no results", err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		made := readResults(file).markdown(filepath.Base(file))
		if strings.Count(made, "| met |") < 10 || strings.Contains(made, "NaN") {
			t.Errorf("%s:\n%s", file, made)
		}
	}
	if !strings.Contains(string(readme), tablesBegin+allTables(".")+tablesEnd) {
		t.Error("the tables of README.md are not those of the newest results; run: go run ./docs/benchmarks table")
	}
}

// TestStudies: what is kept of a study has the name and the epochs of one that can be repeated, and was trained or
// read, and its interval is Wilson's: 5 of 100 wrong are 95 %, between 88.8 and 97.8.
func TestStudies(t *testing.T) {
	files, err := filepath.Glob("accuracy/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no studies", err)
	}
	models := map[string]string{} // by their recipes
	for _, file := range files {
		var kept Study
		contents, err := os.ReadFile(file)
		if err = errors.Join(err, json.Unmarshal(contents, &kept)); err != nil {
			t.Fatal(err)
		}
		if s, known := studies[kept.Model]; !known || s.epochs != kept.Epochs || kept.Seconds == 0 && kept.Test == nil {
			t.Errorf("%s: %+v", file, kept)
		}
		if same := cmp.Or(models[kept.Recipe], kept.Model); same != kept.Model {
			t.Errorf("%s has the recipe of %s", file, same)
		}
		models[kept.Recipe] = kept.Model
	}
	for want, seeds := range map[string][][]Reading{
		"": {nil},
		"shifted: 5 of 100, 95.00 % (88.82–97.85)": {{{Shift: 1, Wrong: 5, Of: 100, Accuracy: 0.95}}},
		"4 6 8 of 100, mean 6.0, 94.00 % ± 2.00":   {{{Wrong: 4, Of: 100}}, nil, {{Wrong: 6, Of: 100}}, {{Wrong: 8, Of: 100}}},
	} {
		if got := readings(seeds); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
