// Command soak trains a small network into the runs folder and ends. The soak test stops it at any moment.
package main

import (
	"fmt"
	"os"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
)

func main() {
	r := kit.Run{
		Name: "soak", Data: kit.MNIST().Holdout(0.15), Optimizer: kit.Adam(1e-3), Seed: 1,
		Model: layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(64).ReLU(), layer.Dropout(0.2), layer.Dense(10)},
	}
	if _, err := r.Fit(40, kit.ModelCheckpoint{Monitor: "val_accuracy"}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
