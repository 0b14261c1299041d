package main

import (
	"fmt"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
)

// Case is one training that all peers do: the same model, data, batches,
// optimiser and number of steps. A new case is one more entry of cases.
type Case struct {
	Name      string        `json:"name"`
	About     string        `json:"about"` // for the table
	Model     layer.Stack   `json:"model"`
	Data      Data          `json:"data"`
	Loss      kit.Loss      `json:"loss"`
	Metric    string        `json:"metric"` // "accuracy" or "mae"
	Optimizer kit.Optimizer `json:"optimizer"`
	Batch     int           `json:"batch"`
	Epochs    int           `json:"epochs"`     // of Rows examples; the first is warm-up
	Rows      int           `json:"rows"`       // trained in each of them
	Whole     int           `json:"whole"`      // in an epoch of the lab; a longer one is extrapolated
	Test      int           `json:"test"`       // examples to evaluate and to predict
	SameStart bool          `json:"same_start"` // peers begin with our weights and take the examples in our order
	Reshuffle bool          `json:"reshuffle"`  // in every epoch, which Keras' fit does not do once a seed is set
	Sparse    bool          `json:"sparse"`     // ours multiplies what is not zero only

	Group string   `json:"-"` // "train", "scaling" or "parity"
	Skip  []string `json:"-"` // peers that are left out unless named
}

// Data is where the rows come from.
type Data struct {
	Name    string  `json:"name"`    // of dataSets
	Holdout float64 `json:"holdout"` // share of the training file that is left out
}

var (
	digits  = Data{"mnist", 0.15}
	clothes = Data{"fashion-mnist", 0.15}
	reviews = Data{"imdb", 0.4}
	words   = Data{"imdb-multihot", 0.4}
	cars    = Data{Name: "auto-mpg"}
	flowers = Data{Name: "iris"}
)

// A convolution in a loop of XLA's is ten times slower on a CPU: there the
// whole epoch in one execution is measured on request only.
var convolution = []string{"jax-scan"}

var cases = []Case{
	images("mlp", "784-128-10", mlp, digits, 32, 3, 1593),
	images("lenet", "two convolutions 5×5, three dense layers", lenet, digits, 32, 3, 400),
	images("custom1", "three convolutions 3×3, two dense layers", custom1, digits, 32, 3, 150),
	images("custom2", "six convolutions, batch normalisation, dropout", custom2(), digits, 32, 3, 60),
	images("custom2-128", "custom2 with batches of 128", custom2(), digits, 128, 3, 20),
	images("deep30", "30 hidden dense layers of 128", deep(30, 128), clothes, 32, 3, 500),
	autoMPG("train", 1000),
	texts("imdb", "embedding of 10,000 words, mean, 16-1", embedding, reviews, 20),
	sparse(texts("multi-hot", "10,000-512-512-1 on rows of zeros and ones", multiHot, words, 5)),
	scaling(1_000, 10), scaling(10_000, 4), scaling(60_000, 3), scaling(600_000, 2),
	parity(images("mlp", "lab A's mlp", mlp, digits, 32, 0, 1), 20),
	parity(images("lenet", "lab A's lenet", lenet, digits, 32, 0, 1), 8),
	parity(rate001(), 5),
	parity(texts("imdb", "lab 3's network", embedding, reviews, 0), 40),
	parity(autoMPG("parity", 0), 1000),
	parity(Case{
		Name: "iris", About: "lab 9's network", Model: iris, Data: flowers,
		Loss: kit.SparseCategoricalCrossentropy, Metric: "accuracy", Optimizer: kit.SGD(0.01),
		Batch: 32, Rows: 120, Whole: 120, Test: 30, SameStart: true, // of 30 flowers one is 3.3 points: seeds would decide
	}, 201),
}

// rate001 is lab B's network at the rate 0.01, on all of MNIST.
func rate001() Case {
	c := images("mlp-rate-0.01", "lab B's mlp at the rate 0.01", mlp, Data{Name: "mnist"}, 32, 0, 1)
	c.Optimizer, c.Whole = kit.Adam(0.01), 60_000
	return c
}

// autoMPG is lab 4's regression: tiny steps, nothing but overhead.
func autoMPG(group string, epochs int) Case {
	return Case{
		Name: "auto-mpg", About: "9-64-64-1 on 313 cars, 1,000 epochs of 10 steps", Group: group,
		Model: regression, Data: cars,
		Loss: kit.MeanSquaredError, Metric: "mae", Optimizer: kit.RMSprop(1e-3),
		Batch: 32, Epochs: epochs, Rows: 313, Whole: 313, Test: 79,
	}
}

// texts is a classifier of film reviews.
func texts(name, about string, model layer.Stack, data Data, epochs int) Case {
	return Case{
		Name: name, About: about, Group: "train", Model: model, Data: data,
		Loss: kit.BinaryCrossentropy, Metric: "accuracy", Optimizer: kit.Adam(1e-3),
		Batch: 512, Epochs: epochs, Rows: 15_000, Whole: 15_000, Test: 25_000,
	}
}

// sparse is a case with rows of mostly zeros.
func sparse(c Case) Case { c.Sparse = true; return c }

// images is a classifier of images, trained in epochs of so many full batches.
func images(name, about string, model layer.Stack, data Data, batch, epochs, steps int) Case {
	c := Case{
		Name: name, About: about, Group: "train", Model: model, Data: data,
		Loss: kit.SparseCategoricalCrossentropy, Metric: "accuracy", Optimizer: kit.Adam(1e-3),
		Batch: batch, Epochs: epochs, Rows: steps * batch, Whole: 51_000, Test: 10_000,
	}
	for _, l := range model {
		if l.Kind() == "Conv2D" {
			c.Skip = convolution
			c.Test = 2_000
		}
	}
	return c
}

// scaling is the mlp on n images, repeated beyond 60,000.
func scaling(n, epochs int) Case {
	c := images(fmt.Sprintf("mlp-%dk", n/1000), "mlp on "+thousands(n)+" images", mlp, Data{Name: "mnist"}, 32, epochs, 1)
	c.Rows, c.Whole, c.Group = n, n, "scaling"
	c.Skip = []string{"jax", "jax-scan", "torch", "torch-last", "torch-compile"}
	return c
}
