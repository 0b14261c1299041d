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

// sets are a case's rows as every peer has them: the first Rows of the
// training part, begun again where there are fewer, and the first Test of the
// test part.
func (c Case) sets() (kit.Sets, error) {
	train, test, err := c.Data.load()
	if err != nil {
		return kit.Sets{}, err
	}
	if n := train.Len(); c.Rows > n {
		order := make([]int32, c.Rows)
		for i := range order {
			order[i] = int32(i % n)
		}
		train = train.Select(order)
	}
	return kit.Sets{TrainSet: train.First(c.Rows), TestSet: test.First(c.Test)}, nil
}

// dataSets are the recipes of the cases' data.
var dataSets = map[string]func(holdout float64) kit.Data{
	"mnist":         func(holdout float64) kit.Data { return heldOut(kit.MNIST(), holdout) },
	"fashion-mnist": func(holdout float64) kit.Data { return heldOut(kit.FashionMNIST(), holdout) },
	"imdb":          func(holdout float64) kit.Data { return kit.IMDB().Holdout(holdout).Seed(1) },
	"imdb-multihot": func(holdout float64) kit.Data { return kit.IMDB().MultiHot().Holdout(holdout).Seed(1) },
	"auto-mpg":      func(float64) kit.Data { return kit.AutoMPG().OneHot("origin").DropMissing().Normalized() },
	"iris":          func(float64) kit.Data { return kit.Iris() },
}

// shapes are those of an example.
var shapes = map[string][]int{
	"mnist": {28, 28, 1}, "fashion-mnist": {28, 28, 1}, "imdb": {256}, "imdb-multihot": {10_000}, "auto-mpg": {9}, "iris": {4},
}

func heldOut(r data.Recipe, holdout float64) kit.Data {
	if holdout == 0 {
		return r
	}
	return r.Holdout(holdout).Seed(1)
}

func (d Data) load() (train, test *data.Set, err error) {
	recipe := dataSets[d.Name](d.Holdout)
	if train, err = recipe.Train(); err != nil {
		return nil, nil, err
	}
	if strings.Contains(train.Notice, "bundled sample") {
		return nil, nil, fmt.Errorf("the benchmark needs the full data; run: go run ./kernel-setup fetch mnist fashion-mnist imdb")
	}
	test, err = recipe.Test()
	return train, test, err
}

// export writes a data set once as .npy files for the peers and returns what
// their names start with.
func (b *bench) export(d Data) (string, error) {
	prefix := filepath.Join(b.scratch, "data", fmt.Sprintf("%s-%g", d.Name, d.Holdout))
	if _, err := os.Stat(prefix + "-test_y.npy"); err == nil {
		return prefix, nil
	}
	train, test, err := d.load()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(prefix), 0o755); err != nil {
		return "", err
	}
	arrays := []data.Array{train.Inputs, train.Labels, test.Inputs, test.Labels}
	for i, name := range []string{"train_x", "train_y", "test_x", "test_y"} { // the last one says that all are there
		path := prefix + "-" + name + ".npy"
		if err := data.WriteNPY(path+".part", arrays[i]); err != nil {
			return "", err
		}
		if err := os.Rename(path+".part", path); err != nil {
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
