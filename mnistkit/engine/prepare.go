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
	p := prepare(single(f))
	return func(inputs ...any) (Value, error) {
		list, err := p(inputs)
		if err != nil {
			return Value{}, fmt.Errorf("engine.Prepare: %w", err)
		}
		return list[0], nil
	}
}

// PrepareGradients prepares a training step. Each call gives the result of f, which
// is a single number, and its gradients with respect to the first n inputs.
//
//	step := engine.PrepareGradients(2, loss); l, g, err := step(w, b, x, y)
//
// The inputs after the first n, such as data and labels, may have any type.
func PrepareGradients[F Function](n int, f F) func(inputs ...any) (Value, []Value, error) {
	p := prepare(withGradients(f, n))
	return func(inputs ...any) (Value, []Value, error) {
		list, err := p(inputs)
		if err != nil {
			return Value{}, nil, fmt.Errorf("engine.PrepareGradients: %w", err)
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

// prepare starts backend and program at the first call.
func prepare(f builder) func(inputs []any) ([]Value, error) {
	ready := sync.OnceValues(func() (*program, error) {
		backend, err := Backend()
		if err != nil {
			return nil, err
		}
		return newProgram(backend, f)
	})
	return func(inputs []any) (list []Value, err error) {
		p, err := ready()
		if err != nil {
			return nil, err
		}
		err = guard("compute", func() error {
			args, err := asTensors(inputs)
			if err == nil {
				list, err = p.call(args)
			}
			return err
		})
		return list, err
	}
}

// runOnce builds, runs and reads.
func runOnce(backend compute.Backend, f builder, inputs []any) (list []Value, err error) {
	err = guard("compute", func() error {
		args, err := asTensors(inputs)
		if err != nil {
			return err
		}
		p, err := newProgram(backend, f)
		if err != nil {
			return err
		}
		defer p.exec.Finalize()
		list, err = p.call(args)
		return err
	})
	return list, err
}

// program is a function that can be called.
type program struct {
	exec  *graph.Exec
	cause error // why f could not be built, without GoMLX's words around it
}

func newProgram(backend compute.Backend, f builder) (*program, error) {
	p := &program{}
	var err error
	p.exec, err = graph.NewExec(backend, func(g *graph.Graph, x []*graph.Node) []*graph.Node {
		defer func() {
			if r := recover(); r != nil {
				p.cause = fmt.Errorf("%v", r)
				panic(r)
			}
		}()
		return f(g, x)
	})
	return p, err
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
