// Package engine turns models described as data into GoMLX graphs and trains
// them. With engine/onnx it is all of mnistkit that imports GoMLX.
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
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
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
	devices  *distributed.ShardingSpec // of what lies whole on each; nil: there is one
	config   session.Recipe
	plan     []layer.Step
	store    *model.Store
	weights  []*model.Variable // the model's, in its order
	sets     map[string]*deviceSet
	incoming map[string]*deviceSet // those of which examples are still to come

	trainer, loop, evaluator, predictor *model.Exec
	places                              map[int]array // 0 … b-1 for a batch of b examples
	maxRounds                           int           // steps that may go into one execution
	rounds                              int           // how many go into the next
}

// Open checks the recipe c, chooses the backend and draws the initial
// weights.
//
//	e, err := engine.Open(recipe)
//
// The backend is $GOMLX_BACKEND, else the one that set-up chose, else pure Go.
func Open(c session.Recipe) (session.Session, error) {
	backend, err := Backend()
	if err = cmp.Or(c.Check(), err); err == nil {
		backend, err = withDevices(backend, c.Devices)
	}
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
		backend: backend, devices: onEach(c.Devices), config: c, plan: plan, store: model.NewStore(),
		sets: map[string]*deviceSet{}, incoming: map[string]*deviceSet{}, places: map[int]array{},
		maxRounds: maxRounds(backend, plan), rounds: 1,
	}
	err = guard("open the model", func() error {
		e.createVariables()
		e.trainer = model.MustNewExec(backend, e.store, e.trainStep)
		e.loop = model.MustNewExec(backend, e.store, e.trainLoop)
		e.evaluator = model.MustNewExec(backend, e.store, e.evaluateStep)
		e.predictor = model.MustNewExec(backend, e.store, e.predictStep)
		return nil
	})
	return e, err
}

// Backend is the name of what computes: "go" or "xla:cpu".
func (e *Engine) Backend() string { return backendName(e.backend) }

// Close frees the engine's memory. The backend remains for the next engine of the
// same program.
func (e *Engine) Close() error {
	if e.store != nil {
		e.store.Finalize()
		finalize(slices.Collect(maps.Values(e.places))...)
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

// createVariables makes every weight, the optimiser's memory and the numbers of an epoch, in
// this order, which the compiled step has too: it is found again by its text.
func (e *Engine) createVariables() {
	for _, s := range e.plan {
		for _, p := range s.Params {
			t := tensors.FromFlatDataAndDimensions(p.Initial(s.Name, e.config.Seed), p.Shape...)
			e.weights = append(e.weights, e.create(weightPath(s.Name, p.Name), t).SetTrainable(p.Trainable))
		}
	}
	if slices.ContainsFunc(e.plan, func(s layer.Step) bool { _, ok := s.Layer.(layer.CustomLayer); return ok }) { // GoMLX's own random numbers
		must(e.store.SetRNGStateFromSeed(int64(e.config.Seed)))
		if e.devices != nil { // GoMLX gives its state no store, and so none to take this from
			e.store.GetVariable("/" + model.RNGStateVariableName).WithShardingSpec(e.devices)
		}
	}
	for _, v := range e.trainable() {
		for _, slot := range e.slots() {
			value := tensors.FromShape(v.Shape())
			if slot == averageSlot {
				value = tensors.FromFlatDataAndDimensions(tensors.MustCopyFlatData[float32](v.MustValue()), v.Shape().Dimensions...)
			}
			e.create(slotPath(v, slot), value)
		}
	}
	e.create(optimizerScope+"/iterations", float32(0))
	e.create(optimizerScope+"/learning_rate", float32(0))
	e.create(epochScope+"/batch", int32(0))
	e.create(epochScope+"/key", uint32(0))
	e.create(epochScope+"/sums", make([]float32, len(e.summed())))
}

// create makes a variable that no optimiser changes.
func (e *Engine) create(path string, value any) *model.Variable {
	return e.store.VariableWithValue(path, value).SetTrainable(false)
}

// set gives a variable of the engine's own a value.
func (e *Engine) set(path string, value any) {
	must(e.store.GetVariable(path).SetValue(tensors.MustFromAnyValue(value)))
}

// The scopes of variables. What is under epochScope is not saved.
const (
	modelScope     = "/model"
	optimizerScope = "/optimizer"
	epochScope     = "/epoch"
)

func weightPath(layer, param string) string { return modelScope + "/" + layer + "/" + param }

func weightName(v *model.Variable) string { return strings.TrimPrefix(v.Path(), modelScope+"/") }

func (e *Engine) dataSet(name string) (*deviceSet, error) {
	if s := e.sets[name]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("engine: no data set %q was handed over", name)
}

// labelledSet finds a data set that Put took and that can be learnt from.
func (e *Engine) labelledSet(name string) (*deviceSet, error) {
	s, err := e.dataSet(name)
	if err == nil && s.arrays[1] == nil {
		return nil, fmt.Errorf("data set %q has no labels to compare answers with; give it labels, or call Predict, which needs none", name)
	}
	return s, err
}

// Weights are copies of the model's weights, or of their averages.
func (e *Engine) Weights() ([]session.Weight, error) {
	list := make([]session.Weight, len(e.weights))
	err := guard("read the weights", func() error {
		e.swapAverages()
		defer e.swapAverages()
		for i, v := range e.weights {
			list[i] = session.Weight{Name: weightName(v), Shape: v.Shape().Dimensions, Values: tensors.MustCopyFlatData[float32](v.MustValue())}
		}
		return nil
	})
	return list, err
}

// SetWeights replaces the weights that it names, and their averages.
func (e *Engine) SetWeights(list []session.Weight) error {
	return guard("set the weights", func() error {
		for _, w := range list {
			v := e.store.GetVariable(modelScope + "/" + w.Name)
			if v == nil {
				return fmt.Errorf("the model has no weights %q; Weights names those that it has", w.Name)
			}
			if want := shapes.Make(dtypes.Float32, w.Shape...); !v.Shape().Equal(want) || len(w.Values) != want.Size() {
				return fmt.Errorf("weights %q are of shape %v in the model but %v (%d values) were given", w.Name, v.Shape().Dimensions, w.Shape, len(w.Values))
			}
		}
		for _, w := range list { // all fit: only now is anything changed
			v := e.store.GetVariable(modelScope + "/" + w.Name)
			must(v.SetValue(tensors.FromFlatDataAndDimensions(w.Values, w.Shape...)))
			if average := e.average(v); average != nil {
				must(average.SetValue(tensors.FromFlatDataAndDimensions(w.Values, w.Shape...)))
			}
		}
		return nil
	})
}
