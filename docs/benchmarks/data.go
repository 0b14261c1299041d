package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/janpfeifer/must"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
)

// recipe is what the kit's data recipes have.
type recipe interface {
	kit.Data
	Form() (data.Form, error)
}

// dataSets are the recipes of the cases' data.
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
	if strings.Contains(must.M1(r.Form()).Notice, "bundled sample") {
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
	all, err := kit.InChunks(r.recipe, name)
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
// their names start with.
func (b *bench) export(c Case) (prefix string) {
	prefix = filepath.Join(b.scratch, "data", c.Data)
	if _, err := os.Stat(prefix + "-test_y.npy"); err == nil {
		return prefix
	}
	all := c.full()
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
	for epoch := range job.Epochs {
		order := make([]int32, job.Rows)
		for i := range order {
			order[i] = int32(i)
		}
		fit.Shuffle(order, uint64(job.Seed), epoch+1)
		orders.I32 = append(orders.I32, order...)
	}
	must.M(data.WriteNPY(prefix+"-orders.npy", orders))
	return prefix
}
