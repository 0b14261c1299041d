package mnistkit_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/runs"
)

// halves brings x to 1 by half of what is missing, and counts its calls.
func halves(t *testing.T, name string) (l kit.Loop, step kit.LoopStep, calls *int) {
	t.Helper()
	if !strings.Contains(os.Getenv("MNISTKIT_RUNS"), filepath.Base(t.Name())) {
		t.Setenv("MNISTKIT_RUNS", filepath.Join(t.TempDir(), filepath.Base(t.Name())))
	}
	calls = new(int)
	return kit.Loop{Name: name, Start: kit.Variables{"x": {0}, "pair": {1, 2}}, Settings: map[string]any{"rate": 0.5}},
		func(epoch int, v kit.Variables) (kit.Metrics, error) {
			*calls++
			v["x"][0] += 0.5 * (1 - v["x"][0])
			v["pair"][1] *= float32(epoch)
			return kit.Metrics{"loss": math.Abs(float64(1 - v["x"][0]))}, nil
		}, calls
}

func looped(t *testing.T, l kit.Loop, n int, step kit.LoopStep) kit.History {
	t.Helper()
	h, err := l.Fit(n, step)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func variables(t *testing.T, l kit.Loop) kit.Variables {
	t.Helper()
	v, err := l.Variables()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestLoopMetrics: what the function measured is in the history as it is, also under names that are sums over examples
// where a model is trained.
func TestLoopMetrics(t *testing.T) {
	l, _, _ := halves(t, "test/metrics")
	measured := kit.Metrics{"loss": 4, "rmse": 4, "precision": 0.5, "recall": 0.25, "auc": 0.75, "x/y": 3, "x/z": 5}
	h := looped(t, l, 2, func(int, kit.Variables) (kit.Metrics, error) { return measured, nil })
	for name, want := range measured {
		if got := h.Values(name); !cmp.Equal(got, []float64{want, want}) {
			t.Errorf("%s is %v, want %g", name, got, want)
		}
	}
}

// A loop resumed is a loop in one go; a replay calls nothing.
func TestLoopResume(t *testing.T) {
	whole, step, _ := halves(t, "test/whole")
	if v := variables(t, whole); !cmp.Equal(v, whole.Start) {
		t.Errorf("a new loop has the variables %v", v)
	}
	want := looped(t, whole, 5, step)
	parts, step, calls := halves(t, "test/parts")
	looped(t, parts, 2, step)
	if diff := same(want, looped(t, parts, 5, step)); diff != "" {
		t.Errorf("Fit(5) differs from Fit(2) and Fit(5):\n%s", diff)
	}
	if *calls != 5 {
		t.Errorf("%d calls for 5 epochs", *calls)
	}
	v := variables(t, parts)
	if diff := cmp.Diff(variables(t, whole), v); diff != "" {
		t.Errorf("the variables differ:\n%s", diff)
	}
	if want := (kit.Variables{"x": {1 - 1.0/32}, "pair": {1, 240}}); !cmp.Equal(v, want) {
		t.Errorf("%v, want %v", v, want)
	}
	for _, n := range []int{5, 3} { // a replay, also of fewer
		if diff := same(want, looped(t, parts, n, step)); diff != "" || *calls != 5 {
			t.Errorf("the replay differs, or called the function (%d calls):\n%s", *calls, diff)
		}
	}
	// Variables of one value are in the history, longer ones are not.
	if got := want.Values("x"); !cmp.Equal(got, []float64{0.5, 0.75, 0.875, 0.9375, 0.96875}) {
		t.Errorf("x in the history: %v", got)
	}
	if got := want.Metrics(); !cmp.Equal(got, []string{"loss", "x"}) {
		t.Errorf("metrics %v", got)
	}
	if !cmp.Equal(whole.Start, kit.Variables{"x": {0}, "pair": {1, 2}}) {
		t.Errorf("Start has changed: %v", whole.Start)
	}
}

// A changed recipe trains anew and keeps what was; Reset does so on demand.
func TestLoopEdit(t *testing.T) {
	l, step, _ := halves(t, "test/loop")
	looped(t, l, 3, step)
	archived := func() int {
		old, _ := filepath.Glob(filepath.Join(runs.Root(), ".old", "test", "loop-*", "history.jsonl"))
		return len(old)
	}
	for i, change := range []func(*kit.Loop){
		func(l *kit.Loop) { l.Settings = map[string]any{"rate": 0.25} },
		func(l *kit.Loop) { l.Start = kit.Variables{"x": {0.5}, "pair": {1, 2}} },
		func(l *kit.Loop) { _ = l.Reset() },
	} {
		change(&l)
		if _, err := l.Variables(); (err == nil) != (i == 2) {
			t.Errorf("change %d: the values of another loop, or none of a new one: %v", i, err)
		}
		if h := looped(t, l, 1, step); len(h) != 1 || archived() != i+1 {
			t.Errorf("change %d: %d epochs, %d in the attic", i, len(h), archived())
		}
	}
	looped(t, l, 2, step) // unchanged: goes on
	if archived() != 3 {
		t.Error("an unchanged loop was moved away")
	}
}

// A loop and a model of one name do not answer for each other.
func TestLoopIsNoModel(t *testing.T) {
	r := small(t)
	l, step, _ := halves(t, r.Name)
	looped(t, l, 1, step)
	for what, err := range map[string]error{
		"Load":     second(kit.Load(r.Name)),
		"Evaluate": second(r.Evaluate(r.Data.Test())),
		"Weights":  second(r.Weights()),
	} {
		if err == nil || !strings.Contains(err.Error(), "is a loop of your own, not a model") {
			t.Errorf("%s of a loop: %v", what, err)
		}
	}
	if h := fitted(t, r, 2); len(h) != 2 || h.Last().Metrics["x"] != 0 {
		t.Errorf("a model in the place of a loop: %v", h)
	}
	if h := looped(t, l, 1, step); len(h) != 1 || h.Last().Metrics["x"] != 0.5 {
		t.Errorf("a loop in the place of a model: %v", h)
	}
}

func second[T any](_ T, err error) error { return err }

// What goes wrong is a sentence, and spoils nothing that was there.
func TestLoopErrors(t *testing.T) {
	l, good, _ := halves(t, "test/loop")
	loss := kit.Metrics{"loss": 1}
	looped(t, l, 2, good)
	before := variables(t, l)
	for _, c := range []struct {
		l     kit.Loop
		step  kit.LoopStep
		words string
	}{
		{kit.Loop{Start: l.Start}, good, "the run has no name"},
		{kit.Loop{Name: "test/none"}, good, "the loop has no variables"},
		{kit.Loop{Name: "test/none", Start: kit.Variables{"x": {}}}, good, `variable "x" has 0 first values`},
		{kit.Loop{Name: "test/none", Start: kit.Variables{"epoch": {1}}}, good, "a name other than epoch"},
		{kit.Loop{Name: "test/none", Start: l.Start, Settings: func() {}}, good, "Settings must be plain data"},
		{l, nil, "is nil"},
		{l, func(int, kit.Variables) (kit.Metrics, error) { return nil, nil }, `epoch 3: the function gives no "loss"`},
		{l, func(int, kit.Variables) (kit.Metrics, error) { return kit.Metrics{"loss": 1, "seconds": 2}, nil }, `a metric "seconds"`},
		{l, func(_ int, v kit.Variables) (kit.Metrics, error) { v["y"] = []float32{1}; return loss, nil }, `made a variable "y"`},
		{l, func(_ int, v kit.Variables) (kit.Metrics, error) { v["x"] = nil; return loss, nil }, `left 0 values in variable "x" of 1`},
		{l, func(_ int, v kit.Variables) (kit.Metrics, error) { delete(v, "x"); return loss, nil }, `left 0 values in variable "x"`},
		{l, func(_ int, v kit.Variables) (kit.Metrics, error) { v["x"][1] = 2; return loss, nil }, "epoch 1: index out of range [1] with length 1 (loop_test.go:164: {l, func(_ int, v kit.Variables)"},
		{l, func(_ int, v kit.Variables) (kit.Metrics, error) { v["x"][0] = 9; return nil, errors.New("no luck") }, "epoch 3: no luck"},
	} {
		_, err := c.l.Fit(5, c.step)
		if err == nil || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, c.words)
		}
	}
	if v := variables(t, l); !cmp.Equal(v, before) {
		t.Errorf("the variables were %v and are %v", before, v)
	}
	if h := looped(t, l, 3, good); h.Last().Metrics["x"] != 0.875 {
		t.Errorf("after the errors it goes on with %v", h.Last())
	}
}

