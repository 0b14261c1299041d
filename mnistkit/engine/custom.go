package engine

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/layer"
)

// LayerFunc is a layer as a graph function: a batch [b, in...] to a batch
// [b, out...]. Weights are variables of scope; scope.IsTraining tells training
// from evaluation.
type LayerFunc func(scope *model.Scope, x *graph.Node) *graph.Node

var (
	customMu sync.Mutex
	customs  = map[string]LayerFunc{}
)

// Layer makes a layer of any graph function, to stand in a layer.Stack.
//
//	var halve = engine.Layer("halve", func(scope *model.Scope, x *graph.Node) *graph.Node { return graph.MulScalar(x, 0.5) })
//
// The name and a fingerprint of the graph go into the run's record in place of
// the function. Shapes, weights and fingerprint are found by building the graph
// on the pure-Go backend.
func Layer(name string, f LayerFunc) layer.Layer {
	customMu.Lock()
	customs[name] = f
	customMu.Unlock()
	return layer.Custom(name, layer.Function{
		Shape: func(in []int) ([]int, error) {
			p, err := probe(name, f, in, false)
			return p.out, err
		},
		Params: func(in []int) []layer.Param {
			p, _ := probe(name, f, in, false) // Shape has told of the error
			return p.params
		},
		Print: func(in []int) string {
			p, _ := probe(name, f, in, true)
			return p.print
		},
	})
}

// probed is what building a function's graph tells.
type probed struct {
	out    []int
	params []layer.Param
	print  string
}

// probe builds f's graph for one example of shape in, without running it.
func probe(name string, f LayerFunc, in []int, training bool) (p probed, err error) {
	err = guard(fmt.Sprintf("build layer %q for inputs of shape %v", name, in), func() error {
		backend, err := compute.NewWithConfig("go")
		if err != nil {
			return err
		}
		defer backend.Finalize()
		store := model.NewStore()
		g := graph.NewGraph(backend, "probe")
		defer g.Finalize()
		model.SetStore(g, store)
		store.SetTraining(g, training)
		x := graph.Parameter(g, "x", shapes.Make(dtypes.Float32, append([]int{2}, in...)...))
		y := f(store.Scope(modelScope), x)
		if y.Rank() < 1 || y.Shape().Dimensions[0] != 2 {
			return fmt.Errorf("it turns a batch %v into %v; the first axis, the batch, must stay", x.Shape().Dimensions, y.Shape().Dimensions)
		}
		p.out = y.Shape().Dimensions[1:]
		// The first line of the text names the graph, not what it computes.
		_, text, _ := strings.Cut(g.String(), "\n")
		p.print = fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:16]
		for v := range store.IterVariables() {
			p.params = append(p.params, layer.Param{
				Name:      strings.TrimPrefix(v.Path(), modelScope+"/"),
				Shape:     v.Shape().Dimensions,
				Trainable: v.Trainable,
				Init:      "custom",
			})
		}
		return nil
	})
	return p, err
}

// createCustom lets the graph functions in the model set up their weights:
// they were made with zeros, and are now drawn by the function's initialiser.
func (e *Engine) createCustom() error {
	for _, s := range e.plan {
		l, ok := s.Layer.(layer.CustomLayer)
		if !ok {
			continue
		}
		f, err := customFunc(l.Name)
		if err != nil {
			return err
		}
		for _, p := range s.Params {
			if err := e.store.DeleteVariable(weightPath(s.Name, p.Name)); err != nil {
				return err
			}
		}
		if err := e.store.SetRNGStateFromSeed(int64(e.config.Seed)); err != nil {
			return err
		}
		g := graph.NewGraph(e.backend, "initial weights of "+l.Name)
		model.SetStore(g, e.store)
		x := graph.Parameter(g, "x", shapes.Make(dtypes.Float32, append([]int{2}, s.In...)...))
		f(e.store.Scope(modelScope+"/"+s.Name), x)
		g.Finalize()
	}
	if err := e.store.InitializeVariables(e.backend, nil); err != nil {
		return err
	}
	e.weights = nil
	for _, s := range e.plan {
		for _, p := range s.Params {
			v := e.store.GetVariable(weightPath(s.Name, p.Name))
			if v == nil {
				return fmt.Errorf("layer %q holds weights %q for some shapes only", s.Name, p.Name)
			}
			e.weights = append(e.weights, v)
		}
	}
	return nil
}

// custom applies a graph function. Each graph starts afresh with the names of
// its variables.
func (p *pass) custom(s layer.Step, l layer.CustomLayer, x *graph.Node) *graph.Node {
	f, err := customFunc(l.Name)
	if err != nil {
		panic(err)
	}
	return f(p.e.store.Scope(modelScope+"/"+s.Name), x)
}

func customFunc(name string) (LayerFunc, error) {
	customMu.Lock()
	defer customMu.Unlock()
	if f := customs[name]; f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("the function of layer %q is not in this program; import the package that calls engine.Layer(%q, …)", name, name)
}
