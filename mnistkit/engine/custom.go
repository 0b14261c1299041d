package engine

import (
	"fmt"
	"sync"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/layer"
)

// LayerFunc is a layer as a graph function. It takes a batch [b, in...] and returns
// a batch [b, out...]. Its weights are variables of scope; scope.IsTraining says
// whether the graph is one of training.
type LayerFunc func(scope *model.Scope, x *graph.Node) *graph.Node

var (
	customMu sync.Mutex
	customs  = map[string]LayerFunc{}
)

// Layer makes a layer for a layer.Stack from any graph function.
//
//	var halve = engine.Layer("halve", func(scope *model.Scope, x *graph.Node) *graph.Node { return graph.MulScalar(x, 0.5) })
//
// The run's record contains the name and a fingerprint of what the function
// computes, instead of the function. To find shapes, weights and fingerprint, the
// engine builds its graphs on the pure-Go backend and does not run them.
func Layer(name string, f LayerFunc) layer.Layer {
	customMu.Lock()
	customs[name] = f
	customMu.Unlock()
	return layer.Custom(name, func(in []int) (layer.Function, error) { return examine(name, f, in) })
}

// custom applies a graph function. Each graph starts afresh with the names of
// its variables.
func (p *pass) custom(s layer.Step, l layer.CustomLayer, x *graph.Node) *graph.Node {
	f, err := customFunc(l.Name)
	if err != nil {
		panic(err)
	}
	scope := p.e.store.Scope(modelScope + "/" + s.Name)
	y := f(scope, x)
	if n := scope.NumVariables(); n != len(s.Params) {
		panic(fmt.Errorf("layer %q makes %d weights for a batch %v but %d for another; make the same weights in every call", l.Name, n, x.Shape().Dimensions, len(s.Params)))
	}
	return y
}

func customFunc(name string) (LayerFunc, error) {
	customMu.Lock()
	defer customMu.Unlock()
	if f := customs[name]; f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("the function of layer %q is not in this program; import the package that calls engine.Layer(%q, …)", name, name)
}
