package engine

import (
	"errors"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/data"
)

// TestEval holds results, types and how they are written.
func TestEval(t *testing.T) {
	square := func(x *graph.Node) *graph.Node { return graph.Square(x) }
	eval := func(v Value, err error) Value {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	nested := eval(Eval(graph.MatMul, [][]float32{{1, 2}, {3, 4}}, [][]float32{{1, 0, 1}, {0, 1, 1}}))
	for _, c := range []struct {
		got  Value
		want string
	}{
		{eval(Eval(square, 3.0)), "float64: 9"},
		{eval(Eval(square, 3)), "int64: 9"},
		{eval(Eval(square, float32(0.1))), "float32: 0.01"},
		{eval(Eval(square, []float64{1, 2, 3})), "float64 [3]: [1 4 9]"},
		{eval(Eval(graph.Add, []int32{1, 2}, []int32{10, 20})), "int32 [2]: [11 22]"},
		{eval(Eval(graph.GreaterThan, []float64{1, 2}, []float64{2, 1})), "bool [2]: [false true]"},
		{nested, "float32 [2 3]:\n[[1 2 3]\n [3 4 7]]"},
		{eval(Eval(square, nested)), "float32 [2 3]:\n[[1 4 9]\n [9 16 49]]"},
		{eval(Eval(square, nested.Tensor())), "float32 [2 3]:\n[[1 4 9]\n [9 16 49]]"},
		{eval(Eval(func(x *graph.Node) *graph.Node { return graph.Reshape(x, 2, 1, 2) }, []float64{1, 2, 3, 4})), "float64 [2 1 2]:\n[[[1 2]]\n\n [[3 4]]]"},
		{eval(Eval(func(g *graph.Graph) *graph.Node { return graph.Const(g, []int32{7}) })), "int32 [1]: [7]"},
		{eval(Eval(func(g *graph.Graph) *graph.Node {
			return graph.ConvertDType(graph.Const(g, firstIndices(20)), dtypes.Float32)
		})), "float32 [20]: [0 1 2 3 … 16 17 18 19]"},
		{eval(Eval(func(x []*graph.Node) *graph.Node { return graph.Add(graph.Add(x[0], x[1]), x[2]) }, 1.0, 2.0, 3.0)), "float64: 6"},
		{eval(Eval(func(a, b, c *graph.Node) *graph.Node { return graph.Add(graph.Mul(a, b), c) }, 2.0, 3.0, 1.0)), "float64: 7"},
		{eval(Eval(square, data.Array{Shape: []int{2}, F32: []float32{1, 2, 3, 4}})), "float32 [2 2]:\n[[1 4]\n [9 16]]"},
		{Value{}, "no value"},
	} {
		if got := c.got.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if got, want := nested.Go(), any([][]float32{{1, 2, 3}, {3, 4, 7}}); !cmp.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if !math.IsNaN(nested.Float()) || eval(Eval(square, 3.0)).Float() != 9 {
		t.Error("Float is the number of a Value that holds one")
	}
}

// TestGradients holds slopes against those known from school.
func TestGradients(t *testing.T) {
	near := func(what string, list []Value, err error, want ...float64) {
		t.Helper()
		var got []float64
		for _, v := range list {
			got = append(got, v.Values()...)
		}
		if err != nil || len(got) != len(want) {
			t.Fatalf("%s: %v %v, want %v", what, got, err, want)
		}
		for i := range got {
			nearOne(t, what, got[i], want[i], 1e-9)
		}
	}
	cube := func(x *graph.Node) *graph.Node { return graph.Mul(x, graph.Square(x)) }
	list, err := Gradients(cube, 2.0)
	near("3x²", list, err, 12)
	list, err = Gradients(func(a, b *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Mul(a, b)) }, []float64{1, 2}, []float64{3, 4})
	near("of a product", list, err, 3, 4, 1, 2)
	// A function with Go's control flow: the graph is what the loop built.
	power := func(n int) func(x *graph.Node) *graph.Node {
		return func(x *graph.Node) *graph.Node {
			y := x
			for range n - 1 {
				y = graph.Mul(y, x)
			}
			return y
		}
	}
	list, err = Gradients(power(5), 2.0)
	near("5x⁴", list, err, 80)
	for n, want := range []float64{8, 12, 12, 6, 0} { // x³ and its derivatives, at 2
		f := cube
		for range n {
			f = Derivative(f)
		}
		v, err := Eval(f, []float64{2, 0})
		if err != nil {
			t.Fatal(err)
		}
		nearOne(t, "a derivative of x³", v.Values()[0], want, 1e-9)
	}
}

// TestEvalErrors: what goes wrong in a graph function is a sentence.
func TestEvalErrors(t *testing.T) {
	add := func(a, b *graph.Node) *graph.Node { return graph.Add(a, b) }
	square := func(x *graph.Node) *graph.Node { return graph.Square(x) }
	for _, c := range []struct {
		call  func() error
		words []string
	}{
		{func() error { _, err := Eval(add, 1.0); return err }, []string{"engine.Eval: cannot compute", "f takes 2 inputs but 1 were given"}},
		{func() error { _, err := Eval(add, 1.0, float32(2)); return err }, []string{"engine.Eval: cannot compute: ", "Float64", "Float32"}},
		{func() error { _, err := Eval(add, []float64{1, 2}, []float64{1, 2, 3}); return err }, []string{"engine.Eval: cannot compute"}},
		{func() error { _, err := Eval(square, "three"); return err }, []string{"input 1, of type string"}},
		{func() error { _, err := Eval(square, [][]float64{{1}, {1, 2}}); return err }, []string{"input 1, of type [][]float64"}},
		{func() error { _, err := Eval(square, Value{}); return err }, []string{"input 1 is an empty Value"}},
		{func() error { _, err := Eval(square, data.Array{}); return err }, []string{"the array holds no values"}},
		{func() error {
			_, err := Eval(func(*graph.Node) *graph.Node { panic(errors.New("out of\ncheese")) }, 1.0)
			return err
		}, []string{"out of"}},
		{func() error { _, err := Eval(func(*graph.Node) *graph.Node { return nil }, 1.0); return err }, []string{"f gives nil"}},
		{func() error { _, err := Gradients(square, 3); return err }, []string{"engine.Gradients", "input 1 is of type Int64", "write 3.0"}},
		{func() error { _, err := Gradients(square, []float64{1, 2}); return err }, []string{"shape [2]", "graph.ReduceAllSum"}},
		{func() error { _, err := On("tpu", square, 1.0); return err }, []string{`engine.On("tpu")`, "there is no such backend here"}},
	} {
		oneSentence(t, c.call(), c.words...)
	}
}

// TestOn: every backend gives the same product.
func TestOn(t *testing.T) {
	names, err := Backends()
	if err != nil {
		t.Fatal(err)
	}
	if len(names) != len(started) {
		t.Errorf("backends %v, want %d", names, len(started))
	}
	a := [][]float32{{1, 2}, {3, 4}}
	for _, name := range names {
		timing, err := On(name, graph.MatMul, a, a)
		if err != nil {
			t.Fatal(err)
		}
		if got := timing.Value.Values(); !cmp.Equal(got, []float64{7, 10, 15, 22}) || timing.Run <= 0 || timing.Compile <= 0 {
			t.Errorf("%s: %v, %+v", name, got, timing)
		}
	}
}

// TestPrepare: a prepared function is compiled once a shape, and gives what
// Eval and Gradients give; a mistake in one call does not spoil the next.
func TestPrepare(t *testing.T) {
	built := 0
	loss := func(w, x *graph.Node) *graph.Node {
		built++
		return graph.ReduceAllSum(graph.Mul(w, graph.ConvertDType(x, w.DType())))
	}
	step := PrepareGradients(1, loss)
	value := Prepare(loss)
	for i := range 3 {
		l, g, err := step([]float64{2, float64(i)}, []int32{10, 1})
		if err != nil {
			t.Fatal(err)
		}
		if l.Float() != 20+float64(i) || len(g) != 1 || !cmp.Equal(g[0].Values(), []float64{10, 1}) {
			t.Errorf("%v, gradients %v", l, g)
		}
		if v, err := value([]float64{2, float64(i)}, []int32{10, 1}); err != nil || v.Float() != l.Float() {
			t.Errorf("%v %v, want %v", v, err, l)
		}
	}
	if built != 2 {
		t.Errorf("built %d times, want once for each of two", built)
	}
	for n := range 40 { // any number of shapes
		if v, err := value(make([]float64, n+1), make([]int32, n+1)); err != nil || v.Float() != 0 {
			t.Errorf("%d numbers: %v %v", n+1, v, err)
		}
	}
	_, _, err := step([]float64{2, 3}, []int32{1, 2, 3})
	oneSentence(t, err, "engine.PrepareGradients: cannot compute")
	if l, _, err := step([]float64{1, 1}, []int32{1, 1}); err != nil || l.Float() != 2 {
		t.Errorf("after the mistake: %v %v", l, err)
	}
	_, _, err = step([]int32{1}, []int32{1})
	oneSentence(t, err, "input 1 is of type Int32")
	_, _, err = PrepareGradients(3, loss)(1.0, 1.0)
	oneSentence(t, err, "gradients of 3 inputs were asked for but 2 were given")
}
