package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/janpfeifer/must"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/training"
)

// Case is one training that all peers do: the same model, data, batches,
// optimiser and number of steps. A new case is one more entry of cases.
type Case struct {
	Outline
	Model     layer.Stack   `json:"model"`
	Data      string        `json:"data"` // of dataSets
	Loss      kit.Loss      `json:"loss"`
	Optimizer kit.Optimizer `json:"optimizer"`
	Test      int           `json:"test"`      // examples to evaluate and to predict
	Reshuffle bool          `json:"reshuffle"` // in every epoch, which Keras' fit does not do once a seed is set
	Skip      []string      `json:"-"`         // peers that are left out unless named
}

// Outline is what the results hold of a case.
type Outline struct {
	Name      string `json:"name"`
	About     string `json:"about"` // for the table
	Group     string `json:"group"` // "train", "scaling" or "parity"
	Batch     int    `json:"batch"`
	Rows      int    `json:"rows"`                 // trained in an epoch
	Whole     int    `json:"whole"`                // in an epoch of the lab; a longer one is extrapolated
	Epochs    int    `json:"epochs"`               // of Rows examples; the first is warm-up
	Metric    string `json:"metric"`               // "accuracy" or "mae"
	SameStart bool   `json:"same_start,omitempty"` // peers begin with our weights and take the examples in our order
	Sparse    bool   `json:"sparse,omitempty"`     // ours multiplies what is not zero only
}

var cases = []Case{
	images("mlp", "784-128-10", mlp, "digits", 32, 3, 1593),
	images("lenet", "two convolutions 5×5, three dense layers", lenet, "digits", 32, 3, 400),
	images("custom1", "three convolutions 3×3, two dense layers", custom1, "digits", 32, 3, 150),
	images("custom2", "six convolutions, batch normalisation, dropout", blocks(true, true), "digits", 32, 3, 60),
	images("custom2-128", "custom2 with batches of 128", blocks(true, true), "digits", 128, 3, 20),
	images("deotte", "Deotte's seven convolutions, batch normalisation, dropout", deotte(), "digits", 64, 3, 40),
	images("deep30", "30 hidden dense layers of 128", deep(30, 128), "clothes", 32, 3, 500),
	autoMPG,
	texts("imdb", "embedding of 10,000 words, mean, 16-1", embedding, "imdb", 20),
	texts("multi-hot", "10,000-512-512-1 on rows of zeros and ones", multiHot, "imdb-multihot", 5),
	scaling(1_000, 10), scaling(10_000, 4), scaling(60_000, 3), scaling(600_000, 2),
	parity(images("mlp", "lab A's mlp", mlp, "digits", 32, 0, 0), 20),
	parity(images("lenet", "lab A's lenet", lenet, "digits", 32, 0, 0), 8),
	parity(images("custom1", "lab A's custom1", custom1, "digits", 32, 0, 0), 8),
	parity(rate001(), 5),
	parity(texts("imdb", "lab 3's network", embedding, "imdb", 0), 40),
	parity(autoMPG, 1000),
	parity(Case{
		Outline: Outline{Name: "iris", About: "lab 9's network", Batch: 32, Whole: 120, Metric: "accuracy",
			SameStart: true}, // of 30 flowers one is 3.3 points: seeds would decide
		Model: layer.Stack{layer.Dense(10).ReLU(), layer.Dense(10).ReLU(), layer.Dense(3)}, Data: "iris",
		Loss: kit.SparseCategoricalCrossentropy, Optimizer: kit.SGD(0.01), Test: 30,
	}, 201),
}

// autoMPG is lab 4's regression: tiny steps, nothing but overhead.
var autoMPG = Case{
	Outline: Outline{Name: "auto-mpg", About: "9-64-64-1 on 313 cars, 1,000 epochs of 10 steps", Group: "train",
		Batch: 32, Epochs: 1000, Rows: 313, Whole: 313, Metric: "mae"},
	Model: layer.Stack{layer.Dense(64).ReLU(), layer.Dense(64).ReLU(), layer.Dense(1)}, Data: "auto-mpg",
	Loss: kit.MeanSquaredError, Optimizer: kit.RMSprop(1e-3), Test: 79,
}

// images is a classifier of images, trained in epochs of so many full batches;
// 0 is the whole epoch of the lab.
func images(name, about string, model layer.Stack, data string, batch, epochs, steps int) Case {
	c := Case{
		Outline: Outline{Name: name, About: about, Group: "train", Batch: batch, Epochs: epochs, Rows: steps * batch, Whole: 51_000, Metric: "accuracy"},
		Model:   model, Data: data, Loss: kit.SparseCategoricalCrossentropy, Optimizer: kit.Adam(1e-3), Test: 10_000,
	}
	if convolves(model) && steps > 0 {
		c.Test = 2_000
		// A convolution in a loop of XLA's is ten times slower on a CPU: there
		// the whole epoch in one execution is measured on request only.
		c.Skip = []string{"jax-scan"}
	}
	return c
}

func convolves(model layer.Stack) bool {
	return slices.ContainsFunc(model, func(l layer.Layer) bool { return l.Kind() == "Conv2D" })
}

func texts(name, about string, model layer.Stack, data string, epochs int) Case {
	return Case{
		Outline: Outline{Name: name, About: about, Group: "train", Batch: 512, Epochs: epochs, Rows: 15_000, Whole: 15_000, Metric: "accuracy",
			Sparse: data == "imdb-multihot"},
		Model: model, Data: data, Loss: kit.BinaryCrossentropy, Optimizer: kit.Adam(1e-3), Test: 25_000,
	}
}

