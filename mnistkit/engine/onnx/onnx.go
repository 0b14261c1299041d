// Package onnx makes a network that another program trained a layer of a model. It is apart from package engine, so that
// only programs that read such files link the reader.
//
//	var base = onnx.Layer("clothes", "clothes.onnx", onnx.WithoutTop, onnx.Frozen)
package onnx

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	reader "github.com/gomlx/onnx-gomlx/onnx"

	"gonblabs/mnistkit/engine"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/internal/check"
	"gonblabs/mnistkit/layer"
)

// Option says how Layer takes a network.
type Option int

const (
	// Frozen keeps the network's weights as they are while the layers around it are trained, as trainable = False in Keras.
	Frozen Option = iota
	// WithoutTop ends the network before its last dense layer (Gemm or MatMul), so that one for other classes can take its
	// place, as include_top=False in Keras.
	WithoutTop
)

// Layer is a network in a file of ONNX as one layer, with its weights. Export writes such files, and so do PyTorch and Keras.
//
//	var base = onnx.Layer("clothes", "clothes.onnx", onnx.WithoutTop, onnx.Frozen)
//	var mine = kit.Run{Name: "mine", Data: digits, Model: layer.Stack{base, layer.Dense(10)}}
//
// Its weights are trained further unless it is Frozen. What only scales its input, and the statistics of BatchNormalization,
// stay as they are in both cases. A softmax or sigmoid at its end is left out, since models end in logits. Images are given to
// it with their channels first where it takes them so. The file must hold the weights itself; its sha256 is part of the name.
// An operator that is not known and a file that is damaged are errors of whatever uses the model.
func Layer(name, path string, options ...Option) layer.Layer {
	frozen, withoutTop := slices.Contains(options, Frozen), slices.Contains(options, WithoutTop)
	contents, err := files.Read(path)
	about := fmt.Sprintf("%s (%.6x", name, sha256.Sum256(contents))
	if withoutTop {
		about += ", without top"
	}
	if frozen {
		about += ", frozen"
	}
	if err != nil {
		return layer.Custom(about+fmt.Sprintf(", %v)", err), func([]int) (layer.Function, error) { return layer.Function{}, err })
	}
	if known, ok := declared.Load(about); ok {
		return known.(layer.Layer)
	}
	once := sync.OnceValues(func() (*network, error) { return read(contents, withoutTop) })
	l := engine.Layer(about+")", func(scope *model.Scope, x *graph.Node) *graph.Node {
		defer func() {
			if p := recover(); p != nil {
				panic(fmt.Errorf("%s: %w", path, sentence(p)))
			}
		}()
		n, err := once()
		if err != nil {
			panic(err)
		}
		return n.apply(scope, x, frozen)
	})
	declared.Store(about, l)
	return l
}

// declared are the layers by their names, so that a network that is declared twice is not taken for two.
var declared sync.Map

// sentence is what the reader panicked with.
func sentence(panicked any) error {
	err, ok := panicked.(error)
	if !ok {
		err = fmt.Errorf("%v", panicked)
	}
	if errors.As(err, new(runtime.Error)) {
		err = fmt.Errorf("it is damaged (%w); write it again", err)
	}
	if _, said, ok := strings.Cut(err.Error(), "unimplemented ONNX op "); ok {
		op, _, _ := strings.Cut(said, " ")
		err = fmt.Errorf("the operator %s is not among those that can be read; write the network without it", op)
	}
	return check.Sentence(check.FirstLine(err))
}

// apply adds the network to the graph of x, and its weights to scope. It panics as graph functions do.
func (n *network) apply(scope *model.Scope, x *graph.Node, frozen bool) *graph.Node {
	if err := n.model.VariablesToScope(scope); err != nil { // those that are there stay
		panic(err)
	}
	for v := range scope.At(reader.ModelScope).IterVariables() {
		v.SetTrainable(!frozen && n.learned[v.Name()])
	}
	_, inputs := n.model.Inputs()
	want, given := inputs[0].Dimensions, x.Shape().Dimensions
	fits := func(given []int) bool {
		return slices.EqualFunc(want, given, func(w, g int) bool { return w < 0 || w == g })
	}
	turned := len(given) == 4 && !fits(given) && fits([]int{given[0], given[3], given[1], given[2]})
	switch {
	case turned:
		x = graph.TransposeAllAxes(x, 0, 3, 1, 2)
	case !fits(given):
		panic(fmt.Errorf("the network takes examples of shape %v, and is given %v; put layers before it that give that shape", want[min(1, len(want)):], given[1:]))
	}
	x = graph.ConvertDType(x, inputs[0].DType)
	y := n.model.CallGraph(scope, x.Graph(), map[string]*graph.Node{n.input: x}, n.output)[0]
	if y.DType() != dtypes.Float32 {
		panic(fmt.Errorf("the network gives %s; write one that gives float32", y.DType()))
	}
	if turned && y.Rank() == 4 {
		y = graph.TransposeAllAxes(y, 0, 2, 3, 1)
	}
	return y
}
