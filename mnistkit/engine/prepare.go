package engine

import (
	"fmt"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// Prepare is Eval for many calls. It compiles the graph once for each shape of the
// inputs.
//
//	predict := engine.Prepare(line); y := must.M1(predict(w, b, x))
func Prepare[F Function](f F) func(inputs ...any) (Value, error) {
	call := prepare("engine.Prepare", single(f))
	return func(inputs ...any) (Value, error) { return first(call(inputs)) }
}

// PrepareGradients prepares a training step. Each call gives the result of f, which
// is a single number, and its gradients with respect to the first n inputs.
//
//	step := engine.PrepareGradients(2, loss); l, g, err := step(w, b, x, y)
//
// The inputs after the first n, such as data and labels, may have any type.
func PrepareGradients[F Function](n int, f F) func(inputs ...any) (Value, []Value, error) {
	call := prepare("engine.PrepareGradients", withGradients(f, n))
	return func(inputs ...any) (Value, []Value, error) {
		list, err := call(inputs)
		if err != nil {
			return Value{}, nil, err
		}
		return list[0], list[1:], nil
	}
}

// withGradients gives f's result and its gradients with regard to the first n
// inputs.
func withGradients[F Function](f F, n int) builder {
	return func(g *graph.Graph, x []*graph.Node) []*graph.Node {
		if n < 0 || n > len(x) {
			panic(fmt.Errorf("gradients of %d inputs were asked for but %d were given", n, len(x)))
		}
		for i, x := range x[:n] {
			if !x.DType().IsFloat() {
				panic(fmt.Errorf("input %d is of type %s but only floating-point numbers have gradients; write 3.0 in place of 3", i+1, x.DType()))
			}
		}
		y := apply(f, g, x)
		if y.Rank() > 0 {
			panic(fmt.Errorf("f gives a result of shape %v but gradients are of a single number; sum it up with graph.ReduceAllSum", y.Shape().Dimensions))
		}
		if n == 0 {
			return []*graph.Node{y}
		}
		return append([]*graph.Node{y}, graph.Gradient(y, x[:n]...)...)
	}
}

// prepare starts backend and program at the first call; errors begin with the name
// of the caller.
func prepare(caller string, f builder) func(inputs []any) ([]Value, error) {
	ready := sync.OnceValues(func() (*program, error) {
		backend, err := Backend()
		return newProgram(backend, f), err
	})
	return func(inputs []any) (list []Value, err error) {
		p, err := ready()
		if err == nil {
			err = guard("compute", func() error {
				args, err := asTensors(inputs)
				if err == nil {
					list, err = p.call(args)
				}
				return err
			})
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", caller, err)
		}
		return list, nil
	}
}

// first is the only value of a list, or the error instead.
func first(list []Value, err error) (Value, error) {
	if err != nil {
		return Value{}, err
	}
	return list[0], nil
}

// program is a function that can be called. It is compiled once for each shape of
// its inputs.
type program struct {
	exec  *graph.Exec
	cause error // why f could not be built, without GoMLX's words around it
}

func newProgram(backend compute.Backend, f builder) *program {
	p := &program{}
	p.exec = graph.MustNewExec(backend, func(g *graph.Graph, x []*graph.Node) (y []*graph.Node) {
		if p.cause = catch(func() error { y = f(g, x); return nil }); p.cause != nil {
			panic(p.cause)
		}
		return y
	})
	return p
}

// call runs the program and brings the results to Go's memory.
func (p *program) call(args []any) ([]Value, error) {
	p.cause = nil
	out, err := p.exec.Call(args...)
	if p.cause != nil {
		return nil, p.cause
	}
	if err != nil {
		return nil, err
	}
	list := make([]Value, len(out))
	for i, t := range out {
		local, err := t.LocalClone()
		if err != nil {
			return nil, err
		}
		list[i] = Value{local}
		if err := t.FinalizeAll(); err != nil {
			return nil, err
		}
	}
	return list, nil
}
