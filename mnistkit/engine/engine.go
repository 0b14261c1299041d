// Package engine turns models described as data into GoMLX graphs and trains
// them. It is the only package of mnistkit that imports GoMLX.
//
// A program that imports it has the engine linked in, and package session uses
// that one instead of the engine program. Layers that are written as graph
// functions need this:
//
//	import "gonblabs/mnistkit/engine"
//	var swish = engine.Layer("my swish", func(scope *model.Scope, x *graph.Node) *graph.Node { … })
//
// Initial weights, batches and dropout's masks are computed from a seed by
// integer arithmetic alone, so backends differ only by rounding.
package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

func init() { session.Register(Open) }

// Engine is a model with its weights on a backend. It is a session.Session.
type Engine struct {
	backend  compute.Backend
	config   session.Recipe
	plan     []layer.Step
	store    *model.Store
	weights  []*model.Variable // the model's, in its order
	sets     map[string]*deviceSet
	incoming map[string]*deviceSet // those of which examples are still to come

	trainers             map[int]*model.Exec // by batch size
	evaluator, predictor *model.Exec

	loop      *model.Exec
	maxRounds int // steps that may go into one execution
	rounds    int // how many go into the next
}

// Open checks the recipe c, chooses the backend and draws the initial
// weights.
//
//	e, err := engine.Open(recipe)
//
// The backend is $GOMLX_BACKEND, else the one that set-up chose, else pure Go.
func Open(c session.Recipe) (session.Session, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	e, err := newEngine(backend, c)
	if err != nil {
		return nil, err // not a nil *Engine in a Session
	}
	return e, nil
}

func newEngine(backend compute.Backend, c session.Recipe) (*Engine, error) {
	plan, err := c.Steps()
	if err != nil {
		return nil, err
	}
	e := &Engine{
		backend: backend, config: c, plan: plan, store: model.NewStore(),
		sets: map[string]*deviceSet{}, incoming: map[string]*deviceSet{}, trainers: map[int]*model.Exec{},
		maxRounds: maxRounds(backend, plan), rounds: 1,
	}
	if err := guard("open the model", e.createVariables); err != nil {
		return nil, err
	}
	return e, nil
}

// Backend is the name of what computes: "go" or "xla:cpu".
func (e *Engine) Backend() string { return backendName(e.backend) }

// Close frees the engine's memory. The backend remains for the next engine of the
// same program.
func (e *Engine) Close() error {
	if e.store != nil {
		e.store.Finalize()
		for _, s := range e.sets {
			s.finalize()
		}
		for _, s := range e.incoming {
			s.finalize()
		}
		e.store = nil
	}
	return nil
}

// output is the number of units that the model ends in.
func (e *Engine) output() int { return e.plan[len(e.plan)-1].Out[0] }

// createVariables makes every weight, with its first value.
func (e *Engine) createVariables() error {
	for _, s := range e.plan {
		for _, p := range s.Params {
			t := tensors.FromFlatDataAndDimensions(p.Initial(s.Name, e.config.Seed), p.Shape...)
			v, err := e.store.CreateVariable(weightPath(s.Name, p.Name), t)
			if err != nil {
				return err
			}
			v.SetTrainable(p.Trainable)
			e.weights = append(e.weights, v)
		}
	}
	if slices.ContainsFunc(e.plan, func(s layer.Step) bool { _, ok := s.Layer.(layer.CustomLayer); return ok }) { // GoMLX's own random numbers
		if err := e.store.SetRNGStateFromSeed(int64(e.config.Seed)); err != nil {
			return err
		}
	}
	return e.createSlots()
}

// createState makes a variable of the engine's own, filled with value; it is not
// part of what is saved unless it is under optimizerScope.
func (e *Engine) createState(path string, value any) (*model.Variable, error) {
	v, err := e.store.CreateVariable(path, tensors.MustFromAnyValue(value))
	if err != nil {
		return nil, err
	}
	return v.SetTrainable(false), nil
}

const (
	modelScope     = "/model"
	optimizerScope = "/optimizer"
	epochScope     = "/epoch"
)

func weightPath(layer, param string) string { return modelScope + "/" + layer + "/" + param }

// dataSet finds a data set that Put took.
func (e *Engine) dataSet(name string) (*deviceSet, error) {
	if s := e.sets[name]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("engine: no data set %q was handed over", name)
}

// labelledSet finds a data set that Put took and that can be learnt from.
func (e *Engine) labelledSet(name string) (*deviceSet, error) {
	s, err := e.dataSet(name)
	if err == nil && s.labels == nil {
		return nil, fmt.Errorf("data set %q has no labels to compare answers with; give it labels, or call Predict, which needs none", name)
	}
	return s, err
}

// Weights are copies of the model's weights.
func (e *Engine) Weights() ([]session.Weight, error) {
	list := make([]session.Weight, len(e.weights))
	err := guard("read the weights", func() error {
		for i, v := range e.weights {
			t, err := v.Value()
			if err != nil {
				return err
			}
			values, err := tensors.CopyFlatData[float32](t)
			if err != nil {
				return err
			}
			list[i] = session.Weight{Name: strings.TrimPrefix(v.Path(), modelScope+"/"), Shape: v.Shape().Dimensions, Values: values}
		}
		return nil
	})
	return list, err
}

// SetWeights replaces the weights that it names.
func (e *Engine) SetWeights(list []session.Weight) error {
	return guard("set the weights", func() error {
		fresh := map[*model.Variable]session.Weight{}
		for _, w := range list {
			v := e.store.GetVariable(modelScope + "/" + w.Name)
			if v == nil {
				return fmt.Errorf("the model has no weights %q; it has %s", w.Name, e.weightNames())
			}
			if want := shapes.Make(dtypes.Float32, w.Shape...); !v.Shape().Equal(want) || len(w.Values) != want.Size() {
				return fmt.Errorf("weights %q are of shape %v in the model but %v (%d values) were given", w.Name, v.Shape().Dimensions, w.Shape, len(w.Values))
			}
			fresh[v] = w
		}
		for v, w := range fresh { // all fit: only now is anything changed
			if err := v.SetValue(tensors.FromFlatDataAndDimensions(w.Values, w.Shape...)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *Engine) weightNames() string {
	var names []string
	for _, v := range e.weights {
		names = append(names, strings.TrimPrefix(v.Path(), modelScope+"/"))
	}
	return strings.Join(names, ", ")
}
