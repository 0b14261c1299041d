// Package engine turns models described as data into GoMLX graphs and trains
// them. It is the only package of mnistkit that imports GoMLX.
//
// Importing it links the engine into a program, so that package session uses
// it in place of the engine program; that is also the way to layers written
// as graph functions:
//
//	import "gonblabs/mnistkit/engine"
//	var swish = engine.Layer("my swish", func(scope *model.Scope, x *graph.Node) *graph.Node { … })
//
// Initial weights, batches and dropout's masks follow from a seed by integer
// arithmetic alone, so that backends differ by rounding only.
package engine

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

func init() { session.Register(Open) }

// Engine is a model with its weights on a backend. It satisfies
// session.Session.
type Engine struct {
	backend compute.Backend
	config  session.Config
	plan    []layer.Step
	store   *model.Store
	weights []*model.Variable // the model's, in its order
	sets    map[string]*onDevice

	trainers             map[int]*model.Exec // by batch size
	evaluator, predictor *model.Exec

	loop   *model.Exec
	most   int // steps that may go into one execution
	rounds int // how many go into the next
}

// Open checks the model in c, chooses the backend and draws the initial
// weights.
//
//	e, err := engine.Open(config)
//
// The backend is $GOMLX_BACKEND, else the one that set-up chose, else pure Go.
func Open(c session.Config) (session.Session, error) {
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

func newEngine(backend compute.Backend, c session.Config) (*Engine, error) {
	plan, err := c.Model.Plan(c.Input)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		backend: backend, config: c, plan: plan, store: model.NewStore(),
		sets: map[string]*onDevice{}, trainers: map[int]*model.Exec{},
		most: mostRounds(backend, plan), rounds: 1,
	}
	e.store.Scope("/").SetParam(seedParam, c.Seed)
	if err := guard("open the model", e.createVariables); err != nil {
		return nil, err
	}
	return e, nil
}

// Backend names what computes: "go" or "xla:cpu".
func (e *Engine) Backend() string { return backendName(e.backend) }

// Close frees the engine's memory; the backend stays, for the next engine of
// the same program.
func (e *Engine) Close() error {
	if e.store != nil {
		e.store.Finalize()
		for _, s := range e.sets {
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
	if err := e.createCustom(); err != nil {
		return err
	}
	return e.createSlots()
}

// scratch makes a variable of the engine's own, filled with value; it is not
// part of what is saved unless it is under optimizerScope.
func (e *Engine) scratch(path string, value any) (*model.Variable, error) {
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

// onDevice is a data set as the backend holds it.
type onDevice struct {
	n              int
	inputs, labels *tensors.Tensor // [n values], [n] or nil
	weights        *tensors.Tensor // [n], or nil
}

func (s *onDevice) args() []any {
	args := []any{s.inputs, s.labels}
	if s.weights != nil {
		args = append(args, s.weights)
	}
	return args
}

func (s *onDevice) finalize() {
	for _, t := range []*tensors.Tensor{s.inputs, s.labels, s.weights} {
		if t != nil {
			_ = t.FinalizeAll() // it goes with the process at the latest
		}
	}
}

// Put checks set against the model and hands it to the backend, in the type
// in which it comes: pixels stay bytes. A set without labels is for Predict.
func (e *Engine) Put(name string, set *data.Set) error {
	if set == nil || set.Len() == 0 {
		return fmt.Errorf("data set %q is empty; a set needs at least one example", name)
	}
	if got, want := fmt.Sprint(set.Inputs.Shape), fmt.Sprint(e.config.Input); got != want {
		return fmt.Errorf("data set %q holds examples of shape %s but the model was made for %s", set.Name, got, want)
	}
	if n := set.Inputs.Len(); n != set.Len() {
		return fmt.Errorf("data set %q holds %d inputs but %d labels", set.Name, n, set.Len())
	}
	if set.Weights != nil && len(set.Weights) != set.Len() {
		return fmt.Errorf("data set %q holds %d examples but %d weights", set.Name, set.Len(), len(set.Weights))
	}
	if err := e.checkLabels(set); err != nil {
		return err
	}
	if err := e.checkWords(set); err != nil {
		return err
	}
	return guard("take data set "+name, func() error {
		s := &onDevice{n: set.Len()}
		var err error
		if s.inputs, err = e.handOver(set.Inputs, set.Inputs.Size()); err != nil {
			return err
		}
		if set.Labelled() {
			if s.labels, err = e.handOver(set.Labels); err != nil {
				return err
			}
		}
		if set.Weights != nil {
			if s.weights, err = e.handOver(data.Array{F32: set.Weights}); err != nil {
				return err
			}
		}
		if old := e.sets[name]; old != nil {
			old.finalize()
		}
		e.sets[name] = s
		return nil
	})
}

// checkLabels holds the labels, if there are any, against the model's end.
func (e *Engine) checkLabels(set *data.Set) error {
	if !set.Labelled() {
		return nil
	}
	if set.Labels.Size() != 1 {
		return fmt.Errorf("data set %q has labels of shape %v; give one value for each example", set.Name, set.Labels.Shape)
	}
	if !e.config.Loss.Classifies() {
		return nil
	}
	if set.Labels.I32 == nil {
		return fmt.Errorf("data set %q has labels of type %s but the loss %s takes class numbers (int32)", set.Name, set.Labels.DType(), e.config.Loss)
	}
	largest := slices.Max(set.Labels.I32)
	limit, remedy := int32(e.output()), fmt.Sprintf("the model ends in %d units; end it with layer.Dense(%d)", e.output(), largest+1)
	if e.config.Loss == session.BinaryCrossentropy {
		limit, remedy = 2, fmt.Sprintf("the loss %s takes 0 and 1", e.config.Loss)
	}
	for i, y := range set.Labels.I32 {
		if y < 0 {
			return fmt.Errorf("label %d of data set %q is %d; class numbers start at 0", i, set.Name, y)
		}
	}
	if largest >= limit {
		return fmt.Errorf("labels of data set %q go up to %d but %s", set.Name, largest, remedy)
	}
	return nil
}

// handOver copies a to the backend, as a tensor of shape [n dims...]. Nothing
// of it stays on the Go side.
func (e *Engine) handOver(a data.Array, dims ...int) (*tensors.Tensor, error) {
	shape := append([]int{a.Len()}, dims...)
	switch {
	case a.U8 != nil:
		return toDevice(e.backend, a.U8, shape)
	case a.I32 != nil:
		return toDevice(e.backend, a.I32, shape)
	}
	return toDevice(e.backend, a.F32, shape)
}

func toDevice[T uint8 | int32 | float32](backend compute.Backend, values []T, dims []int) (*tensors.Tensor, error) {
	shape := shapes.Make(dtypes.FromGenericsType[T](), dims...)
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), len(values)*int(unsafe.Sizeof(values[0])))
	return tensors.FromRaw(backend, 0, shape, bytes)
}

// named finds a data set that Put took.
func (e *Engine) named(name string) (*onDevice, error) {
	if s := e.sets[name]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("engine: no data set %q was handed over", name)
}

// labelled finds a data set that Put took and that can be learnt from.
func (e *Engine) labelled(name string) (*onDevice, error) {
	s, err := e.named(name)
	if err == nil && s.labels == nil {
		return nil, fmt.Errorf("data set %q has no labels to hold answers against; give it labels, or call Predict, which needs none", name)
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
