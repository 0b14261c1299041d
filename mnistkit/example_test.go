package mnistkit_test

import (
	"fmt"
	"os"

	"github.com/janpfeifer/must"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/score"
)

// example keeps an example's runs in a folder of their own, and leaves out what
// a training prints, for it holds times.
func example(f func()) {
	dir, nothing := must.M1(os.MkdirTemp("", "runs-")), must.M1(os.OpenFile(os.DevNull, os.O_WRONLY, 0))
	runs, stdout := os.Getenv("MNISTKIT_RUNS"), os.Stdout
	os.Setenv("MNISTKIT_RUNS", dir)
	os.Stdout = nothing
	defer func() {
		os.Stdout = stdout
		os.Setenv("MNISTKIT_RUNS", runs)
		os.RemoveAll(dir)
	}()
	f()
}

var iris = kit.Run{
	Name: "iris/small", Data: kit.Iris().Normalized(), Optimizer: kit.Adam(0.01), Seed: 1,
	Model: layer.Stack{layer.Dense(8).ReLU(), layer.Dense(3)},
}

// Fit brings a run to so many epochs; what it has already, it does not train again.
func ExampleRun_Fit() {
	var first, again kit.History
	var answers score.Predictions
	example(func() {
		first = must.M1(iris.Fit(20))
		again = must.M1(iris.Fit(20))
		answers = must.M1(iris.Predict(iris.Data.Test()))
	})
	fmt.Println(len(first), "epochs;", "trained again:", first.Seconds() != again.Seconds())
	fmt.Println("accuracy above 80 %:", answers.Accuracy() > 0.8)
	// Output:
	// 20 epochs; trained again: false
	// accuracy above 80 %: true
}

// A variation is a run of its own.
func ExampleRun_With() {
	wide := iris.With("iris/wide", func(r *kit.Run) {
		r.Model = layer.Stack{layer.Dense(64).ReLU(), layer.Dense(3)}
	})
	fmt.Println(must.M1(iris.Summary()).Counts.Total, must.M1(wide.Summary()).Counts.Total)
	// Output: 67 515
}

func ExampleRun_Summary() {
	kit.Show(must.M1(iris.Summary()))
	// Output:
	// Model: iris/small
	// Layer (type)     Output shape  Param #
	// ───────────────  ────────────  ───────
	// dense (Dense)    (None, 8)          40
	// dense_1 (Dense)  (None, 3)          27
	// Total params: 67 · trainable: 67 · non-trainable: 0
}

// Vary makes a run for each value of a setting.
func ExampleVary() {
	rates := kit.Vary(iris, "rate", []float64{0.001, 0.01}, func(r *kit.Run, rate float64) { r.Optimizer = kit.Adam(rate) })
	for _, r := range rates {
		fmt.Println(r.Name, r.Optimizer.LearningRate)
	}
	// Output:
	// iris/small-rate=0.001 0.001
	// iris/small-rate=0.01 0.01
}

// A loop written by hand is kept and resumed as a run is.
func ExampleLoop_Fit() {
	line := kit.Loop{Name: "example/line", Start: kit.Variables{"W": {0}}, Settings: map[string]any{"rate": 0.1}}
	step := func(epoch int, v kit.Variables) (kit.Metrics, error) {
		miss := float64(v["W"][0]) - 3
		v["W"][0] -= float32(0.1 * 2 * miss)
		return kit.Metrics{"loss": miss * miss}, nil
	}
	var h kit.History
	example(func() {
		must.M1(line.Fit(10, step))
		h = must.M1(line.Fit(30, step)) // twenty more
	})
	fmt.Printf("%d epochs, W = %.2f\n", len(h), h.Last().Metrics["W"])
	// Output: 30 epochs, W = 3.00
}

func ExampleTable() {
	kit.Show(kit.Table("Kernels", "layer", "weights").AddRow("conv2d", 156).AddRow("dense", 10164))
	// Output:
	// Kernels
	// layer   weights
	// ──────  ───────
	// conv2d      156
	// dense    10,164
}
