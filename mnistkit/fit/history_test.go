package fit_test

import (
	"bytes"
	"encoding/json"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
)

var history = fit.History{
	{Number: 1, LearningRate: 0.001, Seconds: 4.25, Metrics: map[string]float64{"loss": 0.5, "accuracy": 0.8, "val_loss": math.NaN(), "val_accuracy": 0.9}},
	{Number: 2, LearningRate: 0.0005, Seconds: 4.5, Metrics: map[string]float64{"loss": math.Inf(1), "accuracy": 0.9, "val_loss": 0.25, "val_accuracy": 0.95},
		Notes: []string{"learning rate 0.001 → 0.0005", `a "quoted" <note>`}},
	{Number: 3, LearningRate: 1e-7, Seconds: 0, Metrics: map[string]float64{"loss": -0.125, "val_loss": 0.25, "val_accuracy": 0.95}},
}

// TestHistoryJSON: a history survives, a line an epoch.
func TestHistoryJSON(t *testing.T) {
	text, err := json.Marshal(history)
	if err != nil {
		t.Fatal(err)
	}
	var back fit.History
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(history, back, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
	line, err := json.Marshal(history[1])
	want := `{"epoch":2,"learning_rate":0.0005,"seconds":4.5,"loss":"Infinity","accuracy":0.9,"val_loss":0.25,"val_accuracy":0.95,"notes":["learning rate 0.001 → 0.0005","a \"quoted\" \u003cnote\u003e"]}`
	if err != nil || string(line) != want {
		t.Errorf("got  %s, %v\nwant %s", line, err, want)
	}
	for text, want := range map[string]string{
		`{"epoch":"one"}`: `field "epoch": `, `{"loss":"low"}`: `field "loss": `, `{"notes":7}`: `field "notes": `, `{"loss":{}}`: `field "loss": `,
	} {
		var e fit.Epoch
		if err := json.Unmarshal([]byte(text), &e); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzEpochJSON: no line of a history makes it panic, and what it takes it
// gives back.
func FuzzEpochJSON(f *testing.F) {
	for _, e := range history {
		line, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Add([]byte(`{"loss":"-Infinity","\u0001\"":1e300,"seconds":-0.00001,"epoch":null,"notes":[]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var e, again fit.Epoch
		if json.Unmarshal(line, &e) != nil {
			return
		}
		once, err := json.Marshal(e)
		if err != nil {
			t.Fatalf("%s decodes but does not encode: %v", line, err)
		}
		if err := json.Unmarshal(once, &again); err != nil {
			t.Fatalf("%s does not decode again: %v", once, err)
		}
		if twice, err := json.Marshal(again); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%s became %s (%v)", once, twice, err)
		}
	})
}

func TestHistory(t *testing.T) {
	if got, want := history.Metrics(), []string{"loss", "accuracy", "val_loss", "val_accuracy"}; !slices.Equal(got, want) {
		t.Errorf("metrics %v, want %v", got, want)
	}
	many := fit.History{{Metrics: map[string]float64{"val_mse": 1, "mse": 1, "mae": 1, "val_mae": 1, "val_loss": 1, "loss": 1}}}
	if got, want := many.Metrics(), []string{"loss", "mae", "mse", "val_loss", "val_mae", "val_mse"}; !slices.Equal(got, want) {
		t.Errorf("metrics %v, want %v", got, want)
	}
	binary := fit.History{{Metrics: map[string]float64{"loss": 1, "accuracy": 1, "binary_accuracy": 1, "val_binary_accuracy": 1, "test_binary_accuracy": 1}}}
	if got, want := binary.Sets(), []string{"", "val", "test"}; !slices.Equal(got, want) {
		t.Errorf("sets %v, want %v", got, want)
	}
	if got := history.Values("accuracy"); len(got) != 3 || got[0] != 0.8 || !math.IsNaN(got[2]) {
		t.Errorf("values %v", got)
	}
	if got := history.Seconds(); got != 8.75 {
		t.Errorf("%g seconds", got)
	}
	for n, want := range map[int]int{-1: 0, 0: 0, 2: 2, 4: 3} {
		if got := history.First(n); len(got) != want || cap(got) != want {
			t.Errorf("the first %d are %d, with room for %d", n, len(got), cap(got))
		}
	}
	for metric, want := range map[string]int{"val_accuracy": 2, "val_loss": 2, "accuracy": 2, "loss": 3, "mae": 0} {
		if e, ok := history.Best(metric); e.Number != want || ok != (want > 0) {
			t.Errorf("the best %s is in epoch %d, want %d", metric, e.Number, want)
		}
	}
}

// TestModeOf: the kit knows its own metrics by their whole names, and guesses no others.
func TestModeOf(t *testing.T) {
	for metric, want := range map[string]string{
		"loss": fit.Min, "val_loss": fit.Min, "val_mae": fit.Min, "mse": fit.Min, "errors_mse": fit.Min, "test_rmse": fit.Min,
		"accuracy": fit.Max, "val_accuracy": fit.Max, "errors_accuracy": fit.Max, "loss_accuracy": fit.Max, "binary_accuracy": fit.Max,
		"val_binary_accuracy": fit.Max, "auc": fit.Max, "msef_recall": fit.Max,
		"my_loss": fit.Min, "f1": "", "error": "", "lossless": "", "accuracy_error": "", "w_of_loss": "", "": "",
	} {
		if got := fit.ModeOf(metric); got != want {
			t.Errorf("%s: %q, want %q", metric, got, want)
		}
	}
	for _, metric := range session.Metrics {
		if fit.ModeOf(metric) == "" {
			t.Errorf("%s has no mode", metric)
		}
	}
	h := fit.History{{Number: 1, Metrics: map[string]float64{"misses": 3, "errors_accuracy": 0.8}}, {Number: 2, Metrics: map[string]float64{"misses": 5, "errors_accuracy": 0.6}}}
	for _, c := range []struct {
		metric string
		mode   []string
		want   int
	}{{"misses", nil, 0}, {"misses", []string{"min"}, 1}, {"misses", []string{"max"}, 2}, {"misses", []string{"up"}, 0}, {"errors_accuracy", nil, 1}} {
		if e, ok := h.Best(c.metric, c.mode...); e.Number != c.want || ok != (c.want > 0) {
			t.Errorf("the best %s by %v is in epoch %d, want %d", c.metric, c.mode, e.Number, c.want)
		}
	}
}

// TestCSVLogger: the file holds the whole history after every epoch, with an
// empty cell where an epoch has no value, also when nothing is trained any more.
func TestCSVLogger(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.csv")
	job := newSession(10).job(t, 3)
	job.Keeper.(*fakeKeeper).h = slices.Clone(history)
	job.Callbacks = []fit.Callback{fit.CSVLogger{File: file}}
	done(t, job)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := "epoch,learning_rate,seconds,loss,accuracy,val_loss,val_accuracy\n" +
		"1,0.001,4.25,0.5,0.8,NaN,0.9\n" +
		"2,0.0005,4.5,+Inf,0.9,0.25,0.95\n" +
		"3,1e-07,0,-0.125,,0.25,0.95\n"
	if diff := cmp.Diff(want, string(b)); diff != "" {
		t.Error(diff)
	}
	if files, _ := os.ReadDir(filepath.Dir(file)); len(files) != 1 {
		t.Errorf("it leaves %v", files)
	}
	folder := filepath.Join(t.TempDir(), "soon")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	job = newSession(10).job(t, 2)
	job.Callbacks = []fit.Callback{&fit.CSVLogger{File: filepath.Join(folder, "run.csv")}, fit.AfterEpoch(func(h fit.History) fit.Action {
		_, _ = os.RemoveAll(folder), os.WriteFile(folder, nil, 0o644)
		return fit.Action{}
	})}
	if notes := done(t, job).History.Last().Notes; len(notes) != 1 || !strings.Contains(notes[0], "CSVLogger could not write") {
		t.Errorf("without its folder: %q", notes)
	}
	socket := filepath.Join(t.TempDir(), "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Skip("no sockets here:", err)
	}
	defer listener.Close()
	job = newSession(10).job(t, 1)
	job.Callbacks = []fit.Callback{fit.CSVLogger{File: socket}}
	if _, err := fit.Do(t.Context(), job); err == nil || !strings.Contains(err.Error(), "is a socket, not a file that can be replaced") {
		t.Errorf("over a socket: %v", err)
	}
	if info, err := os.Stat(socket); err != nil || info.Mode().Type() != os.ModeSocket {
		t.Errorf("it replaced the socket by %v, %v", info.Mode(), err)
	}
}
