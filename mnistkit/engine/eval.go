package engine

import (
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/internal/check"
)

// Function is a graph function. It takes nodes, which stand for numbers, and
// returns a node that stands for the result. graph.Add is one; you build your own
// from such functions.
type Function interface {
	func(*graph.Graph) *graph.Node |
		func(*graph.Node) *graph.Node |
		func(a, b *graph.Node) *graph.Node |
		func(a, b, c *graph.Node) *graph.Node |
		func(a, b, c, d *graph.Node) *graph.Node |
		func([]*graph.Node) *graph.Node
}

// Eval computes f once, on the chosen backend.
//
//	y := must.M1(engine.Eval(func(x *graph.Node) *graph.Node { return graph.Square(x) }, 3.0)) // float64: 9
//
// Inputs are numbers, slices, slices of slices, a data.Array, a Value or a tensor.
// They keep their type: 3.0 is a float64, float32(3) a float32, and 3 an int64.
// Most functions need equal types. A mistake in f is an error.
func Eval[F Function](f F, inputs ...any) (Value, error) {
	return first(prepare("engine.Eval", single(f))(inputs))
}

// Gradients gives the gradient of f with respect to each input: how fast the
// result grows when the input does. The result of f must be a single number.
//
//	must.M1(engine.Gradients(func(x *graph.Node) *graph.Node { return graph.Square(x) }, 3.0)) // 6
//
// Each gradient has the shape of its input. Inputs are as in Eval, and must be
// floating-point numbers: 3.0, not 3.
func Gradients[F Function](f F, at ...any) ([]Value, error) {
	list, err := prepare("engine.Gradients", withGradients(f, len(at)))(at)
	if err != nil {
		return nil, err
	}
	return list[1:], nil
}

// Derivative is the function f′. It gives the slope of f at each number of x.
//
//	must.M1(engine.Eval(engine.Derivative(graph.Sin), 0.0)) // cos 0 = 1
//
// f must work on each number by itself. engine.Derivative(engine.Derivative(f)) is
// f″.
func Derivative(f func(x *graph.Node) *graph.Node) func(x *graph.Node) *graph.Node {
	return func(x *graph.Node) *graph.Node {
		return graph.Gradient(graph.ReduceAllSum(f(x)), x)[0]
	}
}

type builder = func(g *graph.Graph, x []*graph.Node) []*graph.Node

func single[F Function](f F) builder {
	return func(g *graph.Graph, x []*graph.Node) []*graph.Node { return []*graph.Node{apply(f, g, x)} }
}

// apply calls f with as many inputs as it takes.
func apply[F Function](f F, g *graph.Graph, x []*graph.Node) *graph.Node {
	fn := reflect.ValueOf(f)
	takes, args := fn.Type().NumIn(), make([]reflect.Value, len(x))
	for i := range x {
		args[i] = reflect.ValueOf(x[i])
	}
	switch fn.Type().In(0) {
	case reflect.TypeFor[*graph.Graph]():
		takes, args = 0, append(args, reflect.ValueOf(g))
	case reflect.TypeFor[[]*graph.Node]():
		takes, args = len(x), []reflect.Value{reflect.ValueOf(x)}
	}
	if takes != len(x) {
		panic(fmt.Errorf("f takes %d inputs but %d were given", takes, len(x)))
	}
	y := fn.Call(args)[0].Interface().(*graph.Node)
	if y == nil {
		panic(fmt.Errorf("f gives nil; give the node of its result"))
	}
	return y
}

// asTensors makes tensors of Go values. Tensors are copied, so that one that
// lies on another backend can be used.
func asTensors(inputs []any) ([]any, error) {
	args := make([]any, len(inputs))
	for i, v := range inputs {
		var t *tensors.Tensor
		var err error
		switch v := v.(type) {
		case Value:
			if v.t == nil {
				return nil, fmt.Errorf("input %d is an empty Value; was the error of its Eval ignored?", i+1)
			}
			t, err = v.t.LocalClone()
		case *tensors.Tensor:
			t, err = v.LocalClone()
		case data.Array:
			t, err = arrayTensor(v)
		default:
			t, err = tensors.FromAnyValue(v)
		}
		if err != nil {
			return nil, fmt.Errorf("input %d, of type %T: %w", i+1, v, check.FirstLine(err))
		}
		args[i] = t
	}
	return args, nil
}

// arrayTensor is an Array with its examples as the first axis.
func arrayTensor(a data.Array) (*tensors.Tensor, error) {
	if a.DType() == "" {
		return nil, fmt.Errorf("the array holds no values")
	}
	t := tensors.FromShape(shapes.Make(dtypeOf[a.DType()], append([]int{a.Len()}, a.Shape...)...))
	return t, t.MutableBytes(func(all []byte) { copy(all, a.Bytes()) })
}

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
	ready := sync.OnceValues(func() (*graph.Exec, error) {
		backend, err := Backend()
		return newProgram(backend, f), err
	})
	return func(inputs []any) (list []Value, err error) {
		p, err := ready()
		if err == nil {
			err = guard("compute", func() error {
				args, err := asTensors(inputs)
				if err == nil {
					list, err = run(p, args)
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

// newProgram is f as a program, which is compiled once for each shape of its inputs.
func newProgram(backend compute.Backend, f builder) *graph.Exec {
	return graph.MustNewExec(backend, func(g *graph.Graph, x []*graph.Node) (y []*graph.Node) {
		must(catch(func() error { y = f(g, x); return nil }))
		return y
	}).SetMaxCache(-1) // as many shapes as there are
}

// run brings the results of a program to Go's memory.
func run(program *graph.Exec, args []any) ([]Value, error) {
	out, err := program.Call(args...)
	if cause := (*check.Error)(nil); errors.As(err, &cause) { // without GoMLX's words around it
		return nil, cause
	}
	if err != nil {
		return nil, err
	}
	list := make([]Value, len(out))
	for i, t := range out {
		local, err := t.LocalClone()
		must(err)
		list[i] = Value{local}
		t.MustFinalizeAll()
	}
	return list, nil
}
