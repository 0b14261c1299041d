package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
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

func (d Data) load() (train, test *data.Set, err error) {
	if d.Name == "synthetic" {
		return synthetic(314), synthetic(78), nil
	}
	recipe := kit.MNIST()
	if d.Name == "fashion-mnist" {
		recipe = kit.FashionMNIST()
	}
	if d.Holdout > 0 {
		recipe = recipe.Holdout(d.Holdout).Seed(1)
	}
	if train, err = recipe.Train(); err != nil {
		return nil, nil, err
	}
	if train.Notice != "" {
		return nil, nil, fmt.Errorf("the benchmark needs the full data; run: go run ./kernel-setup fetch %s", d.Name)
	}
	test, err = recipe.Test()
	return train, test, err
}

// synthetic are rows of nine features and a smooth function of them: only
// the speed counts here, Auto MPG has as many rows and features.
func synthetic(n int) *data.Set {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	x, y := make([]float32, 9*n), make([]float32, n)
	for i := range n {
		sum := 23 + rng.NormFloat64()
		for j := range 9 {
			v := rng.NormFloat64()
			x[9*i+j] = float32(v)
			sum += 2 * math.Sin(v*float64(j+1)/3)
		}
		y[i] = float32(sum)
	}
	return &data.Set{Name: fmt.Sprintf("synthetic/%d", n), Inputs: data.Array{Shape: []int{9}, F32: x}, Labels: data.Array{Shape: []int{}, F32: y}}
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
