// Package session is the interface between a cell, which drives a training, and
// the engine, which computes it.
//
// By default the engine is a program of its own, so that a cell need not link
// GoMLX. It is a child of the cell, talks to it over pipes and ends with it. A
// program that imports gonblabs/mnistkit/engine has the same engine linked in.
// Both are a Session.
package session

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"gonblabs/mnistkit/data"
)

// Session is an engine with one model in it. Only one goroutine at a time may
// call its methods.
type Session interface {
	// Backend says what computes: "xla:cpu".
	Backend() string
	// Put gives the engine a chunk of a data set, which later calls name by name.
	// left is how many examples are still to come; see PutSet.
	Put(name string, chunk *data.Set, left int) error
	// Train does one epoch, or the rest of one. When ctx ends, it finishes the
	// current batch, or the few batches of one execution (about 25 ms), and
	// returns what it has, without an error.
	Train(ctx context.Context, e Epoch, progress func(Partial)) (Partial, error)
	// Evaluate gives loss and metrics over a data set or, with indices, over
	// those examples of it.
	Evaluate(ctx context.Context, set string, indices []int32) (map[string]float64, error)
	// Predict gives the model's answers for a data set, [n units] flat:
	// probabilities for classifiers, plain values for regressions.
	Predict(ctx context.Context, set string) (data.Array, error)
	// Weights are copies of all weights, in the model's order; where the optimiser
	// averages them, it is the averages that answer here, in Evaluate and in Predict.
	Weights() ([]Weight, error)
	// SetWeights replaces the weights that it names.
	SetWeights([]Weight) error
	// Save writes weights and the optimiser's state to a new folder; Load
	// reads them back.
	Save(dir string) error
	Load(dir string) error
	// Close ends the engine.
	Close() error
}

// PutSet gives an engine a data set a chunk at a time, so that only the device
// holds the whole set. What was read for a chunk may be forgotten before the next.
//
//	err := session.PutSet(s, "train", train.Chunks())
func PutSet(s Session, name string, chunks data.Chunks) error {
	left := chunks.N
	if left == 0 {
		return fmt.Errorf("data set %q is empty; a set needs at least one example", name)
	}
	for chunk, err := range chunks.Each {
		if err == nil {
			err = cmp.Or(chunk.Check(), checkValues(name, chunk, chunks.N-left))
		}
		if err != nil {
			return err
		}
		left -= chunk.Len()
		if err := s.Put(name, chunk, left); err != nil {
			return err
		}
	}
	if left != 0 {
		return fmt.Errorf("data set %q ended %d examples before its end; run the cell again", name, left)
	}
	return nil
}

// checkValues refuses what nothing can be learned from, in a chunk after so many examples.
func checkValues(name string, chunk *data.Set, before int) error {
	for part, values := range []data.Array{chunk.Inputs, chunk.Labels, {F32: chunk.Weights}} {
		for i, v := range values.F32 {
			if math.Abs(float64(v)) <= math.MaxFloat32 && (v >= 0 || part < 2) {
				continue
			}
			place := slices.Clone(values.Shape)
			for axis, n := range slices.Backward(place) {
				place[axis], i = i%n, i/n
			}
			what := strings.TrimSuffix(fmt.Sprint([...]string{"input", "label", "weight"}[part], " ", place), " []")
			return fmt.Errorf("data set %q: the %s of example %d is %g; correct it, or leave the example out", cmp.Or(chunk.Name, name), what, before+i, v)
		}
	}
	return nil
}

// Epoch is the work of one Train.
type Epoch struct {
	Number       int     // from 1; decides the random numbers of dropout
	Set          string  // the name of the training data
	Order        []int32 // the examples in the order in which they are trained
	LearningRate float64
	From         Partial // where to continue; the zero value starts at the first batch
}

// Partial is how far an epoch has come. An epoch that was stopped and continues
// from its Partial ends as if it had not been stopped.
type Partial struct {
	Batches  int     // done
	Of       int     // in the whole epoch
	Examples int     // seen
	Sums     Numbers // over those examples: see SumsOf
	Seconds  float64 // spent on it before it was stopped; the driver's to fill in
}

// Done says whether the epoch is complete.
func (p Partial) Done() bool { return p.Of > 0 && p.Batches >= p.Of }

// Means are the metrics over the examples seen so far, as Keras shows them: see
// Reduce. Those of an epoch without examples, as of a Loop, are the sums themselves.
func (p Partial) Means() map[string]float64 {
	if p.Done() && p.Examples == 0 {
		return maps.Clone(p.Sums)
	}
	return Reduce(p.Sums, p.Examples)
}

// Weight is one array of a model's weights.
type Weight struct {
	Name   string // "conv2d_1/kernel"
	Shape  []int
	Values []float32
}

// Opener starts an engine.
type Opener func(Recipe) (Session, error)

var linked Opener

// Register makes Open use an engine that is part of this program. Package
// engine calls it when it is imported.
func Register(open Opener) { linked = open }
