package soak

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/training"
)

// apart is the file into which a child of TestDeterminism writes what it learned.
const apart = "MNISTKIT_SOAK_APART"

// learned is all that a training gives but its time.
type learned struct {
	History fit.History
	Weights []session.Weight
	Answers []float32 // probabilities for the test images
}

// learn trains a small network with everything that is random in a training, or sums up in an order of its own.
func learn() (l learned, err error) {
	r := training.Run{
		Name: "soak/apart", Data: data.MNIST().First(1000).Holdout(0.2), Optimizer: session.Adam(1e-3), Seed: 1,
		Model: layer.Stack{
			layer.Rescale(1.0 / 255), layer.RandomTranslation(0.1, 0.1), layer.RandomRotation(0.03),
			layer.Conv2D(8, 3).ReLU(), layer.BatchNorm(), layer.MaxPool(2), layer.Conv2D(16, 3).ReLU(), layer.MaxPool(2),
			layer.Flatten(), layer.Dropout(0.3), layer.Dense(32).ReLU(), layer.Dense(10),
		},
	}
	if l.History, err = r.Fit(3); err != nil {
		return l, err
	}
	for i := range l.History {
		l.History[i].Seconds = 0
	}
	if l.Weights, err = r.Weights(); err != nil {
		return l, err
	}
	answers, err := r.Predict(r.Data.Test())
	l.Answers = answers.Values
	return l, err
}

// TestDeterminism: two programs that train the same, each with an engine program of its own, learn the same to the
// last bit. Pure Go and XLA differ by rounding only: three epochs of 800 images made 0.00065 of a loss of it, up to
// 0.0037 of a probability, and 0.0007 in the mean. The bounds leave room for other processors; another seed lies outside them.
func TestDeterminism(t *testing.T) {
	if file := os.Getenv(apart); file != "" { // the child
		l, err := learn()
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(l)
		if err == nil {
			err = os.WriteFile(file, b, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Setenv("MNISTKIT_DATA", "bundled")
	inProgram := func(backend string) []byte {
		t.Helper()
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run=^TestDeterminism$")
		cmd.Env = append(os.Environ(), apart+"="+filepath.Join(dir, "learned.json"), "MNISTKIT_RUNS="+filepath.Join(dir, "runs"), "GOMLX_BACKEND="+backend)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", backend, err, out)
		}
		b, err := os.ReadFile(filepath.Join(dir, "learned.json"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	t.Setenv("GOMLX_BACKEND", "")
	backends, found := []string{"go"}, map[string]learned{}
	if chosen := session.ChosenBackend(); strings.HasPrefix(chosen, "xla") {
		backends = append(backends, chosen)
	}
	for _, backend := range backends {
		first, second := inProgram(backend), inProgram(backend)
		if !bytes.Equal(first, second) {
			t.Errorf("%s: two programs learn\n%.300s …\n%.300s …", backend, first, second)
		}
		var l learned
		if err := json.Unmarshal(first, &l); err != nil {
			t.Fatal(err)
		}
		if accuracy := l.History.Last().Metrics["val_accuracy"]; len(l.History) != 3 || accuracy < 0.5 || len(l.Answers) != 10*1000 {
			t.Errorf("%s: %d epochs, validation accuracy %g, %d answers", backend, len(l.History), accuracy, len(l.Answers))
		}
		found[backend] = l
	}
	if len(backends) < 2 {
		t.Skip("needs XLA for the distance between the backends")
	}
	a, b := found["go"], found[backends[1]]
	losses, answers, sum := 0.0, 0.0, 0.0
	for i := range a.History {
		for _, metric := range []string{"loss", "val_loss"} {
			losses = max(losses, math.Abs(a.History[i].Metrics[metric]/b.History[i].Metrics[metric]-1))
		}
	}
	for i := range a.Answers {
		distance := math.Abs(float64(a.Answers[i] - b.Answers[i]))
		answers, sum = max(answers, distance), sum+distance
	}
	mean := sum / float64(len(a.Answers))
	t.Logf("losses differ by up to %.2g of their value, probabilities by up to %.2g, in the mean by %.2g", losses, answers, mean)
	if !(losses < 0.01 && answers < 0.05 && mean < 0.005) {
		t.Error("want less than 0.01, 0.05 and 0.005")
	}
}
