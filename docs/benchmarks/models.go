package main

import "gonblabs/mnistkit/layer"

// The models of the notebooks. The peers in Python read the same Stack as JSON.

var pixels = layer.Rescale(1.0 / 255)

var mlp = layer.Stack{pixels, layer.Flatten(), layer.Dense(128).ReLU(), layer.Dense(10)}

var lenet = layer.Stack{
	pixels,
	layer.Conv2D(6, 5).Same().ReLU(), layer.MaxPool(2),
	layer.Conv2D(16, 5).ReLU(), layer.MaxPool(2), layer.Flatten(),
	layer.Dense(120).ReLU(), layer.Dense(84).ReLU(), layer.Dense(10),
}

var custom1 = layer.Stack{
	pixels,
	layer.Conv2D(32, 3).Same().ReLU(), layer.MaxPool(2),
	layer.Conv2D(64, 3).ReLU(), layer.MaxPool(2),
	layer.Conv2D(64, 3).ReLU(),
	layer.Flatten(), layer.Dense(64).ReLU(), layer.Dense(10),
}

func custom2() layer.Stack {
	model := layer.Stack{pixels}
	for _, filters := range []int{32, 64, 128} {
		model = append(model,
			layer.Conv2D(filters, 3).Same().ReLU(), layer.BatchNorm(),
			layer.Conv2D(filters, 3).Same().ReLU(), layer.MaxPool(2), layer.Dropout(0.3))
	}
	return append(model, layer.Flatten(), layer.Dense(128).ReLU(), layer.Dropout(0.4), layer.Dense(10))
}

// deep is a network of n hidden layers.
func deep(n, units int) layer.Stack {
	model := layer.Stack{pixels, layer.Flatten()}
	for range n {
		model = append(model, layer.Dense(units).ReLU())
	}
	return append(model, layer.Dense(10))
}

var embedding = layer.Stack{
	layer.Embedding(10_000, 16).MaskZero(), layer.GlobalAveragePool1D(), layer.Dense(16).ReLU(), layer.Dense(1),
}

var multiHot = layer.Stack{layer.Dense(512).ReLU(), layer.Dense(512).ReLU(), layer.Dense(1)}

var iris = layer.Stack{layer.Dense(10).ReLU(), layer.Dense(10).ReLU(), layer.Dense(3)}

var regression = layer.Stack{layer.Dense(64).ReLU(), layer.Dense(64).ReLU(), layer.Dense(1)}