// scaling is the mlp on n images, repeated beyond 60,000.
func scaling(n, epochs int) Case {
	c := images(fmt.Sprintf("mlp-%dk", n/1000), "mlp on "+show.Count(n)+" images", mlp, "mnist", 32, epochs, 0)
	c.Rows, c.Whole, c.Group = n, n, "scaling"
	c.Skip = []string{"jax", "jax-scan", "torch", "torch-last", "torch-compile"}
	return c
}

// parity is a lab's training in full, which counts for what it learns.
func parity(c Case, epochs int) Case {
	c.Name, c.Group = "parity-"+c.Name, "parity"
	c.Epochs, c.Rows, c.Reshuffle = epochs, c.Whole, true
	return c
}

func rate001() Case {
	c := images("mlp-rate-0.01", "lab B's mlp at the rate 0.01", mlp, "mnist", 32, 0, 0)
	c.Optimizer, c.Whole = kit.Adam(0.01), 60_000
	return c
}

// The models of the notebooks. The peers in Python read the same Stack as JSON.

var pixels = layer.Rescale(1.0 / 255)

var mlp = deep(1, 128)

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

// blocks are those of custom2, and of the networks that leave something out of it.
func blocks(batchNorm, dropout bool) (model layer.Stack) {
	add := func(when bool, l layer.Layer) {
		if when {
			model = append(model, l)
		}
	}
	add(true, pixels)
	for _, filters := range []int{32, 64, 128} {
		add(true, layer.Conv2D(filters, 3).Same().ReLU())
		add(batchNorm, layer.BatchNorm())
		add(true, layer.Conv2D(filters, 3).Same().ReLU())
		add(true, layer.MaxPool(2))
		add(dropout, layer.Dropout(0.3))
	}
	add(true, layer.Flatten())
	add(true, layer.Dense(128).ReLU())
	add(dropout, layer.Dropout(0.4))
	return append(model, layer.Dense(10))
}

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

type recipe interface {
	kit.Data
	Form() (data.Form, error)
}

var dataSets = map[string]recipe{
	"mnist":         kit.MNIST(),
	"digits":        kit.MNIST().Holdout(0.15).Seed(1),
	"clothes":       kit.FashionMNIST().Holdout(0.15).Seed(1),
	"imdb":          kit.IMDB().Holdout(0.4).Seed(1),
	"imdb-multihot": kit.IMDB().MultiHot().Holdout(0.4).Seed(1),
	"auto-mpg":      kit.AutoMPG().OneHot("origin").DropMissing().Normalized(),
	"iris":          kit.Iris(),
}

// full is a case's recipe, unless that only finds the bundled sample.
func (c Case) full() recipe {
	r := dataSets[c.Data]
	if r, ok := r.(interface{ Bundled() bool }); ok && r.Bundled() {
		must.M(errors.New("the benchmark needs the full data; run: go run ./kernel-setup fetch mnist fashion-mnist imdb"))
	}
	return r
}

// rows are the first n of a recipe's training examples, begun again where
// there are fewer: those that every peer has. They are read as a notebook's
// are, a chunk at a time where the recipe knows how.
type rows struct {
	recipe
	n int
}

func (r rows) ID() (string, error) {
	id, err := r.recipe.ID()
	return fmt.Sprintf("%s:%d rows", id, r.n), err
}

func (r rows) Form() (data.Form, error) {
	f, err := r.recipe.Form()
	f.Train, f.Validation = r.n, 0
	return f, err
}

func (r rows) Chunks(name string) (data.Chunks, error) {
	if name != "train" {
		return data.Chunks{}, nil
	}
	all, err := training.InChunks(r.recipe, name)
	return data.Chunks{N: r.n, Each: func(yield func(*data.Set, error) bool) {
		for left := r.n; left > 0; {
			for chunk, err := range all.Each {
				if err == nil {
					chunk = chunk.First(left)
					left -= chunk.Len()
				}
				if !yield(chunk, err) || err != nil || left == 0 {
					return
				}
			}
		}
	}}, err
}

// export writes a case's data once as .npy files for the peers and returns what
// their names start with; other data have another name.
func (b *bench) export(c Case) (prefix string) {
	all := c.full()
	prefix = filepath.Join(b.scratch, "data", fmt.Sprintf("%s-%.6x", c.Data, sha256.Sum256([]byte(must.M1(all.ID())))))
	if _, err := os.Stat(prefix + "-test_y.npy"); err == nil {
		return prefix
	}
	write := func(name string, set *data.Set) {
		must.M(data.WriteNPY(prefix+name+"_x.npy", set.Inputs))
		must.M(data.WriteNPY(prefix+name+"_y.npy", set.Labels))
	}
	write("-train", must.M1(all.Train()))
	write("-test", must.M1(all.Test())) // its labels come last, and say that all is there
	return prefix
}

// exportStart writes the first weights of our run and the orders of its epochs
// for a peer, and returns what the files' names start with.
func (b *bench) exportStart(job Job) (prefix string) {
	prefix = filepath.Join(b.scratch, "data", "start")
	weights := map[string]data.Array{}
	for _, step := range must.M1(job.plan()) {
		for _, p := range step.Params {
			name := fmt.Sprintf("%03d", len(weights))
			weights[name] = data.Array{Shape: p.Shape[1:], F32: p.Initial(step.Name, uint64(job.Seed))}
		}
	}
	must.M(data.WriteNPZ(prefix+"-weights.npz", weights))
	orders := data.Array{Shape: []int{job.Rows}}
	ours := fit.Job{Examples: job.Rows, Recipe: session.Recipe{Seed: uint64(job.Seed)}}
	for epoch := range job.Epochs {
		order, _, err := ours.Order(epoch + 1)
		must.M(err)
		orders.I32 = append(orders.I32, order...)
	}
	must.M(data.WriteNPY(prefix+"-orders.npy", orders))
	return prefix
}
