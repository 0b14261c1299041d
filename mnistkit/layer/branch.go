package layer

import (
	"fmt"
	"slices"
)

// AddLayer adds the outputs of its branches; make it with Residual or with
// Parallel(…).Add().
type AddLayer struct {
	weightless
	Branches []Stack `json:"branches"`
}

// ConcatenateLayer joins the outputs of its branches by their channels; make it
// with Parallel.
type ConcatenateLayer struct {
	weightless
	Branches []Stack `json:"branches"`
}

// Residual adds the input of layers to their output, as in a ResNet.
//
//	layer.Residual(layer.Conv2D(16, 3).Same().ReLU(), layer.Conv2D(16, 3).Same()), layer.ReLU()
//
// If the shapes differ, a projection brings the input to the shape of the output:
// a 1×1 convolution with the stride that fits, and for rows a Dense layer.
// It is Parallel(layer.Stack{layers…}, layer.Stack{}).Add().
func Residual(layers ...Layer) AddLayer { return AddLayer{Branches: []Stack{slices.Clone(layers), {}}} }

// Parallel gives its input to several stacks and joins their outputs along the
// last axis, the channels, as in an Inception block.
//
//	layer.Parallel(layer.Stack{layer.Conv2D(8, 1)}, layer.Stack{layer.Conv2D(8, 3).Same()})
//
// The outputs may differ only in their channels. An empty Stack passes the input
// on.
func Parallel(branches ...Stack) ConcatenateLayer {
	return ConcatenateLayer{Branches: slices.Clone(branches)}
}

// Add adds the outputs instead, which must have the same shape:
// layer.Parallel(a, b).Add(). An empty Stack is a shortcut, as in Residual.
func (c ConcatenateLayer) Add() AddLayer { return AddLayer(c) }

// Output is the shape of each of the branches' outputs.
func (a AddLayer) Output(in []int) ([]int, error) { return joined(a, in) }

// Output is the shape of the branches' outputs, with the sum of their channels.
func (c ConcatenateLayer) Output(in []int) ([]int, error) { return joined(c, in) }

// joined is what a layer that holds branches gives for the shape in.
func joined(l Layer, in []int) ([]int, error) {
	p := planner{in: in, named: map[string]int{}}
	_, out, err := p.branches(l, -1)
	return out, err
}

// branchesOf are those of a layer that holds some: stacks that take the same input.
func branchesOf(l Layer) []Stack {
	switch l := l.(type) {
	case AddLayer:
		return l.Branches
	case ConcatenateLayer:
		return l.Branches
	}
	return nil
}

// projection gives the shape out for the shape in.
func projection(in, out []int) (Layer, error) {
	switch {
	case len(in) == 1 && len(out) == 1:
		return Dense(out[0]), nil
	case len(in) == 3 && len(out) == 3 && slices.Min(out) > 0:
		c := Conv2D(out[2], 1)
		c.Strides = &[2]int{(in[0] + out[0] - 1) / out[0], (in[1] + out[1] - 1) / out[1]}
		if fits, err := c.Output(in); err == nil && slices.Equal(fits, out) {
			return c, nil
		}
	}
	return nil, fmt.Errorf("its layers turn shape %v into %v, and no projection of the input fits that; pad convolutions with Same()", in, out)
}

// join is the shape that the outputs of branches have together, added or by their channels.
func join(shapes [][]int, adds bool) ([]int, error) {
	last := len(shapes[0]) - 1
	out := slices.Clone(shapes[0])
	for _, s := range shapes[1:] {
		if adds && !slices.Equal(s, out) {
			return nil, fmt.Errorf("its branches give the shapes %v, which cannot be added; make them equal", shapes)
		}
		if !adds && (last < 0 || len(s) != len(out) || !slices.Equal(s[:last], out[:last])) {
			return nil, fmt.Errorf("its branches give the shapes %v, which differ in more than their channels; pad convolutions with Same()", shapes)
		}
		if !adds {
			out[last] += s[last]
		}
	}
	return out, nil
}

// Map is the stack with change applied to each layer, those in branches too.
//
//	stack.Map(func(l layer.Layer) layer.Layer { return l })
//
// The stack itself stays as it is.
func (s Stack) Map(change func(Layer) Layer) Stack {
	if s == nil {
		return nil
	}
	list := make(Stack, len(s))
	for i, l := range s {
		var branches []Stack
		for _, b := range branchesOf(l) {
			branches = append(branches, b.Map(change))
		}
		switch l.(type) {
		case AddLayer:
			l = AddLayer{Branches: branches}
		case ConcatenateLayer:
			l = ConcatenateLayer{Branches: branches}
		}
		list[i] = change(l)
	}
	return list
}
