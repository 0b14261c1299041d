package runs

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

func open(t testing.TB, name string) Dir {
	t.Helper()
	if !strings.Contains(os.Getenv("MNISTKIT_RUNS"), t.Name()) {
		t.Setenv("MNISTKIT_RUNS", filepath.Join(t.TempDir(), "it's (a) [folder]", filepath.FromSlash(t.Name())))
	}
	d, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// weights is a save function that leaves a recognisable file.
func weights(text string) func(string) error {
	return func(dir string) error { return os.WriteFile(filepath.Join(dir, "w"), []byte(text), 0o644) }
}

func content(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "w"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func epochs(n int) fit.History {
	var h fit.History
	for i := range n {
		h = append(h, fit.Epoch{Number: i + 1, LearningRate: 1e-3, Metrics: map[string]float64{"loss": 1 / float64(i+1)}})
	}
	return h
}

func save(t *testing.T, d Dir, n int, text string) {
	t.Helper()
	if err := d.SaveLast(epochs(n), session.Partial{}, weights(text)); err != nil {
		t.Fatal(err)
	}
}

func TestNames(t *testing.T) {
	for name, good := range map[string]bool{
		"mnist/lenet": true, "a": true, "lr=0.01/b_2.x": true,
		"con": false, "aux/a": false, "a/NUL": false, "com1.txt": false, "LPT9": false, "a.": false, "a./b": false, "a ": false, "console": true, "comb": true, "com1x": true,
		strings.Repeat("a", 201): false, strings.Repeat("a", 200): true,
		"": false, "..": false, "mnist/best": false, "last": false, "bestof": true, "a/../b": false, "/a": false, "a/": false, "a//b": false, ".hidden": false, "a b": false, "a/.old": false,
	} {
		if _, err := Open(name); (err == nil) != good {
			t.Errorf("Open(%q): %v", name, err)
		}
	}
}

func TestSaveAndLoad(t *testing.T) {
	d := open(t, "a/b")
	if folder, h, p, err := d.Load(); err != nil || folder != "" || len(h) != 0 {
		t.Fatalf("a new run loads as %q, %v, %v, %v", folder, h, p, err)
	}
	save(t, d, 2, "two")
	p := session.Partial{Batches: 3, Of: 9, Examples: 96, Sums: map[string]float64{"loss": 1.5, "mae": math.Inf(1)}, Seconds: 2}
	if err := d.SaveLast(epochs(2), p, weights("two and a bit")); err != nil {
		t.Fatal(err)
	}
	folder, h, partial, err := d.Load()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(epochs(2), h); diff != "" {
		t.Errorf("history: %s", diff)
	}
	if !cmp.Equal(partial, p) || content(t, folder) != "two and a bit" {
		t.Errorf("state %+v in %s", partial, folder)
	}
}

// The history is written before the weights: a crash between the two leaves an
// epoch that is trained again.
func TestCrashBetweenHistoryAndWeights(t *testing.T) {
	d := open(t, "a")
	save(t, d, 1, "one")
	crash := errors.New("crash")
	if err := d.SaveLast(epochs(2), session.Partial{}, func(string) error { return crash }); !errors.Is(err, crash) {
		t.Fatalf("got %v", err)
	}
	folder, h, _, err := d.Load()
	if err != nil || d.SavedEpoch("last") != 1 || len(h) != 1 || content(t, folder) != "one" {
		t.Errorf("after the crash: %s, %d epochs, %v", folder, len(h), err)
	}
	save(t, d, 2, "two")
	if folder, h, _, err := d.Load(); err != nil || d.SavedEpoch("last") != 2 || len(h) != 2 {
		t.Errorf("after the second try: %s, %d epochs, %v", folder, len(h), err)
	}
}

// A crash between the two renames of a swap leaves the weights beside their
// place, where they are found.
func TestCrashBetweenRenames(t *testing.T) {
	d := open(t, "a")
	save(t, d, 1, "one")
	if err := os.Rename(d.Path("last"), d.Path(".last.previous")); err != nil {
		t.Fatal(err)
	}
	folder, _, _, err := d.Load()
	if err != nil || content(t, folder) != "one" {
		t.Errorf("got %s, %v", folder, err)
	}
	save(t, d, 2, "two")
	if folder, _, _, err := d.Load(); err != nil || content(t, folder) != "two" {
		t.Errorf("after the next save: %s, %v", folder, err)
	}
}

func TestBestGoesBeforeLast(t *testing.T) {
	d := open(t, "a")
	save(t, d, 3, "last")
	if k, _, _ := d.Weights(); k != (Weights{Kind: "last", Epoch: 3}) {
		t.Errorf("without a best: %s", k)
	}
	if err := d.SaveBest(2, weights("best")); err != nil {
		t.Fatal(err)
	}
	k, dir, err := d.Weights()
	if err != nil || k != (Weights{Kind: "best", Epoch: 2}) || content(t, dir) != "best" || d.SavedEpoch("best") != 2 {
		t.Errorf("got %s, %v", k, err)
	}
}

func TestDamageIsNamed(t *testing.T) {
	d := open(t, "a")
	save(t, d, 2, "two")
	for _, c := range []struct{ file, text, want string }{
		{"history.jsonl", "{\"epoch\":1}\n{broken\n", "line 2 of history.jsonl is damaged"},
		{"history.jsonl", "{\"epoch\":1}\n", "last is damaged, or was changed since it was written (it is of epoch 2, but the history ends at 1)"},
		{"history.jsonl", "{\"epoch\":1}\n{\"epoch\":3}\n", "line 2 of history.jsonl is damaged, or was changed since it was written (it is of epoch 3)"},
		{"last/state.json", "", "last/state.json is damaged"},
	} {
		if err := os.WriteFile(d.Path(c.file), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, _, _, err := d.Load()
		err = errors.Join(err, d.Check("last"))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "Reset") {
			t.Errorf("%s %q: got %v, want a sentence with %q", c.file, c.text, err, c.want)
		}
		save(t, d, 2, "two")
	}
	if err := os.WriteFile(d.Path("history.jsonl"), []byte("{broken\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MNISTKIT_RUNS", t.TempDir()) // now it is as a model that Open unpacked: Reset refuses it
	if _, err := d.History(); err == nil || strings.Contains(err.Error(), "Reset") || !strings.Contains(err.Error(), "delete "+d.Root()+" and open") {
		t.Errorf("of an opened model: %v", err)
	}
}

// elsewhere locks the run as another program does.
func elsewhere(t *testing.T, d Dir) (unlock func()) {
	t.Helper()
	now, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	unlock, err := files.Lock(now, filepath.Join(d.root, locks, strings.ReplaceAll(d.Name, "/", "%")), func() {})
	if err != nil {
		t.Fatal(err)
	}
	return unlock
}

func TestLock(t *testing.T) {
	d := open(t, "a/b")
	unlock, err := d.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lock(); err == nil || !strings.Contains(err.Error(), "this program is training it already") {
		t.Errorf("a second lock gives %v", err)
	}
	if err := d.WriteRecord(Record{Name: "a/b"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Archive(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lock(); err == nil {
		t.Error("the lock went away with the run's folder")
	}
	unlock()
	release := elsewhere(t, d)
	if _, err := d.Lock(); !errors.Is(err, ErrBusy) {
		t.Errorf("locked by another program: %v", err)
	}
	release()
	if unlock, err = d.Lock(); err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestAwait(t *testing.T) {
	d := open(t, "a")
	release := elsewhere(t, d)
	ctx, stop := context.WithCancel(t.Context())
	if _, err := d.Await(ctx, stop); !errors.Is(err, ErrBusy) {
		t.Errorf("stopped while it waits: %v", err)
	}
	times := 0
	unlock, err := d.Await(t.Context(), func() { times++; time.AfterFunc(500*time.Millisecond, release) })
	if err != nil || times != 1 {
		t.Fatalf("told %d times that it waits, and then: %v", times, err)
	}
	unlock()
	if unlock, err = d.Await(t.Context(), func() { t.Error("it waits for nobody") }); err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestListAndArchive(t *testing.T) {
	for _, name := range []string{"mnist/mlp", "mnist/lenet", "mnist/cnn/deep", "leak/honest", "top"} {
		if err := open(t, name).WriteRecord(Record{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	if err := open(t, "top").write([]byte("{}"), "events", "run.json"); err != nil { // what a run's own folders hold is no run
		t.Fatal(err)
	}
	names := func(pattern string) string {
		t.Helper()
		list, err := List(pattern)
		if err != nil {
			t.Fatal(err)
		}
		var s []string
		for _, d := range list {
			s = append(s, d.Name)
		}
		return strings.Join(s, " ")
	}
	for pattern, want := range map[string]string{
		"mnist/*": "mnist/cnn/deep mnist/lenet mnist/mlp", "top": "top", "*/mlp": "mnist/mlp", "none/*": "", "*/c*": "mnist/cnn/deep", "*/lenet*": "mnist/lenet",
		"*": "leak/honest mnist/cnn/deep mnist/lenet mnist/mlp top",
	} {
		if got := names(pattern); got != want {
			t.Errorf("List(%q) = %q, want %q", pattern, got, want)
		}
	}
	if _, err := List("["); err == nil {
		t.Error("a malformed pattern is no error")
	}
	d := open(t, "mnist/mlp")
	place, err := d.Archive()
	if err != nil || place == "" {
		t.Fatalf("Archive: %q, %v", place, err)
	}
	if got := names("mnist/*"); got != "mnist/cnn/deep mnist/lenet" {
		t.Errorf("after Archive: %q", got)
	}
	if old := Archived()[d.Name]; len(old) != 1 || old[0].Path() != place {
		t.Errorf("Archived: %v, want %s", old, place)
	}
	if place, err := d.Archive(); place != "" || err != nil {
		t.Errorf("a second Archive: %q, %v", place, err)
	}
}

func TestDifferencesSpeak(t *testing.T) {
	base := session.Recipe{Data: "mnist:full", BatchSize: 32, Seed: 1, Optimizer: session.Adam(1e-3), Model: layer.Stack{layer.Flatten(), layer.Dense(10)}}
	for _, c := range []struct {
		change func(*session.Recipe)
		want   string
	}{
		{func(*session.Recipe) {}, ""},
		{func(r *session.Recipe) { r.BatchSize = 64 }, "BatchSize was 32, now 64"},
		{func(r *session.Recipe) { r.Data = "mnist:sample" }, `Data was "mnist:full", now "mnist:sample"`},
		{func(r *session.Recipe) { r.ClassWeights = []float32{1, 2} }, "ClassWeights was none, now [1,2]"},
		{func(r *session.Recipe) { r.Model = layer.Stack{layer.Flatten(), layer.Dense(20)} }, "layer 2 was Dense(10), now Dense(20)"},
		{func(r *session.Recipe) { r.Model = append(r.Model[:2:2], layer.ReLU()) }, "layer 3 was none, now ReLU()"},
		{func(r *session.Recipe) { r.Model = layer.Stack{layer.Residual(layer.Dense(3)), layer.Dense(10)} }, "layer 1 was Flatten(), now Residual(Dense(3))"},
		{func(r *session.Recipe) { r.Optimizer = session.SGD(0.01).WithMomentum(0.9) }, "Optimizer was Adam(0.001), now SGD(0.01).WithMomentum(0.9)"},
		{func(r *session.Recipe) { r.Optimizer.Beta1 = 0.8 }, "Optimizer was Adam(0.001), now Adam(0.001), Beta1 0.8"},
	} {
		now := base
		c.change(&now)
		got, err := Differences(base, now)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// The settings of a loop may hold whatever JSON does, under any name.
func TestDifferencesOfSettings(t *testing.T) {
	settings := func(s string) *LoopRecipe { return &LoopRecipe{Start: []byte("{}"), Settings: []byte(s)} }
	for _, c := range []struct{ was, now, want string }{
		{`{"layer":[32,10]}`, `{"layer":[32,10]}`, ""},
		{`{"layer":[32,10]}`, `{"layer":[64,10]}`, `Settings was {"layer":[32,10]}, now {"layer":[64,10]}`},
		{`{"rate":0.1}`, `{"rate":0.2}`, "Settings rate was 0.1, now 0.2"},
	} {
		got, err := Differences(settings(c.was), settings(c.now))
		if err != nil || strings.Join(got, "; ") != c.want {
			t.Errorf("got %q, %v; want %q", got, err, c.want)
		}
	}
}

// A record comes back as it was written, so that its recipe equals itself.
func TestRecordRoundTrip(t *testing.T) {
	d := open(t, "a")
	want := Record{Name: "a", Recipe: session.Recipe{Optimizer: session.RMSprop(1e-3), Model: layer.Stack{layer.Conv2D(6, 5).Same().ReLU(), layer.MaxPool(2), layer.BatchNorm(), layer.Dropout(0.3)}}}
	if err := d.WriteRecord(want); err != nil {
		t.Fatal(err)
	}
	got, ok, err := d.ReadRecord()
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if diff, err := Differences(want.Recipe, got.Recipe); err != nil || len(diff) != 0 {
		t.Errorf("differs: %v, %v", diff, err)
	}
}

func TestScoresAndPredictions(t *testing.T) {
	d := open(t, "a")
	s := Score{Data: "mnist/test:full", Set: "mnist/test", Weights: Weights{Kind: "best", Epoch: 3}, Metrics: map[string]float64{"accuracy": 0.99}}
	if err := d.AddScore(s); err != nil {
		t.Fatal(err)
	}
	if err := d.AddScore(Score{Data: "x", Metrics: map[string]float64{"loss": math.NaN()}}); err != nil {
		t.Errorf("a score that is no number: %v", err)
	}
	scores, err := d.Scores()
	if err != nil || len(scores) != 1 || !cmp.Equal(scores[s.Data], s) {
		t.Errorf("got %v, %v", scores, err)
	}
	best := Weights{Kind: "best", Epoch: 3}
	values := []float32{0.25, 0.75, float32(math.Pi), -1}
	if err := d.SavePredictions("mnist/test:full", best, 2, values); err != nil {
		t.Fatal(err)
	}
	units, got, ok, err := d.Predictions("mnist/test:full", best)
	if err != nil || !ok || units != 2 || !cmp.Equal(got, values) {
		t.Errorf("got %d units, %v, %v, %v", units, got, ok, err)
	}
	for _, c := range []struct {
		data    string
		weights Weights
	}{{"other", best}, {"mnist/test:full", Weights{Kind: "last", Epoch: 3, Batches: 0}}, {"mnist/test:full", Weights{Kind: "best", Epoch: 4, Batches: 0}}, {"mnist/test:full", Weights{Kind: "best", Epoch: 3, Batches: 7}}} {
		if _, _, ok, _ := d.Predictions(c.data, c.weights); ok {
			t.Errorf("answers of %+v were given for others", c)
		}
	}
	answers, _ := os.ReadDir(d.Path("predictions"))
	if err := os.Truncate(d.Path("predictions", answers[0].Name()), 5); err != nil {
		t.Fatal(err)
	}
	if _, _, ok, err := d.Predictions("mnist/test:full", best); ok || err == nil || !strings.HasSuffix(err.Error(), "what Predict answered is damaged, or was changed since it was written; it is made again") {
		t.Errorf("half-written answers: %v, %v", ok, err)
	}
}

// A diverged epoch can be stopped and saved too.
func TestSumsThatAreNoNumbers(t *testing.T) {
	d := open(t, "a")
	p := session.Partial{Batches: 1, Of: 2, Sums: map[string]float64{"loss": math.NaN()}}
	if err := d.SaveLast(nil, p, weights("w")); err != nil {
		t.Fatal(err)
	}
	if _, _, p, err := d.Load(); err != nil || !math.IsNaN(p.Sums["loss"]) || p.Batches != 1 {
		t.Errorf("got %+v, %v", p, err)
	}
	if k, _, _ := d.Weights(); k != (Weights{Kind: "last", Batches: 1}) {
		t.Errorf("weights: %s", k)
	}
}

// Moving one run away must never take another along.
func TestRunsDoNotNest(t *testing.T) {
	if err := open(t, "mnist/mlp").WriteRecord(Record{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mnist", "mnist/mlp/wide"} {
		if _, err := open(t, name).Lock(); err == nil || !strings.Contains(err.Error(), "choose another name") {
			t.Errorf("Lock of %q beside mnist/mlp: %v", name, err)
		}
	}
	if place, err := open(t, "mnist").Archive(); place != "" || err != nil {
		t.Errorf("Archive of mnist: %q, %v", place, err)
	}
	for _, name := range []string{"mnist/mlp-wide", "mnist/mlp"} {
		unlock, err := open(t, name).Lock()
		if err != nil {
			t.Fatalf("a neighbour, or itself: %v", err)
		}
		unlock()
	}
	for _, name := range []string{"mnist/MLP", "Mnist/mlp", "MNIST", "MNIST/mlp/wide"} {
		if _, err := open(t, name).Lock(); err == nil || !strings.Contains(err.Error(), `would share a folder with the run "mnist/mlp"`) {
			t.Errorf("Lock of %q beside mnist/mlp: %v", name, err)
		}
	}
	if err := open(t, "mnist/MLP").WriteRecord(Record{}); err != nil {
		t.Fatal(err)
	}
	if found, _ := List("mnist/*"); len(found) == 2 { // the system tells them apart, and both were there
		unlock, err := open(t, "mnist/MLP").Lock()
		if err != nil {
			t.Fatalf("one of two old runs: %v", err)
		}
		unlock()
	}
}

// A run whose name goes on where this one's ends is another run.
func TestArchivedKnowsItsOwn(t *testing.T) {
	for _, name := range []string{"lenet", "lenet-average", "lenet-2"} {
		d := open(t, name)
		if err := d.WriteRecord(Record{}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Archive(); err != nil {
			t.Fatal(err)
		}
	}
	if old := Archived()["lenet"]; len(old) != 1 {
		t.Errorf("lenet has the earlier runs %v", old)
	}
}

// asNobody runs a test in a program of a user who may not do everything.
func asNobody(t *testing.T, env string) (is bool) {
	t.Helper()
	if os.Getenv(env) != "" || os.Geteuid() != 0 {
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), env+"=1", "TMPDIR=/tmp")
	if err := nobody(cmd); err != nil {
		t.Skip(err)
	}
	cmd.Dir = "/"
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as another user: %v\n%s", err, out)
	}
	return false
}

// TestLinkedRuns: runs that lie on another disk are listed, whether a link leads to one, to a folder of them, or to
// the folder of all; links that lead nowhere, back, or to something else are passed over.
func TestLinkedRuns(t *testing.T) {
	top := open(t, "top")
	disk := t.TempDir()
	links := map[string]string{"one": "big", "mnist": "", "nowhere": "none", "file": "big/run.json", "empty": "else"}
	for _, err := range []error{
		top.WriteRecord(Record{}), In(disk, "big").WriteRecord(Record{}), In(disk, "lenet").WriteRecord(Record{}), os.Mkdir(filepath.Join(disk, "else"), 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range links {
		if err := os.Symlink(filepath.Join(disk, to), filepath.Join(Root(), name)); err != nil {
			t.Skip(err)
		}
	}
	if err := os.Symlink("loop", filepath.Join(Root(), "loop")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var names []string
		found, err := List("*")
		for _, d := range found {
			names = append(names, d.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != "mnist/big mnist/lenet one top" {
			t.Errorf("%s, %v", got, err)
		}
		all := filepath.Join(t.TempDir(), "all")
		if err := os.Symlink(Root(), all); err != nil {
			t.Fatal(err)
		}
		t.Setenv("MNISTKIT_RUNS", all)
	}
}

// TestUnreadableFolders: a folder that belongs to somebody else, such as lost+found, hides no runs.
func TestUnreadableFolders(t *testing.T) {
	if !asNobody(t, "MNISTKIT_AS_NOBODY") {
		return
	}
	d := open(t, "mnist/mlp")
	if err := d.WriteRecord(Record{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lost+found", "mnist/private"} {
		folder := filepath.Join(Root(), filepath.FromSlash(name))
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(folder, 0); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(folder, 0o700)
		if _, err := os.ReadDir(folder); err == nil {
			t.Skip("folders cannot be closed here")
		}
	}
	if found, err := List("*"); err != nil || len(found) != 1 || found[0].Name != "mnist/mlp" {
		t.Errorf("%v, %v", found, err)
	}
	unlock, err := open(t, "mnist/cnn").Lock()
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	if err := os.Chmod(Root(), 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(Root(), 0o755)
	if err := os.RemoveAll(filepath.Join(Root(), locks)); err == nil {
		t.Error("the folder can be written all the same")
	}
	if _, err := open(t, "another/run").Lock(); err != nil {
		t.Errorf("a lock in a folder that is there: %v", err)
	}
	if err := open(t, "another/run").WriteRecord(Record{}); err == nil || !strings.Contains(err.Error(), "check the path and its permissions, or choose another one") {
		t.Errorf("a run in a folder that cannot be written: %v", err)
	}
	if found, err := List("*"); err != nil || len(found) != 1 {
		t.Errorf("%v, %v", found, err)
	}
}