// A loop that diverges ends, is kept, and is read again.
func TestLoopDiverges(t *testing.T) {
	l, _, _ := halves(t, "test/loop")
	step := func(_ int, v kit.Variables) (kit.Metrics, error) {
		v["x"][0] = float32(math.NaN())
		v["pair"][0] = float32(math.Inf(-1))
		return kit.Metrics{"loss": math.Inf(1)}, nil
	}
	if h := looped(t, l, 5, step); len(h) != 1 {
		t.Errorf("%d epochs after a loss that is infinite", len(h))
	}
	v := variables(t, l)
	if !math.IsNaN(float64(v["x"][0])) || !math.IsInf(float64(v["pair"][0]), -1) || v["pair"][1] != 2 {
		t.Errorf("%v", v)
	}
}

// Curves and Leaderboard know loops.
func TestLoopShown(t *testing.T) {
	l, step, _ := halves(t, "test/loop")
	if _, err := kit.BlockOf(l.Curves()); err == nil {
		t.Error("curves of a loop without epochs")
	}
	looped(t, l, 3, step)
	html := func(v any) string {
		block, err := kit.BlockOf(v)
		if err != nil {
			t.Fatal(err)
		}
		return block.HTML()
	}
	if html := html(l.Curves("x")); !strings.Contains(html, "x ends at") || strings.Contains(html, "best") {
		t.Errorf("the curve of x: %.300s", html)
	}
	if html := html(kit.Leaderboard("test/*")); !strings.Contains(html, "test/loop") || !strings.Contains(html, "3/3") {
		t.Errorf("the leaderboard: %s", html)
	}
}

