// Command make wrote the runs in this folder, in a checkout of version 0.1 (commit 8dc3f06), with
// MNISTKIT_DATA=bundled GOMLX_BACKEND=go MNISTKIT_RUNS=runs.
package main

import (
	"fmt"

	"github.com/janpfeifer/must"
	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
)

func main() {
	digits := kit.MNIST().First(200).Holdout(0.15).Seed(1)
	pixels := kit.Run{Name: "old/pixels", Data: digits, Seed: 1, Optimizer: kit.Adam(1e-2),
		Model: layer.Stack{layer.Rescale(1.0 / 255), layer.MaxPool(7), layer.Flatten(), layer.Dense(4).ReLU(), layer.BatchNorm(), layer.Dropout(0.2), layer.Dense(10)}}
	must.M1(pixels.Fit(2, kit.ModelCheckpoint{}, kit.SaveWeights{Every: 2}))
	s := must.M1(pixels.Evaluate(digits.Test()))
	fmt.Println(s.Metrics)
	flowers := kit.Run{Name: "old/flowers", Data: kit.Iris().Normalized(), Seed: 1, Optimizer: kit.SGD(0.1), Model: layer.Stack{layer.Dense(3)}}
	must.M1(flowers.Fit(3))
	fmt.Println(must.M1(flowers.Evaluate(flowers.Data.Test())).Metrics)
	line := kit.Loop{Name: "old/line", Start: kit.Variables{"W": {0}}, Settings: map[string]any{"rate": 0.1}}
	must.M1(line.Fit(3, func(epoch int, v kit.Variables) (kit.Metrics, error) {
		miss := float64(v["W"][0]) - 3
		v["W"][0] -= float32(0.1 * 2 * miss)
		return kit.Metrics{"loss": miss * miss}, nil
	}))
	must.M(pixels.Save("pixels.mnistkit"))
}
