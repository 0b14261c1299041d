package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
)

// rows are the first n of a recipe's training examples, begun again where
// there are fewer: those that every peer has. They are read as a notebook's
// are, a part at a time where the recipe knows how.
type rows struct {
	recipe
	n int
}

// recipe is what the kit's data recipes have.
type recipe interface {
	kit.Data
	Form() (data.Form, error)
}

// rows are a case's n training examples.
func (c Case) rows(n int) rows { return rows{dataSets[c.Data.Name](c.Data.Holdout), n} }

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
		return (&data.Set{}).Chunks(), nil
	}
	all, err := kit.InChunks(r.recipe, name)
	if err == nil && all.N == 0 {
		err = fmt.Errorf("there are no examples to repeat")
	}
	if err != nil {
		return all, err
	}
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
	}}, nil
}

// dataSets are the recipes of the cases' data.
var dataSets = map[string]func(holdout float64) recipe{
	"mnist":         func(holdout float64) recipe { return heldOut(kit.MNIST(), holdout) },
	"fashion-mnist": func(holdout float64) recipe { return heldOut(kit.FashionMNIST(), holdout) },
	"imdb":          func(holdout float64) recipe { return kit.IMDB().Holdout(holdout).Seed(1) },
	"imdb-multihot": func(holdout float64) recipe { return kit.IMDB().MultiHot().Holdout(holdout).Seed(1) },
	"auto-mpg":      func(float64) recipe { return kit.AutoMPG().OneHot("origin").DropMissing().Normalized() },
	"iris":          func(float64) recipe { return kit.Iris() },
}

// shapes are those of an example.
var shapes = map[string][]int{
	"mnist": {28, 28, 1}, "fashion-mnist": {28, 28, 1}, "imdb": {256}, "imdb-multihot": {10_000}, "auto-mpg": {9}, "iris": {4},
}

func heldOut(r data.Recipe, holdout float64) recipe {
	if holdout == 0 {
		return r
	}
	return r.Holdout(holdout).Seed(1)
}

// full reports a recipe that only finds the bundled sample.
func (r rows) full() error {
	f, err := r.recipe.Form()
	if err == nil && strings.Contains(f.Notice, "bundled sample") {
		err = fmt.Errorf("the benchmark needs the full data; run: go run ./kernel-setup fetch mnist fashion-mnist imdb")
	}
	return err
}

// export writes a data set once as .npy files for the peers and returns what
// their names start with.
func (b *bench) export(d Data) (string, error) {
	prefix := filepath.Join(b.scratch, "data", fmt.Sprintf("%s-%g", d.Name, d.Holdout))
	if _, err := os.Stat(prefix + "-test_y.npy"); err == nil {
		return prefix, nil
	}
	all := Case{Data: d}.rows(0)
	if err := all.full(); err != nil {
		return "", err
	}
	train, err := all.Train()
	if err != nil {
		return "", err
	}
	test, err := all.Test()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(prefix), 0o755); err != nil {
		return "", err
	}
	arrays := []data.Array{train.Inputs, train.Labels, test.Inputs, test.Labels}
	for i, name := range []string{"train_x", "train_y", "test_x", "test_y"} { // the last one says that all are there
		path := prefix + "-" + name + ".npy"
		if err := data.WriteNPY(path, arrays[i]); err != nil {
			return "", err
		}
	}
	return prefix, nil
}

// exportStart writes the first weights of our run and the orders of its epochs
// for a peer, and returns what the files' names start with.
func (b *bench) exportStart(job Job) (string, error) {
	prefix := filepath.Join(b.scratch, "data", "start")
	plan, err := job.Model.Plan(shapes[job.Data.Name])
	if err != nil {
		return "", err
	}
	weights := map[string]data.Array{}
	for _, step := range plan {
		for _, p := range step.Params {
			name := fmt.Sprintf("%03d", len(weights))
			weights[name] = data.Array{Shape: p.Shape[1:], F32: p.Initial(step.Name, uint64(job.Seed))}
		}
	}
	if err := data.WriteNPZ(prefix+"-weights.npz", weights); err != nil {
		return "", err
	}
	orders := data.Array{Shape: []int{job.Rows}}
	for epoch := range job.Epochs {
		order := make([]int32, job.Rows)
		for i := range order {
			order[i] = int32(i)
		}
		fit.Shuffle(order, uint64(job.Seed), epoch+1)
		orders.I32 = append(orders.I32, order...)
	}
	return prefix, data.WriteNPY(prefix+"-orders.npy", orders)
}