// The stop button ends a loop after the epoch in hand, and the next Fit goes
// on: the loop runs in a program of its own, which gets the signal.
func TestLoopStop(t *testing.T) {
	l, step, _ := halves(t, "test/loop")
	if os.Getenv("TEST_LOOP_STOP") != "" {
		_, err := l.Fit(1000, func(epoch int, v kit.Variables) (kit.Metrics, error) {
			if epoch == 3 {
				fmt.Println("ready")
			}
			time.Sleep(10 * time.Millisecond)
			return step(epoch, v)
		})
		fmt.Println("ended:", errors.Is(err, kit.ErrStopped), err)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestLoopStop$")
	cmd.Env = append(os.Environ(), "TEST_LOOP_STOP=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	buffer := make([]byte, 1024)
	for signalled := false; ; {
		n, err := out.Read(buffer)
		said.Write(buffer[:n])
		if !signalled && strings.Contains(said.String(), "ready") {
			signalled = true
			_ = cmd.Process.Signal(os.Interrupt)
		}
		if err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(said.String(), "ended: true") {
		t.Fatalf("%v: %s", err, said.String())
	}
	h, err := l.History()
	if err != nil || len(h) < 3 || len(h) > 900 {
		t.Fatalf("%d epochs after the stop, %v", len(h), err)
	}
	n := len(h) + 1
	if h = looped(t, l, n, step); len(h) != n {
		t.Errorf("%d epochs, want %d", len(h), n)
	}
	if want := 1 - math.Pow(0.5, float64(n)); math.Abs(h.Last().Metrics["x"]-want) > 1e-6 {
		t.Errorf("x is %g after %d epochs, want %g", h.Last().Metrics["x"], n, want)
	}
}
